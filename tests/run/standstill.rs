//! A container that is frozen and thawed, a process that is stopped by a debugger: what happened meanwhile is caught up with.

use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{lives, run, wait_until};

fn kill(pid: &str) {
    let pid = pid.trim().parse().ok().and_then(Pid::from_raw).expect("a number");
    kill_process(pid, Signal::KILL).expect("it runs");
}

#[test]
fn a_death_while_all_stood_still_is_seen_afterwards() {
    let running = run(&["--stop-deadline", "5s"])
        .contract("services:\n  web: { command: 'echo $$ >>pids; exec sleep 600' }\n")
        .start();
    let first = running.file("pids");
    running.signal(Signal::STOP);
    wait_until("it stands still", || running.stands_still());
    kill(&first);
    wait_until("it is dead", || !lives(&first));
    assert_eq!(running.file("pids"), first, "nobody started another");
    running.signal(Signal::CONT);
    wait_until("another", || running.file("pids").lines().count() == 2);
    running.signal(Signal::TERM);
    running.ends().exits(0).says("web died: killed by SIGKILL");
}

#[test]
fn an_end_that_was_asked_for_while_all_stood_still_comes_afterwards() {
    let running = run(&["--stop-deadline", "5s"])
        .contract("services:\n  web: { command: \"trap 'echo asked >asked; exit 0' TERM; echo on >on; while :; do sleep 0.05; done\" }\n")
        .start();
    running.file("on");
    running.signal(Signal::STOP);
    wait_until("it stands still", || running.stands_still());
    running.signal(Signal::TERM);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(!running.path("asked").exists());
    running.signal(Signal::CONT);
    let (outcome, folder) = running.ends_and_leaves();
    outcome.exits(0);
    assert!(folder.path().join("asked").exists());
}
