//! The rules of children, with real processes.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use preflight_processes::{
    Adoption, Environment, ExitStatus, Input, Output, Process, Processes, Program, RunError, Signal, Signals,
    SpawnError, Spec, Stopped,
};
use tokio::time::{sleep, timeout};

const LONG: Duration = Duration::from_secs(20);

fn shell(line: &str) -> Spec {
    Spec { input: Input::Null, ..Spec::new(Program::Shell(line.into())) }
}

fn captured(line: &str) -> Spec {
    Spec { output: Output::Captured, ..shell(line) }
}

fn processes() -> Processes {
    Processes::start(Adoption::Leave).unwrap()
}

/// Waits until the process says so by making a file.
async fn appears(path: &Path) {
    timeout(LONG, async {
        while !path.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

/// A shell that has set its traps and says so before it goes on.
async fn ready(processes: &Processes, before: &str, after: &str) -> (Process, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ready");
    let process = processes.spawn(&shell(&format!("{before} : > {}; {after}", mark.display()))).unwrap();
    appears(&mark).await;
    (process, folder)
}

fn runs(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

#[tokio::test]
async fn codes_and_signals_are_told_apart() {
    let processes = processes();
    let end = async |line: &str| processes.spawn(&shell(line)).unwrap().exited().await;
    assert_eq!(end("exit 0").await, ExitStatus::Code(0));
    assert_eq!(end("exit 143").await, ExitStatus::Code(143));
    assert_eq!(end("kill -TERM $$").await, ExitStatus::Signal { signal: Signal::TERM, core: false });
    assert_eq!(end("kill -TERM $$").await.shell_code(), 143);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_end_is_missed_however_soon_it_comes() {
    let processes = processes();
    let spec = Spec { input: Input::Null, ..Spec::new(Program::Direct(vec!["true".into()])) };
    for _ in 0..10 {
        let children: Vec<Process> = (0..20).map(|_| processes.spawn(&spec).unwrap()).collect();
        for child in children {
            assert_eq!(timeout(LONG, child.exited()).await.unwrap(), ExitStatus::Code(0));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_children_of_others_keep_their_statuses() {
    let _processes = processes();
    let ours = processes();
    for code in 0..50 {
        let line = format!("exit {code}");
        let mut standard = std::process::Command::new("sh").args(["-c", &line]).spawn().unwrap();
        let mut tokios = tokio::process::Command::new("sh").args(["-c", &line]).spawn().unwrap();
        let own = ours.spawn(&shell(&line)).unwrap();
        assert_eq!(own.exited().await, ExitStatus::Code(code));
        assert_eq!(tokios.wait().await.unwrap().code(), Some(code));
        assert_eq!(standard.wait().unwrap().code(), Some(code));
    }
}

#[tokio::test]
async fn a_stop_is_a_signal_to_the_whole_group() {
    let processes = processes();
    let (process, _folder) = ready(&processes, "sleep 1000 & sleep 1000 &", "wait").await;
    let stopped = timeout(LONG, process.stop(Signal::TERM, LONG)).await.unwrap();
    assert_eq!(
        stopped,
        Stopped { status: ExitStatus::Signal { signal: Signal::TERM, core: false }, killed: false }
    );
    assert!(!process.has_leftovers());
}

#[tokio::test]
async fn what_ignores_the_signal_is_killed_when_the_time_is_up() {
    let processes = processes();
    let (process, _folder) = ready(&processes, "trap '' TERM;", "while :; do sleep 0.05; done").await;
    let started = Instant::now();
    let stopped = process.stop(Signal::TERM, Duration::from_millis(300)).await;
    assert_eq!(stopped.status, ExitStatus::Signal { signal: Signal::KILL, core: false });
    assert!(stopped.killed && started.elapsed() >= Duration::from_millis(300));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_grandchild_gets_its_time_when_the_child_is_gone_already() {
    let processes = processes();
    let folder = tempfile::tempdir().unwrap();
    let (ready, done) = (folder.path().join("ready"), folder.path().join("done"));
    let grandchild = format!(
        "trap 'sleep 0.3; : > {}; exit' TERM; : > {}; while :; do sleep 0.02; done",
        done.display(),
        ready.display()
    );
    let process = processes.spawn(&shell(&format!("(trap - INT; {grandchild}) & wait"))).unwrap();
    appears(&ready).await;
    let stopped = process.stop(Signal::TERM, LONG).await;
    assert!(!stopped.killed && done.exists(), "{stopped:?}");
}

#[tokio::test]
async fn a_grandchild_that_ignores_the_signal_is_killed_with_the_group() {
    let processes = processes();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let line = format!(
        "(trap '' TERM; while :; do sleep 0.05; done) & echo $! > {0}.new; mv {0}.new {0}; wait",
        file.display()
    );
    let process = processes.spawn(&shell(&line)).unwrap();
    appears(&file).await;
    let grandchild: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    sleep(Duration::from_millis(50)).await;
    let stopped = process.stop(Signal::TERM, Duration::from_millis(200)).await;
    assert_eq!(stopped.status, ExitStatus::Signal { signal: Signal::TERM, core: false });
    assert!(stopped.killed && !runs(grandchild));
}

#[tokio::test]
async fn a_process_that_is_stopped_can_still_be_ended() {
    let processes = processes();
    let (process, _folder) = ready(&processes, "trap 'exit 7' TERM;", "while :; do sleep 0.02; done").await;
    process.signal(Signal::STOP).unwrap();
    sleep(Duration::from_millis(50)).await;
    assert_eq!(process.status(), None, "stopped is not ended");
    let stopped = process.stop(Signal::TERM, LONG).await;
    assert_eq!(stopped, Stopped { status: ExitStatus::Code(7), killed: false });
}

#[tokio::test]
async fn whether_a_signal_is_minded_can_be_seen() {
    let processes = processes();
    let (process, _folder) =
        ready(&processes, "trap : USR1; trap '' HUP;", "while :; do sleep 0.02; done").await;
    let seen = [Signal::USR1, Signal::HUP, Signal::USR2].map(|signal| process.has_default_action(signal));
    assert_eq!(seen, [false, false, true]);
    process.kill().await;
    assert!(!process.has_default_action(Signal::USR2));
}

#[tokio::test]
async fn signals_to_one_that_has_ended_go_nowhere() {
    let processes = processes();
    let process = processes.spawn(&shell("exit 3")).unwrap();
    process.exited().await;
    assert!(Path::new(&format!("/proc/{}", process.pid())).exists(), "its number is kept");
    process.signal(Signal::KILL).unwrap();
    assert_eq!(
        process.stop(Signal::TERM, LONG).await,
        Stopped { status: ExitStatus::Code(3), killed: false }
    );
    let pid = process.pid();
    drop(process);
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "and given back");
}

#[tokio::test]
async fn a_dropped_process_runs_on_and_is_reaped_or_is_killed_as_asked() {
    let processes = processes();
    let left = processes.spawn(&shell("sleep 0.2")).unwrap();
    let killed = processes.spawn(&Spec { kill_on_drop: true, ..shell("sleep 1000 & sleep 1000") }).unwrap();
    let (left_pid, killed_pid) = (left.pid(), killed.pid());
    drop((left, killed));
    assert!(runs(left_pid));
    timeout(LONG, async {
        while [left_pid, killed_pid].iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_child_starts_with_clean_signals_its_own_group_and_its_own_variables() {
    let processes = processes();
    // A handler of ours, which a child must not inherit as "ignored".
    let _signals = Signals::listen(Signal::FORWARDED).unwrap();
    let mut spec = captured(
        "grep -E '^Sig(Blk|Ign)' /proc/self/status; cut -d ' ' -f 5 /proc/$$/stat; echo $$; env | sort; pwd",
    );
    spec.environment = Environment::exactly(vec!["PATH=/usr/bin:/bin".into(), "ONLY=this".into()]);
    spec.folder = Some("/".into());
    let finished = processes.run(&spec, Some(LONG), 10_000).await.unwrap();
    let text = String::from_utf8(finished.output).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("SigBlk:\t0000000000000000"));
    // The two signals of the C library's threads may be ignored by whoever started us, for good.
    assert!(lines.next().is_some_and(|line| line.starts_with("SigIgn:\t") && line.ends_with("0000000")));
    assert_eq!(lines.next().map(str::trim), lines.next().map(str::trim), "{text}");
    assert!(text.contains("ONLY=this\n") && !text.contains("CARGO") && text.ends_with("/\n"), "{text}");
}

#[tokio::test]
async fn another_user_and_group_are_taken() {
    if std::fs::write("/proc/self/oom_score_adj", "0").is_err() || !rustix::process::geteuid().is_root() {
        eprintln!("not tried: needs root");
        return;
    }
    let spec = Spec { user: Some(4242), group: Some(4343), ..captured("id -u; id -g; id -G") };
    let finished = processes().run(&spec, Some(LONG), 1_000).await.unwrap();
    assert_eq!(String::from_utf8(finished.output).unwrap(), "4242\n4343\n4343\n");
}

#[tokio::test]
async fn output_is_kept_in_order_and_cut_without_stopping_the_writer() {
    let finished = processes().run(&captured("echo a; echo b >&2; echo c"), Some(LONG), 100).await.unwrap();
    assert_eq!((finished.output.as_slice(), finished.is_cut), (&b"a\nb\nc\n"[..], false));
    let line = "head -c 1000000 /dev/zero; exit 5";
    let finished = processes().run(&captured(line), Some(LONG), 1_000).await.unwrap();
    assert_eq!((finished.output.len(), finished.is_cut, finished.status), (1_000, true, ExitStatus::Code(5)));
}

#[tokio::test]
async fn a_run_that_takes_too_long_ends_with_all_that_it_started() {
    let started = Instant::now();
    let line = "trap '' TERM; echo early; sleep 1000 & sleep 1000; sleep 1000";
    let error = processes().run(&captured(line), Some(Duration::from_millis(200)), 100).await.unwrap_err();
    assert!(matches!(&error, RunError::TooLong { output, .. } if output == b"early\n"), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_a_run_leaves_in_the_background_neither_holds_it_nor_is_killed() {
    let started = Instant::now();
    let finished = processes().run(&captured("sleep 3 & echo $!"), None, 100).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
    let background: i32 = String::from_utf8(finished.output).unwrap().trim().parse().unwrap();
    assert!(runs(background));
    let pid = rustix::process::Pid::from_raw(background).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_run_without_captured_output_works_as_well() {
    let spec = Spec { output: Output::Null, ..shell("exit 4") };
    let finished = processes().run(&spec, Some(LONG), 0).await.unwrap();
    assert_eq!((finished.status, finished.output.len()), (ExitStatus::Code(4), 0));
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let processes = processes();
    let not_there = Spec::new(Program::Direct(vec!["/nonexistent/program".into()]));
    let error = processes.spawn(&not_there).unwrap_err();
    assert!(
        matches!(error, SpawnError::Refused { .. }) && error.hint().unwrap().contains("does not exist"),
        "{error:?}"
    );
    let forbidden = Spec::new(Program::Direct(vec!["/etc/passwd".into()]));
    assert!(processes.spawn(&forbidden).unwrap_err().hint().unwrap().contains("executable"));
}

#[tokio::test]
async fn received_signals_are_told_by_name() {
    let mut signals = Signals::listen(&[Signal::USR1, Signal::WINCH]).unwrap();
    let own = rustix::process::getpid();
    for (system, expected) in
        [(rustix::process::Signal::WINCH, Signal::WINCH), (rustix::process::Signal::USR1, Signal::USR1)]
    {
        rustix::process::kill_process(own, system).unwrap();
        assert_eq!(timeout(LONG, signals.next()).await.unwrap(), expected);
    }
    assert!(Signals::listen(&[Signal::KILL]).is_err());
    // The C library keeps it to itself, as valgrind does with the last one.
    let kept = Signal::from_number(32).unwrap();
    for _ in 0..2 {
        assert!(Signals::listen(&[kept, Signal::USR1]).is_ok());
    }
}

#[tokio::test]
async fn captured_output_can_be_read_by_hand() {
    let processes = processes();
    let mut process = processes.spawn(&captured("echo hello")).unwrap();
    let mut output = process.take_output().unwrap();
    assert!(process.take_output().is_none());
    let text = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    assert_eq!(text.await.unwrap().unwrap(), "hello\n");
}
