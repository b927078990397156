//! SIGTERM and SIGINT end a run cleanly at any moment.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::preflight;

fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

fn stopped_by(name: &str, after: Duration) -> (Option<i32>, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let run = preflight()
        .contract("checked_environment_variables: [AMQP_SLOW_ADDRESS]\nwait: 60s\n")
        .env("AMQP_SLOW_ADDRESS", format!("127.0.0.1:{port}"));
    let mut child = run.command().stdout(Stdio::piped()).spawn().expect("it runs");
    // The server accepts and says nothing.
    let (stream, _) = listener.accept().expect("it connects");
    std::thread::sleep(after);
    signal(&child, name);
    let mut text = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut text).expect("text");
    let code = child.wait().expect("it ends").code();
    drop(stream);
    (code, text)
}

#[test]
fn sigterm_ends_a_waiting_run_with_143_and_a_report() {
    let (code, text) = stopped_by("TERM", Duration::from_millis(300));
    assert_eq!(code, Some(143), "{text}");
    assert!(text.contains("[check.interrupted]") && text.contains("INTERRUPTED by SIGTERM"), "{text}");
}

#[test]
fn sigint_ends_it_with_130_at_its_very_first_moment_too() {
    let (code, text) = stopped_by("INT", Duration::ZERO);
    assert_eq!(code, Some(130), "{text}");
}
