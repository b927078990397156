//! Small and still: what idles is not woken, and nothing grows with restarts or with output. Bounds here are generous, for
//! this is an unoptimised build; `cargo xtask bench --only run` has the figures.

use std::fs::{self, File};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{Scene, run, wait_until};

/// Longer than any pause after which somebody might look whether something has changed.
const WATCHED: Duration = Duration::from_secs(12);

/// A thousand starts of programs take long where the processor is wanted by others.
const PATIENCE: Duration = Duration::from_secs(180);

/// A run whose output is kept in files, so that nobody has to read it.
struct Logged {
    child: Child,
    scene: Scene,
}

impl Logged {
    fn start(services: &str) -> Self {
        // One of its own: at the usual place every other run looks whether somebody answers.
        let scene = run(&["--status-socket", "status.sock", "--crontab", "jobs"])
            .contract(&format!("services:\n{services}"));
        fs::write(scene.path("jobs"), "0 0 1 1 * true\n").expect("a crontab");
        let mut command: Command = scene.command();
        command.stdout(File::create(scene.path("out")).expect("a file"));
        let child = command.stderr(File::create(scene.path("err")).expect("a file")).spawn();
        Self { child: child.expect("the built binary runs"), scene }
    }

    fn count(&self, name: &str, what: &str) -> usize {
        fs::read_to_string(self.scene.path(name)).unwrap_or_default().matches(what).count()
    }

    /// How often a thread of it went to sleep of its own, see `proc_pid_status(5)`.
    fn sleeps(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs").flatten();
        let of_task = |status: String| number(&status, "voluntary_ctxt_switches:");
        tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok()).map(of_task).sum()
    }

    /// Memory that is no file's, in KiB.
    fn anonymous(&self) -> u64 {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id())).expect("it runs");
        number(&rollup, "Anonymous:")
    }

    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }

    fn end(mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a number");
        kill_process(pid, Signal::TERM).expect("it runs");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0));
    }
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("it is told");
    line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

#[track_caller]
fn wait_patiently(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(50));
    }
}

/// The count of several services of one form, `{}` being their numbers.
fn services(count: usize, form: &str) -> String {
    (0..count).map(|number| form.replace("{}", &number.to_string())).collect()
}

#[test]
fn twenty_idle_services_wake_nobody() {
    let running = Logged::start(&services(20, "  s{}: { command: [sleep, '600'] }\n"));
    wait_until("all run", || running.count("err", " started as process ") == 20);
    // Where we are is found out beside, within a second or two.
    let began = Instant::now();
    loop {
        let before = running.sleeps();
        sleep(WATCHED);
        let woken = running.sleeps() - before;
        if woken == 0 {
            break;
        }
        assert!(began.elapsed() < WATCHED * 4, "woken {woken} times within {WATCHED:?}");
    }
    running.end();
}

#[test]
fn a_thousand_restarts_leave_nothing_behind() {
    let all = services(100, "  s{}: { command: ['true'], restart: { backoff: 1s..1s } }\n");
    let running = Logged::start(&all);
    let restarts = || running.count("err", "; restart ");
    wait_patiently("a few rounds", || restarts() >= 300);
    let (memory, descriptors) = (running.anonymous(), running.descriptors());
    wait_patiently("all restarts", || restarts() >= 1300);
    let (more, now) = (running.anonymous().saturating_sub(memory), running.descriptors());
    assert!(more < 1024, "{more} KiB more than the {memory} KiB after 300 restarts");
    // Each that runs has two pipes.
    assert!(now <= descriptors + 200, "{now} descriptors, and {descriptors} before");
    running.end();
}

#[test]
fn a_hundred_thousand_lines_leave_nothing_behind() {
    const LINES: usize = 100_000;
    let lines = format!(
        "i=0; while [ $i -lt {LINES} ]; do echo \"a line of output, the one with number $i\"; i=$((i+1)); done"
    );
    let service =
        format!("  talks: {{ command: 'while :; do {lines}; echo round-ends; sleep 0.2; done' }}\n");
    let running = Logged::start(&service);
    wait_patiently("a first round", || running.count("out", "round-ends") >= 1);
    let memory = running.anonymous();
    wait_patiently("a second round", || running.count("out", "round-ends") >= 2);
    let more = running.anonymous().saturating_sub(memory);
    assert!(more < 1024, "{more} KiB more than the {memory} KiB after {LINES} lines");
    assert!(running.count("out", "\n") >= 2 * LINES, "a line is missing");
    running.end();
}
