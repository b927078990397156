//! Commands, really run.

use std::time::Instant;

use super::*;

fn spec(run: CommandLine) -> CommandCheck {
    CommandCheck { run, exit_code: 0, timeout: None, stdout: None }
}

fn shell(text: &str) -> CommandLine {
    CommandLine::Shell(text.to_owned())
}

fn words(words: &[&str]) -> CommandLine {
    CommandLine::Words(words.iter().map(ToString::to_string).collect())
}

async fn outcome(spec: &CommandCheck, allowed: Duration) -> Result<(), Failure> {
    let wanted = spec.stdout.as_deref().map(|text| Wanted::parse("stdout", text)).transpose()?;
    judgement::judge(spec, wanted.as_ref(), &run(spec, allowed).await?)
}

async fn class(spec: &CommandCheck) -> &'static str {
    let failed = outcome(spec, Duration::from_secs(5)).await;
    failed.err().map_or("", |failure| failure.class.name)
}

#[tokio::test]
async fn ends_are_told_apart() {
    assert_eq!(class(&spec(words(&["true"]))).await, "");
    assert_eq!(class(&spec(words(&["false"]))).await, "command.exit_code");
    assert_eq!(class(&CommandCheck { exit_code: 3, ..spec(shell("exit 3")) }).await, "");
    assert_eq!(class(&spec(words(&["no-such-program"]))).await, "command.not_found");
    assert_eq!(class(&spec(words(&["/no/such/program"]))).await, "command.not_found");
    assert_eq!(class(&spec(words(&["/etc/passwd"]))).await, "command.not_executable");
    assert_eq!(class(&spec(shell("no-such-program"))).await, "command.not_found");
    assert_eq!(class(&spec(shell("kill -9 $$"))).await, "command.signal");
    assert_eq!(
        class(&CommandCheck { stdout: Some("/^b$/".to_owned()), ..spec(shell("echo ab")) }).await,
        "command.output"
    );
    assert_eq!(
        class(&CommandCheck { stdout: Some("/^abc$/".to_owned()), ..spec(shell("echo abc")) }).await,
        ""
    );
    assert_eq!(class(&spec(CommandLine::Words(Vec::new()))).await, "check.bad_parameter");
}

#[tokio::test]
async fn the_last_line_of_standard_error_is_quoted() {
    let spec = spec(shell("echo out; echo first >&2; echo 'no route to pickles' >&2; exit 1"));
    let failure = outcome(&spec, Duration::from_secs(5)).await.expect_err("it fails");
    assert!(failure.evidence.ends_with("exit code 1, not 0: no route to pickles"), "{failure}");
}

#[tokio::test]
async fn a_command_that_prints_without_end_fills_no_memory_and_is_ended() {
    let since = Instant::now();
    let failure =
        outcome(&spec(words(&["yes"])), Duration::from_millis(300)).await.expect_err("it never ends");
    assert_eq!(failure.class.name, "command.timeout");
    assert!(since.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn what_stays_in_the_background_does_not_hold_the_check() {
    let since = Instant::now();
    assert_eq!(class(&spec(shell("sleep 20 & exit 0"))).await, "");
    assert!(since.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_whole_group_is_killed_when_the_time_is_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let line = format!("(echo $$ > {}; exec sleep 30) & wait; true", file.display());
    let line = line.replace("$$", "$(exec sh -c 'echo $PPID')");
    let failure = outcome(&spec(shell(&line)), Duration::from_millis(500)).await.expect_err("it sleeps");
    assert_eq!(failure.class.name, "command.timeout");
    let pid: i32 = std::fs::read_to_string(&file).expect("written").trim().parse().expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    let deadline = Instant::now() + Duration::from_secs(3);
    while is_running(pid) {
        assert!(Instant::now() < deadline, "the grandchild outlived its group");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Neither gone nor a zombie that waits for whoever inherited it.
fn is_running(pid: rustix::process::Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z') && !rest.is_empty())
}
