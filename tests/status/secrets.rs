//! No form shows a secret, whoever says it and however it is written.

use crate::http::get;
use crate::run::{preflight, start_with, text, wait_until};

const SECRET: &str = "correct-horse/battery+staple";
/// The same in base64, and percent-encoded.
const FORMS: [&str; 3] =
    [SECRET, "Y29ycmVjdC1ob3JzZS9iYXR0ZXJ5K3N0YXBsZQ", "correct-horse%2Fbattery%2Bstaple"];

#[test]
fn a_secret_is_in_none_of_them() {
    let contract = "checked_environment_variables: [{ name: PREFLIGHT_TEST_TOKEN, secret: true }]
services:
  web:
    command: 'echo raw $PREFLIGHT_TEST_TOKEN; printf %s $PREFLIGHT_TEST_TOKEN | base64; echo correct-horse%2Fbattery%2Bstaple; printf said-all\\\\n; exec sleep 600'
  absent: { command: ['/nowhere/${PREFLIGHT_TEST_TOKEN}'], restart: { policy: never } }
  off: { command: ['true'], enabled_if: { PREFLIGHT_TEST_TOKEN: other } }
";
    let run = start_with(contract, &["--listen", "127.0.0.1:0"], &[("PREFLIGHT_TEST_TOKEN", SECRET)]);
    run.service("web", |service| {
        service["last_lines"]
            .as_array()
            .is_some_and(|lines| lines.iter().any(|line| line["text"] == "said-all"))
    });
    run.service("absent", |service| service["state"] == "failed");
    // The service itself did say it: what is looked for is there to be found.
    wait_until("the output", || {
        let output = std::fs::read_to_string(run.path("stdout")).unwrap_or_default();
        FORMS.iter().all(|form| output.contains(form))
    });
    let paths = ["/", "/readyz", "/metrics", "/status.json", "/healthz"];
    let mut seen: Vec<String> = paths.iter().map(|path| get(run.address(), path).body).collect();
    seen.push(text(&run.status(&[])));
    seen.push(text(&run.status(&["--format", "json"])));
    for shown in &seen {
        for form in FORMS {
            assert!(!shown.contains(form), "{form}: {shown}");
        }
        // No part of it either.
        assert!(!shown.contains("battery"), "{shown}");
    }
    for shown in [&seen[0], &seen[3], &seen[6]] {
        assert!(shown.contains("raw [redacted]"), "{shown}");
    }
}

#[test]
fn what_a_service_says_can_neither_drive_a_terminal_nor_a_page() {
    let contract = "services:
  web: { command: 'printf \"\\\\033[2Jclear\\\\r\\\\007 </code><script>x\\\\n\"; exec sleep 600' }
";
    let run = start_with(contract, &["--listen", "127.0.0.1:0"], &[]);
    run.service("web", |service| {
        service["last_lines"][0]["text"].as_str().is_some_and(|line| line.contains("clear"))
    });
    for path in ["/", "/status.json"] {
        let body = run.get(path).body;
        assert!(!body.contains(['\u{1b}', '\r', '\u{7}']), "{path}: {body:?}");
        assert!(body.contains("\\u{1b}[2Jclear") || body.contains("\\\\u{1b}[2Jclear"), "{path}: {body:?}");
    }
    let page = run.get("/").body;
    assert!(!page.contains("<script>x") && page.contains("&lt;script&gt;x"), "{page}");
}

#[test]
fn the_command_line_has_no_secret_in_its_help() {
    let mut command = preflight();
    command.args(["status", "--help"]).env("PREFLIGHT_STATUS_SOCKET", "/secret/place");
    let help = text(&command.output().expect("it runs"));
    assert!(help.contains("PREFLIGHT_STATUS_SOCKET") && !help.contains("/secret/place"), "{help}");
}
