//! The document: all there is to see, in the form that is published.

use serde_json::Value;

use crate::run::{preflight, start, start_in, start_with, wait_until};
use crate::schema::misfits;

const SERVICES: &str = "services:
  web: { command: 'echo hello; echo trouble >&2; exec sleep 600', depends_on: [migrate] }
  migrate: { command: ['true'], once: true, restart: { policy: never } }
  flaky:
    command: 'sleep 0.2; exit 15'
    restart: { policy: always, backoff: 20s..30s }
    exit_codes: { 15: could not load the app }
  killed: { command: 'kill -SEGV $$', restart: { policy: never } }
  absent: { command: [/nowhere/program], restart: { policy: always, backoff: 20s..30s } }
  late: { command: [sleep, '600'], depends_on: [starting] }
  starting: { command: [sleep, '600'], ready: { command: ['false'], timeout: 600s, interval: 60s } }
  off: { command: [sleep, '1'], enabled_if: { PREFLIGHT_TEST_ROLE: other } }
  dumps: { command: [sleep, '1'], schedule: '0 0 1 * *', timezone: Europe/Paris }
";

#[test]
fn it_fits_its_schema_and_says_how_each_service_is() {
    let run = start(SERVICES);
    let flaky = run.service("flaky", |service| service["state"] == "backing_off");
    assert_eq!(flaky["last_exit"]["code"], 15);
    assert_eq!(flaky["last_exit"]["words"], "exit code 15 (could not load the app)");
    assert!(flaky["next_try_at"].is_string() && flaky["uptime_seconds"].is_null(), "{flaky}");
    let web = run.service("web", |service| {
        service["state"] == "running"
            && service["last_lines"].as_array().is_some_and(|lines| lines.len() == 2)
    });
    assert!(web["pid"].is_u64() && web["started_at"].is_string() && web["uptime_seconds"].is_f64(), "{web}");
    let line = |text: &str| {
        let lines = web["last_lines"].as_array().expect("lines");
        lines.iter().find(|line| line["text"] == text).map(|line| line["stream"].clone())
    };
    assert_eq!(line("hello"), Some("stdout".into()));
    assert_eq!(line("trouble"), Some("stderr".into()));
    let killed = run.service("killed", |service| service["state"] == "failed");
    assert_eq!(
        (&killed["last_exit"]["signal"], &killed["last_exit"]["code"]),
        (&"SIGSEGV".into(), &139.into())
    );
    let absent = run.service("absent", |service| service["state"] == "backing_off");
    let words = absent["last_exit"]["words"].as_str().expect("words");
    assert!(words.starts_with("could not be started: ") && absent["last_exit"]["code"].is_null(), "{absent}");
    let late = run.service("late", |service| service["state"] == "waiting");
    assert_eq!(late["waits_for"], serde_json::json!(["starting"]));
    let off = run.service("off", |service| service["state"] == "disabled");
    assert_eq!(
        (&off["reason"], &off["counts"]),
        (&"PREFLIGHT_TEST_ROLE is not set, not \"other\"".into(), &false.into())
    );
    let dumps = run.service("dumps", |_| true);
    assert_eq!((&dumps["schedule"]["expression"], &dumps["counts"]), (&"0 0 1 * *".into(), &false.into()));
    assert!(dumps["schedule"]["next_due"].as_str().is_some_and(|due| due.contains(":00:00")), "{dumps}");
    holds_to_the_schema(&run.document().expect("a document"));
    let over_http: Value = serde_json::from_str(&run.get("/status.json").body).expect("JSON");
    holds_to_the_schema(&over_http);
    assert_eq!(over_http["pid"], run.pid());
}

#[test]
fn contract_check_and_identity_are_there() {
    let contract = "checked_environment_variables: [PREFLIGHT_TEST_SET]\nservices:\n  web: { command: [sleep, '600'] }\n";
    let run = start_with(contract, &[], &[("PREFLIGHT_TEST_SET", "yes")]);
    run.service("web", |service| service["state"] == "running");
    wait_until("the identity", || run.document().is_some_and(|document| document["identity"].is_object()));
    let document = run.document().expect("a document");
    holds_to_the_schema(&document);
    assert_eq!(document["contract"]["organization"], "MyCompanyName");
    assert_eq!(document["contract"]["path"], "./preflight.yaml");
    let checks = &document["checks"];
    assert_eq!(
        (&checks["outcome"], &checks["passed"], &checks["failed"]),
        (&"passed".into(), &1.into(), &0.into())
    );
    assert!(
        checks["lines"][0].as_str().is_some_and(|line| line.contains("PASS env PREFLIGHT_TEST_SET")),
        "{checks}"
    );
    assert!(
        document["identity"]["summary"].is_string()
            && document["identity"]["details"]["platform"].is_string()
    );
}

#[test]
fn without_a_check_nothing_is_said_of_one() {
    let run = start_with("services:\n  web: { command: [sleep, '600'] }\n", &["--no-check"], &[]);
    run.service("web", |service| service["state"] == "running");
    assert!(run.document().expect("a document")["checks"].is_null());
}

#[test]
fn a_single_command_can_be_asked_for_too() {
    let run = start_with("", &["--", "sleep", "600"], &[]);
    run.service("sleep", |service| service["state"] == "running");
    assert_eq!(run.status(&[]).status.code(), Some(0));
}

#[test]
fn services_of_a_directory_are_seen_from_the_boot_scripts_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("executable");
    };
    script("init/10_wait", "while ! test -e go; do sleep 0.02; done");
    script("service/web/run", "echo up; exec sleep 600");
    script("service/idle/run", "exec sleep 600");
    std::fs::write(folder.path().join("service/idle/down"), "").expect("written");
    let words =
        ["--services", "service", "--init-dir", "init", "--rc-local", "none", "--environment-dir", "none"];
    let run = start_in(folder, "", &[&words[..], &["--no-check", "--listen", "127.0.0.1:0"]].concat(), &[]);
    wait_until("it boots", || run.get("/readyz").body == "starting\n");
    std::fs::write(run.path("go"), "").expect("written");
    let web = run.service("web", |service| service["ready"] == true);
    assert_eq!((&web["state"], &web["counts"]), (&"running".into(), &true.into()));
    let idle = run.service("idle", |_| true);
    assert_eq!(
        (&idle["state"], &idle["counts"], &idle["wanted"]),
        (&"down".into(), &false.into(), &"down".into())
    );
    assert_eq!(run.get("/readyz").status, 200);
    holds_to_the_schema(&run.document().expect("a document"));
}

#[test]
fn rendered_files_are_seen_from_the_first_wait_to_the_last_change() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("web.ctmpl"), "{{ file \"web.in\" }}").expect("written");
    std::fs::write(folder.path().join("other.ctmpl"), "here at once").expect("written");
    let contract = "render:
  - { source: web.ctmpl, destination: web.conf }
  - { source: other.ctmpl, destination: other.conf }
services:
  web: { command: [sleep, '600'], reload: { on: [web.conf], signal: HUP } }
";
    let run = start_in(folder, contract, &["--listen", "127.0.0.1:0"], &[]);
    let web = run.service("web", |service| service["state"] == "held");
    assert!(web["reason"].as_str().is_some_and(|reason| reason.contains("web.conf")), "{web}");
    let file = |name: &str| {
        let document = run.document().unwrap_or_default();
        let files = document["rendering"]["files"].as_array().cloned().unwrap_or_default();
        files
            .into_iter()
            .find(|file| file["path"].as_str().is_some_and(|path| path.ends_with(name)))
            .unwrap_or_default()
    };
    wait_until("the other file", || file("other.conf")["state"] == "complete");
    assert_eq!(
        (&file("web.conf")["state"], &file("web.conf")["changed_at"]),
        (&"awaited".into(), &Value::Null)
    );
    let document = run.document().expect("a document");
    holds_to_the_schema(&document);
    assert_eq!(document["rendering"]["complete"], false);
    assert!(run.get("/").body.contains("not complete"));
    std::fs::write(run.path("web.in"), "x = 1").expect("written");
    run.service("web", |service| service["ready"] == true);
    wait_until("it is rendered", || file("web.conf")["state"] == "complete");
    assert!(file("web.conf")["changed_at"].is_string());
    assert_eq!(run.document().expect("a document")["rendering"]["complete"], true);
}

#[track_caller]
fn holds_to_the_schema(document: &Value) {
    let output = preflight().args(["schema", "status"]).output().expect("it runs");
    let schema: Value = serde_json::from_slice(&output.stdout).expect("a schema");
    let found = misfits(document, &schema, &schema, "status");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
