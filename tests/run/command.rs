//! One command: its code, its streams, what comes before and after it.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::scene::{lives, run};

#[test]
fn its_code_is_the_commands() {
    for code in [0, 1, 2, 42, 126, 255] {
        let line = format!("exit {code}");
        run(&["--", "sh", "-c", &line]).ends().exits(code).says("exit code");
    }
    run(&["--", "sh", "-c", "kill -KILL $$"]).ends().exits(137).says("sh died: killed by SIGKILL");
    run(&["--", "sh", "-c", "kill -SEGV $$"]).ends().exits(139).says("SIGSEGV");
    run(&["--", "no-such-program"]).ends().exits(127).says("no-such-program could not be started");
    run(&["--", "/etc/passwd"]).ends().exits(126).says("passwd could not be started");
    run(&["--", "/etc"]).ends().exits(126).says("hint: /etc is a directory");
}

/// The C library would give it to a shell, which finds nonsense in it.
#[test]
fn a_program_of_another_architecture_is_told_by_that() {
    let foreign = |words: &[&str]| {
        let scene = run(&[words, &["--", "./foreign"]].concat());
        // The machine of an ELF file (e_machine): 243 is RISC-V.
        let head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0";
        std::fs::write(scene.path("foreign"), head).expect("written");
        std::fs::set_permissions(scene.path("foreign"), Permissions::from_mode(0o755)).expect("changed");
        scene.ends().exits(126).says("hint: ./foreign was built for another architecture")
    };
    foreign(&[]);
    foreign(&["--exec"]);
}

/// What we say on standard error stands before the lines that close the run, though these are written elsewhere.
#[test]
fn why_it_died_stands_before_the_end() {
    for _ in 0..20 {
        let scene = run(&["--", "no-such-program"]);
        let mut command = scene.command();
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        command.stdout(writer.try_clone().expect("the same")).stderr(writer).stdin(Stdio::null());
        let mut child = command.spawn().expect("started");
        drop(command);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("read");
        child.wait().expect("waited for");
        let place = |fragment: &str| text.find(fragment).unwrap_or_else(|| panic!("{fragment}: {text}"));
        assert!(place("could not be started") < place("finalize"), "{text}");
    }
}

#[test]
fn nothing_to_run_is_a_mistake() {
    run(&[]).ends().exits(2);
    run(&["--exec"]).ends().exits(2);
    run(&["--signal", "TERM=NONSENSE", "--", "true"]).ends().exits(2).says("is no signal");
    run(&["--exec", "--log", "json", "--", "true"]).ends().exits(2);
}

#[test]
fn the_contract_is_proven_first() {
    let contract = "checked_environment_variables: [PREFLIGHT_TEST_NOT_SET]\n";
    let words = ["--", "sh", "-c", "echo it-runs; exit 7"];
    run(&words).contract(contract).ends().exits(1).says("env.missing").never_says("it-runs");
    run(&words)
        .contract("")
        .ends()
        .exits(7)
        .says("it-runs")
        .says("[MyCompanyName:DevOps] sh died: exit code 7")
        .says("[MyCompanyName:DevOps] finalize: lived");
    let unchecked = [&["--no-check"][..], &words].concat();
    run(&unchecked).contract(contract).ends().exits(7).says("it-runs").never_says("env.missing");
    run(&words).contract("no_such_key: 1\n").ends().exits(78).never_says("it-runs");
}

#[test]
fn what_is_started_gets_the_limit_of_open_files_that_we_got() {
    let shell = "ulimit -Sn 128; exec \"$0\" run -- sh -c 'ulimit -Sn >limit'";
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("preflight.yaml"), "organization: A\nteam: B\n").expect("a contract");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", shell, env!("CARGO_BIN_EXE_preflight")]).current_dir(folder.path());
    assert!(command.output().expect("it runs").status.success());
    assert_eq!(std::fs::read_to_string(folder.path().join("limit")).expect("written"), "128\n");
}

#[test]
fn its_streams_are_ours_untouched() {
    let scene = run(&["--", "sh", "-c", "cat; printf 'no end'; echo problem >&2"]);
    let mut child = scene.command().stdin(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(b"\x00\xffbytes").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.stdout.starts_with(b"\x00\xffbytesno end"), "{output:?}");
    assert!(output.stderr.starts_with(b"problem\n"), "{output:?}");
}

#[test]
fn output_can_be_told_line_by_line_and_as_json() {
    let words = ["--", "sh", "-c", "echo hello"];
    run(&[&["--log", "lines"][..], &words].concat()).ends().exits(0).says("Z [sh] hello\n");
    let outcome = run(&[&["--log", "json"][..], &words].concat()).ends().exits(0);
    let lines: Vec<serde_json::Value> = outcome
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(lines.iter().any(|line| line["service"] == "sh" && line["message"] == "hello"), "{lines:?}");
    assert!(lines.iter().any(|line| line["service"] == "preflight"), "{lines:?}");
}

#[test]
fn nothing_that_it_has_started_is_left() {
    let line =
        "setsid sh -c 'echo $$ >daemon; sleep 600' & while ! [ -s daemon ]; do sleep 0.01; done; exit 3";
    let scene = run(&["--", "sh", "-c", line]);
    let running = scene.start();
    let daemon = running.file("daemon");
    running.ends().exits(3);
    assert!(!lives(&daemon), "{daemon} is still there");
}

#[test]
fn with_exec_it_becomes_the_command() {
    let scene = run(&["--exec", "--", "sh", "-c", "echo $$; exit 9"]).contract("");
    let child = scene.command().spawn().expect("it runs");
    let number = child.id().to_string();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(9));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.lines().last(), Some(number.as_str()), "{text}");
    run(&["--exec", "--", "no-such-program"]).ends().exits(127).says("cannot be started");
}

/// `script` gives us a terminal of our own.
#[test]
fn it_reads_from_the_terminal_and_the_terminal_comes_back() {
    let scene = run(&[]);
    let inner = format!(
        "{} run -- sh -c 'read word; echo inner-$word'; read word; echo outer-$word",
        env!("CARGO_BIN_EXE_preflight")
    );
    let mut command = std::process::Command::new("script");
    command.args(["-qec", &inner, "/dev/null"]).current_dir(scene.command().get_current_dir().expect("one"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("script of util-linux");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"one\ntwo\n").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("inner-one") && text.contains("outer-two"), "{text}");
}
