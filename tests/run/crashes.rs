//! What dies is reported to Sentry: once, with its last words and without secrets, whatever Sentry does meanwhile.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Signal, geteuid};
use serde_json::{Value, json};

use crate::circumstances::{Limited, after};
use crate::scene::{Outcome, Scene, run, wait_until};
use crate::sentry::{Manner, Sentry};

/// A contract with these services, and its deaths told to that server.
fn services(sentry: &Sentry, text: &str) -> Scene {
    reported(run(&["--no-check"]).contract(&format!("services:\n{text}")), sentry)
}

fn reported(scene: Scene, sentry: &Sentry) -> Scene {
    scene.variable("SENTRY_DSN", &sentry.dsn()).variable("no_proxy", "127.0.0.1")
}

/// What the service said before its end, in order.
fn said(event: &Value) -> Vec<&str> {
    let lines = event["breadcrumbs"]["values"].as_array().map_or(&[][..], Vec::as_slice);
    lines.iter().filter_map(|line| line["message"].as_str()).collect()
}

#[test]
fn an_event_says_who_died_of_what_and_with_which_words() {
    let sentry = Sentry::start(&[]);
    let secret = "correct horse/battery";
    let contract = "checked_environment_variables:\n  - { name: SESSION_SECRET, secret: true }
services:
  web:
    command: 'echo serving; echo \"with $SESSION_SECRET\"; echo oh no >&2; printf \"last words\"; exit 15'
    critical: true
    restart: { policy: never }
    exit_codes: { 15: could not load the app }
";
    reported(run(&[]).contract(contract), &sentry)
        .variable("SESSION_SECRET", secret)
        .variable("SENTRY_RELEASE", "web@1.2")
        .variable("SENTRY_ENVIRONMENT", "staging")
        .ends()
        .exits(15);
    let event = &sentry.events(1)[0];
    let mut lines = said(event);
    lines.sort_unstable();
    assert_eq!(lines, ["last words", "oh no", "serving", "with [redacted]"]);
    assert_eq!(event["fingerprint"], json!(["preflight-service", "web", "code-15"]));
    assert_eq!((&event["release"], &event["environment"]), (&json!("web@1.2"), &json!("staging")));
    assert_eq!((&event["level"], &event["tags"]["exit_code"]), (&json!("fatal"), &json!("15")));
    assert_eq!(event["extra"]["meaning"], "could not load the app");
    assert_eq!(event["tags"]["audience"], "[MyCompanyName:DevOps]");
    assert!(event["tags"]["platform"].is_string() && event["server_name"].is_string(), "{event}");
    let text = event["logentry"]["formatted"].as_str().unwrap_or_default();
    assert!(text.starts_with("web died: exit code 15 (could not load the app) after "), "{text}");
    let received = sentry.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].line.starts_with("POST /api/") && received[0].line.ends_with("/envelope/ HTTP/1.1"));
    assert_eq!(received[0].header("content-type"), "application/x-sentry-envelope");
    assert!(received[0].header("x-sentry-auth").ends_with(", sentry_key=public"));
    assert!(
        received[0].header("x-sentry-auth").starts_with("Sentry sentry_version=7, sentry_client=preflight/")
    );
    assert!(!received[0].holds(secret) && !received[0].holds("horse"));
}

/// Its output goes on untouched, and its last words are known all the same.
#[test]
fn a_single_command_is_reported_too() {
    let sentry = Sentry::start(&[]);
    let outcome = reported(run(&["--no-check", "--", "sh", "-c", "printf 'a\\nb'; kill -SEGV $$"]), &sentry)
        .ends()
        .exits(139);
    assert!(outcome.stdout.starts_with("a\nb"), "{outcome:#?}");
    let event = &sentry.events(1)[0];
    assert_eq!((said(event), &event["tags"]["signal"]), (vec!["a", "b"], &json!("SIGSEGV")));
    reported(run(&["--no-check", "--", "true"]), &sentry).ends().exits(0);
    assert_eq!(sentry.received().len(), 1, "a good end is no death");
}

#[test]
fn what_dies_again_and_again_is_sent_once_and_giving_up_once_more() {
    let sentry = Sentry::start(&[]);
    services(&sentry, "  web: { command: 'echo $$; exit 1', restart: { give_up: 3 in 60s } }\n")
        .ends()
        .exits(1);
    let events = sentry.events(2);
    let kinds: Vec<&Value> = events.iter().map(|event| &event["tags"]["kind"]).collect();
    assert_eq!(kinds, [&json!("code-1"), &json!("gave-up-code-1")]);
    assert_eq!(said(&events[1]).len(), 3, "{}", events[1]);
}

#[test]
fn what_was_asked_for_is_not_reported_and_costs_no_time() {
    let sentry = Sentry::start(&[Manner::Hang]);
    let running = services(&sentry, "  web: { command: 'echo $$ >up; exec sleep 600' }\n").start();
    running.file("up");
    let threads = running.threads();
    assert!(!threads.contains(&"reporter".to_owned()), "it is there only for deaths: {threads:?}");
    running.signal(Signal::TERM);
    running.ends().exits(0);
    assert!(sentry.received().is_empty());
}

#[test]
fn an_end_for_want_of_memory_is_known_as_such() {
    let Some(group) = Limited::new(64 * 1024 * 1024) else {
        return eprintln!("skipped: no control group with a limit of memory can be made here");
    };
    let sentry = Sentry::start(&[]);
    let scene = services(&sentry, "  web: { command: 'exec tail /dev/zero', restart: { policy: never } }\n");
    let outcome: Outcome = after(&scene, &group.enter()).output().expect("it runs").into();
    outcome.exits(137).says("out of memory)");
    let tags = &sentry.events(1)[0]["tags"];
    assert_eq!((&tags["signal"], &tags["out_of_memory"]), (&json!("SIGKILL"), &json!("true")));
}

#[test]
fn a_job_that_fails_is_reported() {
    let sentry = Sentry::start(&[]);
    let running =
        services(&sentry, "  dump: { command: 'echo no space; exit 3', schedule: '@reboot' }\n").start();
    let event = &sentry.events(1)[0];
    assert_eq!((said(event), &event["tags"]["service"]), (vec!["no space"], &json!("dump")));
    running.signal(Signal::TERM);
    running.ends();
}

#[test]
fn a_boot_script_that_fails_is_reported() {
    let sentry = Sentry::start(&[]);
    let scene =
        reported(run(&["--services", "service", "--rc-local", "rc.local", "--init-dir", "none"]), &sentry);
    std::fs::create_dir(scene.path("service")).expect("made");
    let script = scene.path("rc.local");
    std::fs::write(&script, "#!/bin/sh\necho no such bucket >&2\nexit 3\n").expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    scene.ends().exits(1);
    let event = &sentry.events(1)[0];
    let text = event["logentry"]["formatted"].as_str().unwrap_or_default();
    assert!(
        text.starts_with("boot failed, and services were not started: run ") && text.contains("3"),
        "{text}"
    );
    assert_eq!((said(event), &event["level"]), (vec!["no such bucket"], &json!("fatal")));
}

#[test]
fn while_sentry_is_away_events_wait_and_come_when_it_is_back() {
    let sentry = Sentry::away();
    let web = "  web: { command: 'echo $$ >>pids; exit 7', restart: { backoff: 200ms..1s } }\n";
    let running = services(&sentry, web).start();
    wait_until("two deaths", || running.file("pids").lines().count() >= 2);
    sentry.comes_back(&[Manner::Answer(503, "X: y")]);
    let events = sentry.events(2);
    assert_eq!(events[0]["event_id"], events[1]["event_id"], "the 503 is tried again");
    running.signal(Signal::TERM);
    running.ends().says("crash reports wait: reach Sentry: 127.0.0.1:").says("crash reports are sent again");
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_run() {
    let sentry = Sentry::away();
    services(
        &sentry,
        "  web: { command: 'echo before; exit 7', critical: true, restart: { policy: never } }\n",
    )
    .ends()
    .exits(7)
    .says("1 crash report could not be sent, for the next start to send");
    assert!(sentry.received().is_empty());
    sentry.comes_back(&[]);
    reported(run(&["--no-check", "--", "true"]), &sentry).ends().exits(0);
    let events = sentry.events(1);
    assert_eq!((said(&events[0]), events.len()), (vec!["before"], 1));
    reported(run(&["--no-check", "--", "true"]), &sentry).ends().exits(0);
    assert_eq!(sentry.received().len(), 1, "it is sent once");
}

/// Nobody may write anywhere: it is told, and what is in memory is sent all the same.
#[test]
fn without_a_place_to_wait_events_wait_in_memory() {
    if !geteuid().is_root() {
        return eprintln!("skipped: only root can become nobody");
    }
    let sentry = Sentry::start(&[]);
    let web = "  web: { command: 'exit 7', critical: true, restart: { policy: never } }\n";
    let scene = services(&sentry, web).variable("TMPDIR", "/proc/nowhere");
    let inner = scene.command();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"]);
    command.arg(inner.get_program()).args(inner.get_args()).env_remove("XDG_RUNTIME_DIR");
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(inner.get_current_dir().expect("one"));
    let folder = scene.path(".");
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).expect("everybody may look into it");
    let outcome: Outcome = command.output().expect("it runs").into();
    outcome.exits(7).says("crash reports wait in memory alone: /run/preflight/crashes/");
    assert_eq!(sentry.events(1).len(), 1);
}

#[test]
fn a_sentry_that_hangs_delays_neither_a_restart_nor_the_end() {
    let sentry = Sentry::start(&[Manner::Hang, Manner::Hang, Manner::Hang]);
    let web = "  web: { command: 'date +%s%N >>starts; sleep 1.1; date +%s%N >>ends; exit 1' }\n";
    let running = services(&sentry, web).start();
    wait_until("the third start", || running.file("starts").lines().count() >= 3);
    let times = |name: &str| -> Vec<u64> {
        running.file(name).lines().map(|line| line.parse().expect("nanoseconds")).collect()
    };
    let (starts, ends) = (times("starts"), times("ends"));
    // Far below the ten seconds that an answer may take, and far above what a busy machine adds.
    let pause = Duration::from_nanos(starts[2] - ends[1]);
    assert!(pause < Duration::from_secs(8), "{pause:?}");
    assert_eq!(sentry.events(1).len(), 1);
    let asked = Instant::now();
    running.signal(Signal::TERM);
    running.ends().exits(0).says("could not be sent");
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
}

#[test]
fn rates_are_obeyed() {
    let sentry = Sentry::start(&[Manner::Answer(429, "X-Sentry-Rate-Limits: 600:error:organization")]);
    let text = "  one: { command: 'exit 1', restart: { policy: never } }
  two: { command: 'sleep 1.5; exit 2', critical: true, restart: { policy: never } }\n";
    services(&sentry, text).ends().exits(2).says("crash reports are discarded for 10 min");
    assert_eq!(sentry.received().len(), 1);
}

#[test]
fn https_trusts_the_authorities_of_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("ca.pem");
    let sentry = Sentry::with_tls(&authority);
    let scene =
        || services(&sentry, "  web: { command: 'exit 4', critical: true, restart: { policy: never } }\n");
    scene().ends().exits(4).says("is signed by nobody that is trusted");
    scene().variable("SSL_CERT_FILE", &authority.display().to_string()).ends().exits(4);
    let codes: Vec<Value> = sentry.events(2).iter().map(|event| event["tags"]["exit_code"].clone()).collect();
    assert_eq!(codes, [json!("4"), json!("4")], "the one that waited, and the new one");
}

/// The DSN stands in a file, as secrets do, and the host is behind a proxy.
#[test]
fn a_proxy_is_gone_through() {
    let proxy = Sentry::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dsn");
    let (dsn, address) = proxy.behind_proxy();
    std::fs::write(&file, format!("{dsn}\n")).expect("written");
    let scene = |exceptions: &str| {
        run(&["--no-check", "--", "sh", "-c", "exit 5"])
            .variable("SENTRY_DSN_FILE", &file.display().to_string())
            .variable("HTTP_PROXY", &address)
            .variable("NO_PROXY", exceptions)
    };
    scene("elsewhere.invalid").ends().exits(5);
    assert_eq!(proxy.events(1)[0]["tags"]["exit_code"], "5");
    let line = &proxy.received()[0].line;
    assert!(
        line.starts_with("POST http://sentry.invalid") && line.ends_with("/envelope/ HTTP/1.1"),
        "{line}"
    );
    scene(".invalid").ends().exits(5).says("sentry.invalid");
    assert_eq!(proxy.received().len(), 1, "it is an exception");
}

#[test]
fn a_dsn_that_is_none_is_told_without_its_key_and_stops_nothing() {
    run(&["--no-check", "--", "sh", "-c", "exit 3"])
        .variable("SENTRY_DSN", "https://thekey:thesecret@/1")
        .ends()
        .exits(3)
        .says("deaths are not reported: read the DSN of Sentry: missing host behind the @ — hint: SENTRY_DSN is")
        .never_says("thekey")
        .never_says("thesecret");
}

#[test]
fn secrets_are_taken_out_without_a_contract_and_those_that_services_are_given_too() {
    let says = "echo with $DB_PASSWORD; exit 3";
    let sentry = Sentry::start(&[]);
    reported(run(&["--", "sh", "-c", says]), &sentry).variable("DB_PASSWORD", "s3cret-value").ends().exits(3);
    assert_eq!(said(&sentry.events(1)[0]), ["with [redacted]"]);

    let sentry = Sentry::start(&[]);
    let web = format!(
        "  web: {{ command: '{says}', restart: {{ policy: never }}, environment: {{ DB_PASSWORD: g1ven-value }} }}\n"
    );
    services(&sentry, &web).ends().exits(3);
    assert_eq!(said(&sentry.events(1)[0]), ["with [redacted]"]);

    let sentry = Sentry::start(&[]);
    let scene = run(&[
        "--services",
        "services",
        "--init-dir",
        "none",
        "--rc-local",
        "none",
        "--environment-dir",
        "given",
    ]);
    std::fs::create_dir_all(scene.path("given")).expect("made");
    std::fs::write(scene.path("given/DB_PASSWORD"), "b00t-value\n").expect("written");
    let service = scene.path("services/web");
    std::fs::create_dir_all(&service).expect("made");
    std::fs::write(service.join("run"), format!("#!/bin/sh\n{says}\n")).expect("written");
    std::fs::set_permissions(service.join("run"), PermissionsExt::from_mode(0o755)).expect("set");
    let running = reported(scene, &sentry).start();
    let event = sentry.events(1).remove(0);
    running.signal(Signal::TERM);
    running.ends();
    assert_eq!(said(&event), ["with [redacted]"]);
}
