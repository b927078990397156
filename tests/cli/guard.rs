//! `preflight guard`: a command is started when nothing is missing in its files, and only then.

use crate::support::preflight;

const SERVE: [&str; 4] = ["--", "sh", "-c", "echo it-runs; exit 7"];

#[test]
fn a_command_takes_its_place_when_nothing_is_missing() {
    let guard = preflight()
        .file("config.py", "SECRET_KEY = 'abc'\n")
        .args(&["guard", "--file", "config.py"])
        .args(&["--", "sh", "-c", "echo $$ $PPID $0; exit 7", "word"]);
    let child = guard.command().stdout(std::process::Stdio::piped()).spawn().expect("it runs");
    let number = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(7));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, format!("{number} {} word\n", std::process::id()));
}

#[test]
fn missing_keys_are_all_listed_and_nothing_is_started() {
    preflight()
        .file(
            "config.py",
            "SECRET_KEY = '''KEYDOESNOTEXIST'''\nURI = 'postgresql://u:hushhush@SERVICEDOESNOTEXIST/db'\n",
        )
        .file("other.ini", "token: KEYDOESNOTEXIST_app/token\n")
        .args(&["guard", "--file", "config.py", "-f", "other.ini"])
        .args(&SERVE)
        .run()
        .exits(10)
        .says("[preflight:guard] FAIL guard missing key SECRET_KEY at config.py:1: KEYDOESNOTEXIST — hint: ")
        .says("FAIL guard missing service URI at config.py:2: SERVICEDOESNOTEXIST")
        .says("FAIL guard missing key token at other.ini:1: KEYDOESNOTEXIST_app/token")
        .says("guard FAILED: sh was not started")
        .never_says("hushhush")
        .never_says("it-runs");
}

#[test]
fn what_stands_beside_a_missing_value_is_not_shown() {
    preflight()
        .file("f", "password = 'onlythefileKEYDOESNOTEXISTknowsthis'\n")
        .args(&["guard", "--file", "f"])
        .args(&SERVE)
        .run()
        .exits(10)
        .says("missing key password at f:1: KEYDOESNOTEXIST — hint: ")
        .never_says("onlythefile")
        .never_says("knowsthis");
}

#[test]
fn secrets_are_taken_out_without_a_contract_too() {
    preflight()
        .file("f", "url = KEYDOESNOTEXIST_hushhush-value\n")
        .env("DB_PASSWORD", "hushhush-value")
        .args(&["guard", "--file", "f"])
        .args(&SERVE)
        .run()
        .exits(10)
        .says("missing key url at f:1: KEYDOESNOTEXIST_[redacted]")
        .never_says("hushhush");
}

#[test]
fn missing_services_alone_have_a_code_of_their_own() {
    let guard =
        preflight().file("f", "server SERVICEDOESNOTEXIST;\n").args(&["guard", "--file", "f"]).args(&SERVE);
    guard.run().exits(11).says("missing service at f:1").never_says("it-runs");
}

#[test]
fn the_contract_names_other_words_and_its_team() {
    let guard = preflight()
        .contract("sentinels: { keys: ['/NO_[A-Z]+_HERE/'] }\n")
        .file("f", "a: NO_KEY_HERE\nb: KEYDOESNOTEXIST\n")
        .args(&["guard", "--file", "f"])
        .args(&SERVE);
    guard
        .run()
        .exits(10)
        .says("[MyCompanyName:DevOps] FAIL guard missing key a at f:1: NO_KEY_HERE")
        .never_says("f:2");
}

#[test]
fn what_cannot_be_read_or_started_is_told() {
    let guard = preflight().args(&["guard", "--file", "nothing-here"]).args(&SERVE);
    guard.run().exits(1).says("FAIL guard nothing-here cannot be read").never_says("it-runs");
    let fine = || preflight().file("f", "all is well\n").args(&["guard", "--file", "f", "--"]);
    fine().args(&["no-such-program"]).run().exits(127).says("no-such-program cannot be started");
    fine().args(&["no-such-program"]).run().says("hint: is no-such-program installed");
    fine().args(&["./f"]).run().exits(126).says("./f cannot be started").says("hint: ./f must be executable");
    fine().args(&["/etc"]).run().exits(126).says("hint: /etc is a directory");
    preflight().args(&["guard", "--file", "f"]).run().exits(2);
    preflight().args(&["guard", "--", "true"]).run().exits(2);
}
