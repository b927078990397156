//! What can heal is waited for; what cannot is reported at once.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use crate::support::preflight;

/// A port where nothing listens, as far as one can know.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

#[test]
fn a_server_that_starts_late_is_waited_for() {
    let port = free_port();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is still free");
        for stream in listener.incoming() {
            drop(stream);
        }
    });
    let outcome = preflight()
        .contract("checked_environment_variables: [TCP_LATE_ADDRESS]\nwait: 30s\n")
        .env("TCP_LATE_ADDRESS", format!("127.0.0.1:{port}"))
        .run()
        .exits(0)
        .says("WAIT tcp LATE [tcp.refused]");
    assert_eq!(
        outcome.stdout.matches("WAIT").count(),
        1,
        "once per state, not once per try: {}",
        outcome.stdout
    );
}

#[test]
fn what_cannot_heal_is_tried_once_and_does_not_wait() {
    let since = Instant::now();
    preflight()
        .contract("checked_environment_variables: [TCP_X_ADDRESS, MISSING]\nwait: 60s\n")
        .env("TCP_X_ADDRESS", "-no-host-name:80")
        .run()
        .exits(1)
        .says("dns.bad_name")
        .never_says("WAIT");
    assert!(since.elapsed() < Duration::from_secs(30), "it must not wait for what cannot heal");
}

#[test]
fn a_wait_that_ends_says_how_often_it_was_tried() {
    preflight()
        .contract("checked_environment_variables: [TCP_X_ADDRESS]\n")
        .env("TCP_X_ADDRESS", format!("127.0.0.1:{}", free_port()))
        .args(&["--wait", "1s"])
        .run()
        .exits(1)
        .says("tcp.refused")
        .says("tries in");
}

#[test]
fn documents_stay_clean_while_waiting() {
    let outcome = preflight()
        .contract("checked_environment_variables: [TCP_X_ADDRESS]\n")
        .env("TCP_X_ADDRESS", format!("127.0.0.1:{}", free_port()))
        .args(&["--wait", "500ms", "--format", "json"])
        .run()
        .exits(1);
    assert_eq!(outcome.json()["checks"][1]["class"], "tcp.refused");
    assert!(outcome.stderr.contains("WAIT"), "{}", outcome.stderr);
}
