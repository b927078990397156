//! One report, four forms.

use crate::support::{Run, preflight};

fn mixed() -> Run {
    preflight()
        .contract(
            "checked_environment_variables:\n  - GOOD\n  - BAD\n  - name: LEVEL\n    \
             one_of: [debug, info]\n    audience: Data\n  - TCP_WEB_ADDRESS\n  - TCP_WEB_PORT\n",
        )
        .env("GOOD", "yes")
        .env("LEVEL", "shout & <ugly>\n[MyCompanyName:DevOps] PASS forged")
        .env("TCP_WEB_ADDRESS", "127.0.0.1")
}

#[test]
fn json_is_one_versioned_document() {
    let outcome = mixed().args(&["--format", "json"]).run().exits(1);
    let report = outcome.json();
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert_eq!(report["version"], 1);
    assert_eq!(report["outcome"], "failed");
    assert_eq!(report["summary"]["failed"], 3);
    assert_eq!(report["summary"]["skipped"], 1);
    let level = report["checks"].as_array().expect("checks").iter().find(|check| check["id"] == "LEVEL");
    assert_eq!(level.expect("LEVEL")["class"], "env.not_allowed");
    assert_eq!(level.expect("LEVEL")["audience"], "Data");
}

#[test]
fn a_line_carries_the_tag_of_its_own_audience() {
    mixed().run().exits(1).says("[MyCompanyName:Data] FAIL env LEVEL [env.not_allowed]");
}

#[test]
fn a_value_cannot_forge_a_line() {
    for format in ["text", "tap"] {
        let outcome = mixed().args(&["--format", format]).run().exits(1);
        assert!(
            !outcome
                .stdout
                .lines()
                .any(|line| line.trim_start().starts_with("[MyCompanyName:DevOps] PASS forged"))
        );
    }
}

#[test]
fn junit_is_well_formed_and_counts_the_same() {
    let outcome = mixed().args(&["--format", "junit"]).run().exits(1);
    let text = &outcome.stdout;
    assert!(text.starts_with("<?xml"), "{text}");
    assert!(text.contains("tests=\"6\" failures=\"3\" errors=\"0\" skipped=\"1\""), "{text}");
    assert!(text.contains("shout &amp; &lt;ugly&gt;"), "{text}");
    assert_eq!(text.matches("<testcase").count(), text.matches("</testcase>").count());
}

#[test]
fn tap_numbers_every_check() {
    let outcome = mixed().args(&["--format", "tap"]).run().exits(1);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[..2], ["TAP version 14", "1..6"]);
    assert!(lines.contains(&"ok 1 - env GOOD"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("not ok ")).count(), 3);
    assert!(lines.iter().any(|line| line.contains("# SKIP it needs TCP_WEB_PORT")), "{lines:?}");
}

#[test]
fn quiet_says_nothing_when_all_is_well_and_only_failures_otherwise() {
    let well = preflight().contract("checked_environment_variables: [GOOD]\n").env("GOOD", "yes");
    let outcome = well.args(&["--quiet"]).run().exits(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    let outcome = mixed().args(&["--quiet"]).run().exits(1);
    assert_eq!(outcome.stdout.lines().filter(|line| line.contains(" FAIL ")).count(), 3);
    assert_eq!(outcome.stdout.lines().count(), 4, "{}", outcome.stdout);
}

#[test]
fn verbose_lists_what_passed_and_what_was_not_tried() {
    mixed()
        .args(&["--verbose"])
        .run()
        .exits(1)
        .says("PASS env GOOD")
        .says("SKIP tcp WEB not tried: it needs TCP_WEB_PORT");
}

#[test]
fn colour_is_for_terminals_and_never_alone() {
    mixed().run().exits(1).never_says("\u{1b}");
    mixed().args(&["--color", "always"]).run().exits(1).says("\u{1b}[1;31mFAIL\u{1b}[0m");
}
