//! Orphans, as a subreaper and as PID 1 of a namespace of its own. Each scenario is this program started again, because
//! both are properties of a whole process.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    env,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use preflight_processes::{Adoption, ExitStatus, Input, Processes, Program, Signal, Spec};
use tokio::time::sleep;

const SCENARIOS: &[&str] = &["thousand", "double-fork", "strangers", "behind", "end"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--scenario") => scenario(&arguments[2]),
        Some("--list") => {}
        _ => all(),
    }
    ExitCode::SUCCESS
}

fn all() {
    let own = env::current_exe().unwrap();
    let may_unshare = Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !may_unshare {
        println!("not tried as PID 1: may not unshare");
    }
    for name in SCENARIOS {
        let status = Command::new(&own).args(["--scenario", name]).status().unwrap();
        assert!(status.success(), "{name} as a subreaper: {status}");
        if may_unshare {
            let mut unshare = Command::new("unshare");
            unshare.args(["--pid", "--fork", "--mount-proc", "--kill-child"]).arg(&own);
            let status = unshare.args(["--scenario", name]).status().unwrap();
            assert!(status.success(), "{name} as PID 1: {status}");
        }
        println!("{name}: ok");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn scenario(name: &str) {
    let processes = Processes::start(Adoption::Adopt).unwrap();
    match name {
        "thousand" => thousand(&processes).await,
        "double-fork" => double_fork(&processes).await,
        "strangers" => strangers(&processes).await,
        "behind" => behind(&processes).await,
        "end" => end(&processes).await,
        other => panic!("no scenario {other}"),
    }
}

fn shell(line: &str) -> Spec {
    Spec { input: Input::Null, ..Spec::new(Program::Shell(line.into())) }
}

/// Our children in the system's table, and how many of them are zombies.
fn children() -> (usize, usize) {
    let own = std::process::id().to_string();
    let stats = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (state, parent) = stat.rsplit_once(") ")?.1.split_once(' ')?;
        (parent.split(' ').next() == Some(&own)).then(|| state.to_owned())
    });
    stats.fold((0, 0), |(all, dead), state| (all + 1, dead + usize::from(state == "Z")))
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}: {:?}", children());
        sleep(Duration::from_millis(20)).await;
    }
}

/// A thousand orphans are reaped, and the status of the child that made them is its own.
async fn thousand(processes: &Processes) {
    let line = "i=0; while [ $i -lt 1000 ]; do (sleep 0.3 &) ; i=$((i+1)); done; exit 9";
    let process = processes.spawn(&shell(line)).unwrap();
    assert_eq!(process.exited().await, ExitStatus::Code(9));
    drop(process);
    until("orphans are left", || processes.reaped_orphans() >= 1_000 && children() == (0, 0)).await;
}

/// A daemon leaves its group and its session; it comes to us and is reaped when it ends.
async fn double_fork(processes: &Processes) {
    let process = processes.spawn(&shell("setsid sh -c 'sleep 0.4 & exit' ; exit 0")).unwrap();
    assert!(process.gone().await.is_success());
    until("the daemon did not come to us", || children().0 >= 2).await;
    drop(process);
    until("the daemon was not reaped", || children() == (0, 0)).await;
    assert!(processes.reaped_orphans() >= 1);
}

/// What others start keeps its status, though it looks like an orphan.
async fn strangers(processes: &Processes) {
    for code in 0..20 {
        let line = format!("sleep 0.02; exit {code}");
        let mut tokios = tokio::process::Command::new("sh").args(["-c", &line]).spawn().unwrap();
        let own = processes.spawn(&shell(&line)).unwrap();
        let mut standard = std::process::Command::new("sh").args(["-c", &line]).spawn().unwrap();
        assert_eq!(own.exited().await, ExitStatus::Code(code));
        // Long enough for a look at the strangers.
        sleep(Duration::from_millis(120)).await;
        assert_eq!(tokios.wait().await.unwrap().code(), Some(code));
        assert_eq!(standard.wait().unwrap().code(), Some(code));
    }
    assert_eq!(processes.reaped_orphans(), 0);
}

/// A dead child that is held, because its owner still looks at it, hides no dead orphans; nor does one that died of a signal
/// that not every library knows.
async fn behind(processes: &Processes) {
    let held = processes.spawn(&shell("exit 4")).unwrap();
    assert_eq!(held.exited().await, ExitStatus::Code(4));
    for round in 1..=2_u64 {
        let line =
            "i=0; while [ $i -lt 100 ]; do (sleep 0.1 &) ; i=$((i+1)); done; (sh -c 'kill -40 $$' &); exit 5";
        let process = processes.spawn(&shell(line)).unwrap();
        assert_eq!(process.exited().await, ExitStatus::Code(5));
        drop(process);
        until("orphans are left", || processes.reaped_orphans() >= round * 101).await;
    }
    until("more than the one that is held is left", || children() == (1, 1)).await;
    assert_eq!(held.status(), Some(ExitStatus::Code(4)));
    drop(held);
    until("it is held no longer", || children() == (0, 0)).await;
}

/// At the end nothing is left: not what ignores signals, nor what that had started.
async fn end(processes: &Processes) {
    let stubborn = "trap \"\" TERM; sleep 1000 & while :; do sleep 0.05; done";
    let line = format!("setsid sh -c '{stubborn}' & setsid sleep 1000 & sleep 0.2; exit 0");
    let process = processes.spawn(&shell(&line)).unwrap();
    assert!(process.gone().await.is_success());
    assert!(!process.stop(Signal::TERM, Duration::from_secs(1)).await.killed);
    let ended = processes.end_orphans(Duration::from_millis(300), Duration::from_secs(20)).await;
    assert!(ended >= 2, "{ended}");
    drop(process);
    until("something is left", || children() == (0, 0)).await;
    assert_eq!(processes.end_orphans(Duration::from_secs(1), Duration::from_secs(20)).await, 0);
}
