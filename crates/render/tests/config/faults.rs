//! What is wrong with a configuration is told all at once, each with its place and what was probably meant.

use preflight_render::config::{CommandLine, FaultKind, Invocation, check, usage};

use crate::world::{World, faults, read, settings};

#[test]
fn all_faults_of_a_file_are_told_at_once_with_their_places() {
    let text = "consul {\n  adress = \"x\"\n  retry { attempts = \"many\" }\n}\nmax_stale = \"soon\"\ntemplate {\n  \
                source = \"a\"\n  contents = \"b\"\n  destination = \"o\"\n}\n";
    assert_eq!(
        faults(text),
        "c.hcl:2:3: unknown key \"adress\" in consul — hint: did you mean address?\n\
         c.hcl:3:22: attempts: expected an integer, found a text\n\
         c.hcl:5:13: max_stale: time: invalid duration \"soon\"\n\
         c.hcl:6:10: template: cannot specify both 'source' and 'contents'"
    );
}

#[test]
fn a_key_of_another_block_is_sent_there() {
    assert_eq!(
        faults("token = \"hunter2\""),
        "c.hcl:1:1: unknown key \"token\" — hint: it belongs in consul or vault or nomad"
    );
    assert_eq!(
        faults("template { kill_timeout = \"1s\" source = \"a\" destination = \"b\" }"),
        "c.hcl:1:12: unknown key \"kill_timeout\" in template — hint: it belongs in exec"
    );
}

#[test]
fn a_value_of_another_kind_says_what_was_expected() {
    for (text, told) in [
        ("pid_file = 5", "c.hcl:1:12: pid_file: expected a text, found an integer — hint: put it in quotes"),
        (
            "err_on_failed_lookup = \"true\"",
            "c.hcl:1:24: err_on_failed_lookup: expected true or false, found a text — hint: leave its quotes out",
        ),
        ("vault = \"x\"", "c.hcl:1:9: vault: expected a block, found a text — hint: write vault { … }"),
        ("consul \"x\" { }", "c.hcl:1:8: consul takes no label — hint: write consul { … }"),
        ("missing { action = \"panic\" }", "c.hcl:1:20: action: expected \"warn\" or \"fail\""),
        (
            "exec { command = [1] }",
            "c.hcl:1:18: command: expected a text, found an integer — hint: put it in quotes",
        ),
        ("max_stale = -1", "c.hcl:1:13: max_stale: a duration must not be negative"),
        (
            "template { contents = \"x\" destination = \"o\" perms = 010000 }",
            "c.hcl:1:53: perms: expected an octal number from 0 to 07777",
        ),
        ("consul {", "c.hcl:1:9: expected \"}\", found the end of the file"),
    ] {
        assert_eq!(faults(text), told);
    }
}

#[test]
fn no_fault_shows_a_secret() {
    for text in [
        "consul { token = hunter2 }",
        "consul { token = [\"hunter2\"] }",
        "consul { auth { password = { a = \"hunter2\" } } }",
        "vault { token = \"hunter2\" nope = 1 }",
    ] {
        assert!(!faults(text).contains("hunter2"), "{}", faults(text));
    }
    let settings = settings("consul { token = \"hunter2\" } vault { token = \"hunter2\" }");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn what_is_odd_is_noted_and_accepted() {
    let noted = |text: &str| settings(text).notes.join("\n");
    assert_eq!(
        noted("max_stale = 10"),
        "c.hcl:1:13: max_stale = 10 is that many nanoseconds; write \"10s\" for seconds"
    );
    assert_eq!(
        noted("template { contents = \"x\" destination = \"o\" perms = 600 }"),
        "c.hcl:1:53: perms reads as 01130 in octal; if 600 was meant, write 0600"
    );
    assert_eq!(
        noted("consul { address = \"a\" }\nconsul { token = \"t\" }"),
        "c.hcl:2:8: consul is written again: only its last block in a file counts"
    );
    assert!(noted("telemetry { anything = 1 }").contains("telemetry is accepted and has no effect"));
    assert!(noted("deduplicate { enabled = true }").contains("deduplicate is accepted and has no effect"));
    assert!(noted("exec { enabled = false command = \"x\" }").contains("exec is switched off"));
    for text in [
        "template { contents = \"x\" destination = \"o\" perms = 0644 }",
        "max_stale = 0",
        "max_stale = \"10s\"",
    ] {
        assert_eq!(noted(text), "", "{text}");
    }
}

#[test]
fn a_fault_of_the_local_configuration_is_one_of_the_command_line() {
    let world = World::default().variable("CT_LOCAL_CONFIG", "consul {\n nope = 1 }");
    let faults = world.load(&["-config", "missing.hcl"]).expect_err("both are faulty");
    assert_eq!(
        faults.to_string(),
        "missing.hcl: missing file or folder\nCT_LOCAL_CONFIG:2:2: unknown key \"nope\" in consul"
    );
    assert_eq!(faults.exit_code(), 13);
    assert_eq!(faults.0.iter().map(|fault| fault.kind).max(), Some(FaultKind::Configuration));
}

#[test]
fn one_text_can_be_checked_alone() {
    assert_eq!(check("a.hcl", "once = true"), Ok(()));
    let faults = check("a.hcl", "onec = true").expect_err("it is misspelt");
    assert_eq!(faults.to_string(), "a.hcl:1:1: unknown key \"onec\" — hint: did you mean once?");
}

#[test]
fn a_bad_level_in_a_variable_is_told() {
    let faults = World::default().variable("CT_LOG", "loud").load(&[]).expect_err("there is no such level");
    assert_eq!(
        faults.to_string(),
        "CT_LOG: invalid log level \"LOUD\", valid log levels are TRACE, DEBUG, INFO, WARN, ERR"
    );
}

#[test]
fn help_is_asked_for_in_four_ways_and_names_every_flag() {
    for argument in ["-h", "--h", "-help", "--help"] {
        assert_eq!(CommandLine::parse(&["-once", argument, "-nope"]), Ok(Invocation::Help), "{argument}");
    }
    let usage = usage("consul-template");
    assert!(usage.starts_with("Usage: consul-template [options]"));
    for flag in ["-config=<path>", "-once\n", "-vault-ssl-verify\n", "-exec-splay=<duration>", "-version\n"] {
        assert!(usage.contains(flag), "{flag}");
    }
}

/// Whatever a file holds, reading it ends, and what is wrong has a place.
#[test]
fn no_value_of_any_kind_at_any_key_is_too_much() {
    let keys = [
        "consul",
        "vault",
        "template",
        "exec",
        "wait",
        "once",
        "max_stale",
        "kill_signal",
        "log_file",
        "missing",
    ];
    let values = [
        "1",
        "-1",
        "1.5",
        "\"\"",
        "\"x\"",
        "true",
        "[]",
        "[1]",
        "[{}]",
        "{}",
        "{ a = 1 }",
        "[[{}]]",
        "[{ a = 1 }]",
    ];
    for key in keys {
        for value in values {
            if let Err(faults) = read(&format!("{key} = {value}")) {
                assert!(
                    faults.0.iter().all(|fault| fault.place.to_string().starts_with("c.hcl:1:")),
                    "{faults}"
                );
            }
        }
    }
}
