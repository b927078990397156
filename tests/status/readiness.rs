//! `/readyz` and `/healthz`, from the check to the end.

use rustix::process::Signal;

use crate::run::{preflight, start, start_with, wait_until};

#[test]
fn readiness_follows_the_services() {
    let run = start(
        "services:
  web: { command: [sleep, '600'], ready: { command: [test, -e, up], timeout: 600s, interval: 20ms } }
  job: { command: ['false'], schedule: '@reboot' }
  off: { command: [sleep, '1'], enabled_if: { PREFLIGHT_TEST_ROLE: other } }
",
    );
    wait_until("it starts", || run.get("/readyz").body == "web: starting\n");
    assert_eq!((run.get("/readyz").status, run.get("/healthz").status), (503, 200));
    assert_eq!(run.status(&[]).status.code(), Some(1));
    run.service("job", |service| service["last_exit"]["code"] == 1);
    std::fs::write(run.path("up"), "").expect("written");
    wait_until("it is ready, whatever the job did", || run.get("/readyz").status == 200);
    assert_eq!(run.get("/readyz").body, "ready\n");
    assert_eq!(run.status(&[]).status.code(), Some(0));
}

#[test]
fn a_service_that_dies_is_told_with_its_cause_and_its_next_try() {
    let run = start(
        "services:
  web: { command: 'sleep 0.1; exit 3', restart: { policy: always, backoff: 60s..60s }, exit_codes: { 3: no licence } }
",
    );
    wait_until("it backs off", || run.get("/readyz").body.starts_with("web: backing off"));
    let body = run.get("/readyz").body;
    assert!(body.contains("exit code 3 (no licence)") && body.contains("next try in "), "{body}");
}

#[test]
fn during_the_check_it_is_alive_and_not_ready_and_a_stop_is_obeyed() {
    let contract = "wait: 60s
checks:
  - tcp: { address: '127.0.0.1:1' }
services:
  web: { command: [sleep, '600'] }
";
    let run = start(contract);
    wait_until("the check", || run.get("/readyz").body == "checking\n");
    assert_eq!((run.get("/readyz").status, run.get("/healthz").status), (503, 200));
    let document: serde_json::Value = serde_json::from_str(&run.get("/status.json").body).expect("JSON");
    assert_eq!((&document["state"], &document["checks"]["outcome"]), (&"checking".into(), &"running".into()));
    assert!(run.get("/").body.contains("Checking</h1>"));
    run.signal(Signal::TERM);
    assert_eq!(run.ends().0, Some(143));
}

#[test]
fn while_all_ends_it_is_alive_and_not_ready() {
    let run = start(
        "services:
  web: { command: \"trap 'while ! test -e gone; do sleep 0.05; done; exit 0' TERM; echo up >up; while :; do sleep 0.05; done\" }
",
    );
    wait_until("it is ready", || run.path("up").exists() && run.get("/readyz").status == 200);
    run.signal(Signal::TERM);
    wait_until("it ends", || run.get("/readyz").status == 503);
    assert!(run.get("/readyz").body.starts_with("stopping\nweb: stopping"), "{}", run.get("/readyz").body);
    assert_eq!(run.get("/healthz").status, 200);
    assert!(run.get("/metrics").body.contains("\npreflight_shutting_down 1\n"));
    std::fs::write(run.path("gone"), "").expect("written");
    assert_eq!(run.ends().0, Some(0));
}

#[test]
fn an_address_that_is_taken_is_told_before_anything_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let run = start_with("services:\n  web: { command: 'echo >started' }\n", &["--listen", &address], &[]);
    let started = run.path("started");
    let (code, said) = run.ends();
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("FAIL run cannot listen on {address}: ")), "{said}");
    assert!(!started.exists());
}

#[test]
fn what_is_no_address_is_a_wrong_command_line() {
    let output =
        preflight().args(["run", "--listen", "example.com", "--", "true"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("127.0.0.1:9180"), "{output:?}");
}
