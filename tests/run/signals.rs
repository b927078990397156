//! One command and the signals that we receive for it.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::scene::{lives, run, wait_until};

/// Writes each signal's name to `heard`, after its number to `pid`; ends with 5 upon the last two.
const LISTENS: &str = "for name in HUP USR1 USR2 WINCH; do trap \"echo $name >>heard\" $name; done
trap 'echo QUIT >>heard; exit 5' QUIT; trap 'echo TERM >>heard; exit 6' TERM; trap 'echo INT >>heard; exit 4' INT
echo $$ >pid; while :; do sleep 0.02; done";

#[test]
fn signals_are_passed_on_and_term_ends_with_the_commands_code() {
    let running = run(&["--", "sh", "-c", LISTENS]).start();
    running.file("pid");
    let mut expected = String::new();
    for (signal, name) in
        [(Signal::HUP, "HUP"), (Signal::USR1, "USR1"), (Signal::USR2, "USR2"), (Signal::WINCH, "WINCH")]
    {
        running.signal(signal);
        expected.push_str(name);
        expected.push('\n');
        wait_until(name, || running.file("heard") == expected);
    }
    running.signal(Signal::TERM);
    running.ends().exits(6);
}

#[test]
fn an_interrupt_is_one_for_the_command_too() {
    let running = run(&["--", "sh", "-c", LISTENS]).start();
    running.file("pid");
    running.signal(Signal::INT);
    running.ends().exits(4);
}

#[test]
fn a_signal_can_be_another_one_for_the_command() {
    let running = run(&["--signal", "TERM=QUIT", "--signal", "HUP=USR1", "--", "sh", "-c", LISTENS]).start();
    running.file("pid");
    running.signal(Signal::HUP);
    wait_until("USR1", || running.file("heard") == "USR1\n");
    running.signal(Signal::TERM);
    running.ends().exits(5);
}

#[test]
fn without_a_handler_the_signal_is_the_end_and_the_code() {
    let running = run(&["--", "sh", "-c", "echo $$ >pid; exec sleep 600"]).start();
    running.file("pid");
    running.signal(Signal::TERM);
    running.ends().exits(143);
}

const DEAF: &str = "trap '' TERM; echo $$ >pid; while :; do sleep 0.02; done";

#[test]
fn who_ignores_a_stop_is_killed_by_the_deadline() {
    let running = run(&["--stop-deadline", "4s", "--", "sh", "-c", DEAF]).start();
    let pid = running.file("pid");
    let asked = Instant::now();
    running.signal(Signal::TERM);
    running.ends().exits(137).says("did not end in time and was killed");
    let took = asked.elapsed();
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(5), "{took:?}");
    assert!(!lives(&pid));
}

#[test]
fn a_second_request_hurries() {
    let running = run(&["--stop-deadline", "60s", "--", "sh", "-c", DEAF]).start();
    running.file("pid");
    let asked = Instant::now();
    running.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(100));
    running.signal(Signal::TERM);
    running.ends().exits(137);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
fn a_stop_during_the_check_is_obeyed_and_nothing_is_started() {
    let contract = "checks:\n  - tcp: { address: 127.0.0.1, port: 1 }\nwait: 60s\n";
    let running = run(&["--", "sh", "-c", "echo it-runs"]).contract(contract).start();
    // It has begun to listen before it checks.
    std::thread::sleep(Duration::from_millis(1500));
    running.signal(Signal::TERM);
    running.ends().exits(143).never_says("it-runs");
}
