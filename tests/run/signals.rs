//! One command and the signals that we receive for it.

use std::net::TcpListener;
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

/// Hears what asks it to end, and goes on.
const DEAF: &str = "trap 'echo asked >>asked' TERM; echo $$ >pid; while :; do sleep 0.02; done";

/// What the promise of a deadline may be late by where the processors are wanted by others.
const LATE: Duration = Duration::from_secs(20);

#[test]
fn who_ignores_a_stop_is_killed_by_the_deadline() {
    let running = run(&["--stop-deadline", "4s", "--", "sh", "-c", DEAF]).start();
    let pid = running.file("pid");
    let asked = Instant::now();
    running.signal(Signal::TERM);
    running.ends().exits(137).says("did not end in time and was killed");
    let took = asked.elapsed();
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(4) + LATE, "{took:?}");
    assert!(!lives(&pid));
}

#[test]
fn a_second_request_hurries() {
    let running = run(&["--stop-deadline", "60s", "--", "sh", "-c", DEAF]).start();
    running.file("pid");
    let asked = Instant::now();
    running.signal(Signal::TERM);
    // Two that come at the same time are one.
    running.file("asked");
    running.signal(Signal::TERM);
    running.ends().exits(137);
    assert!(asked.elapsed() < Duration::from_secs(50), "{:?}", asked.elapsed());
}

#[test]
fn a_stop_during_the_check_is_obeyed_and_nothing_is_started() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let contract = format!("checks:\n  - http: {{ url: 'http://{address}/' }}\nwait: 60s\n");
    let running = run(&["--", "sh", "-c", "echo it-runs"]).contract(&contract).start();
    let _asked_and_not_answered = listener.accept().expect("it checks");
    running.signal(Signal::TERM);
    running.ends().exits(143).never_says("it-runs");
}
