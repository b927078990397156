//! Exit codes are a public contract, and `set -e` builds on them.

use crate::support::preflight;

const ORIGINAL: &str = "verbose: True\norganization: \"MyCompanyName\"\nteam: \"DevOps\"\n\
                        checked_environment_variables:\n  - SOME_SERVICE_CONFIG_KEY\n";

#[test]
fn the_original_file_fails_with_one_tagged_line_when_its_variable_is_missing() {
    preflight()
        .file("preflight.yaml", ORIGINAL)
        .run()
        .exits(1)
        .says("[MyCompanyName:DevOps] FAIL env SOME_SERVICE_CONFIG_KEY [env.missing]")
        .says("preflight FAILED: 1 of 1 check failed")
        .says("the service was not started");
}

#[test]
fn the_original_file_passes_when_its_variable_is_set() {
    preflight()
        .file("preflight.yaml", ORIGINAL)
        .env("SOME_SERVICE_CONFIG_KEY", "value")
        .run()
        .exits(0)
        .says("[MyCompanyName:DevOps] PASS env SOME_SERVICE_CONFIG_KEY")
        .says("preflight passed: 1 check");
}

#[test]
fn every_line_of_a_report_begins_with_the_tag() {
    let outcome = preflight().file("preflight.yaml", ORIGINAL).run().exits(1);
    for line in outcome.stdout.lines() {
        assert!(line.starts_with("[MyCompanyName:DevOps] "), "{line:?}");
    }
}

#[test]
fn all_faults_are_listed_in_one_pass() {
    preflight()
        .contract("checked_environment_variables: [A, B, C]\nchecks:\n  - file: { path: /no/such/file }\n")
        .run()
        .exits(1)
        .says("env A [env.missing]")
        .says("env B [env.missing]")
        .says("env C [env.missing]")
        .says("/no/such/file")
        .says("4 of 4 checks failed");
}

#[test]
fn set_e_stops_the_entrypoint() {
    let run = preflight()
        .file("preflight.yaml", ORIGINAL)
        .file("entrypoint.sh", "set -e\n\"$PREFLIGHT\"\necho YOU SHOULD NOT SEE ME IF preflight FAILS\n");
    let mut shell = std::process::Command::new("sh");
    let program = run.command();
    shell.current_dir(program.get_current_dir().expect("a folder")).arg("entrypoint.sh");
    let output = shell.env("PREFLIGHT", env!("CARGO_BIN_EXE_preflight")).output().expect("sh runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("SHOULD NOT"));
}

#[test]
fn a_wrong_command_line_is_2() {
    preflight().args(&["--no-such-flag"]).run().exits(2);
    preflight().args(&["explain", "no.such_class"]).run().exits(2);
    preflight().args(&["--wait", "soon"]).run().exits(2);
}

#[test]
fn help_and_version_are_0() {
    preflight().args(&["--help"]).run().exits(0).says("Exit codes");
    preflight().args(&["--version"]).run().exits(0).says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_contract_that_is_missing_is_78_and_says_where_it_was_looked_for() {
    preflight()
        .run()
        .exits(78)
        .says("./preflight.yaml")
        .says("/etc/preflight/preflight.yaml")
        .says("PREFLIGHT_CONFIG");
    preflight().args(&["--config", "nowhere.yaml"]).run().exits(78).says("nowhere.yaml");
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    use std::process::Stdio;
    let run = preflight().file("preflight.yaml", ORIGINAL);
    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
