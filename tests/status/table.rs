//! `preflight status` as people see it.

use crate::run::{preflight, start_with, text, wait_until};

#[test]
fn a_line_for_each_service_within_eighty_columns() {
    let run = start_with(
        "services:
  web: { command: [sleep, '600'] }
  worker:
    command: 'sleep 0.1; exit 15'
    restart: { policy: always, backoff: 60s..60s }
    exit_codes: { 15: the application could not be loaded because of something that takes many words to say }
  a-service-with-quite-a-long-name: { command: [sleep, '600'], depends_on: [worker] }
  nightly: { command: ['true'], schedule: '0 3 * * *', timezone: UTC }
",
        &[],
        &[],
    );
    run.service("worker", |service| service["state"] == "backing_off");
    run.service("web", |service| service["state"] == "running");
    let output = run.status(&[]);
    let table = text(&output);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.starts_with("[MyCompanyName:DevOps] running, not ready, for "), "{table}");
    for title in ["SERVICE", "STATE", "PID", "UP", "RESTARTS"] {
        assert!(table.contains(title), "{title}: {table}");
    }
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("web ").split_whitespace().nth(1) == Some("ready"), "{table}");
    assert!(line("worker ").contains("backing off"), "{table}");
    let joined = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("takes many words to say)") && joined.contains("next try in"), "{table}");
    assert!(joined.contains("due in") && joined.contains("(0 3 * * *)"), "{table}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn named_services_are_judged_by_themselves() {
    let run = start_with(
        "services:
  web: { command: [sleep, '600'] }
  cache: { command: [sleep, '600'], ready: { command: ['false'], timeout: 600s, interval: 60s } }
",
        &[],
        &[],
    );
    wait_until("web runs", || run.status(&["web"]).status.code() == Some(0));
    let output = run.status(&["web"]);
    assert!(!text(&output).contains("cache"), "{output:?}");
    assert_eq!(run.status(&["cache"]).status.code(), Some(1));
    assert_eq!(run.status(&["web", "cache"]).status.code(), Some(1));
    let unknown = run.status(&["nginx"]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("there is no service nginx") && said.contains("there are web, cache"), "{said}");
    let document: serde_json::Value =
        serde_json::from_str(&text(&run.status(&["--format", "json", "web"]))).expect("JSON");
    assert_eq!(document["services"].as_array().map(Vec::len), Some(1));
}

#[test]
fn where_nothing_runs_it_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = preflight();
    let output =
        command.args(["status", "--socket"]).arg(folder.path().join("none")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("preflight: nothing runs here: no status socket at ") && said.contains("\nhint: "),
        "{said}"
    );
    let wrong = preflight().args(["status", "--format", "xml"]).output().expect("it runs");
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn what_answers_without_being_a_run_is_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let other = std::thread::spawn(move || drop(listener.accept()));
    let output = preflight().args(["status", "--socket"]).arg(&path).output().expect("it runs");
    other.join().expect("no panic");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("there is no status from "), "{said}");
}
