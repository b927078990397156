//! One container whose first process is the built program, seen from outside.
//!
//! The engine starts it and goes away, as under an engine's daemon: the container has our streams themselves, and its
//! first process becomes our child, for we adopt orphans.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, set_child_subreaper, waitid};
use tempfile::TempDir;

use crate::machine;
use crate::plan::{Plan, Reader, stream};
use crate::processes::{self, Seen};
use crate::root::Root;

/// Nothing here takes longer, on however busy a machine.
pub(crate) const LONG: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(10);

static ROOT: LazyLock<Root> = LazyLock::new(Root::assemble);

/// A container that runs; nothing of it is left when this is dropped.
pub(crate) struct Container {
    /// The engine, where it has to stay to pass on what is typed.
    engine: Option<Child>,
    first: i32,
    code: Option<i32>,
    output: Arc<Mutex<Vec<u8>>>,
    unread: Vec<Box<dyn Read + Send>>,
    input: Option<ChildStdin>,
    plan: Plan,
    name: String,
    bundle: TempDir,
}

impl Container {
    /// Starts it.
    pub(crate) fn start(plan: Plan) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("story-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let bundle = tempfile::tempdir().expect("a temporary folder");
        let configuration =
            plan.machine.configuration(ROOT.path(), plan.work.path(), &name, &plan.words).to_string();
        fs::write(bundle.path().join("config.json"), configuration).expect("a new file");
        let mut command = plan.command(&name, bundle.path());
        let mut unread: Vec<Box<dyn Read + Send>> = Vec::new();
        command.stdout(stream(plan.output, &mut unread)).stderr(stream(plan.error, &mut unread));
        let mut engine = command.stdin(Stdio::piped()).spawn().expect("runc runs");
        // It holds the pipes' other ends, which must be closed for the reading to end.
        drop(command);
        let output = Arc::default();
        if plan.output != Reader::Absent && plan.error != Reader::Absent {
            unread.drain(..).for_each(|from| collect(from, &output));
        }
        let input = engine.stdin.take();
        let engine = Some(engine);
        let mut container =
            Container { engine, first: 0, code: None, output, unread, input, plan, name, bundle };
        container.find_first();
        container
    }

    /// Where the engine keeps what it knows of it.
    pub(crate) fn state(bundle: &Path) -> String {
        bundle.join("state").display().to_string()
    }

    /// Where the engine writes the first process's number.
    pub(crate) fn pid_file(bundle: &Path) -> PathBuf {
        bundle.join("pid")
    }

    /// The first process's number on this machine.
    pub(crate) fn first(&self) -> i32 {
        self.first
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Sends a signal to its first process, as its platform would.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(first) = Pid::from_raw(self.first) {
            // It may have ended by itself.
            let _ = kill_process(first, signal);
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        let input = self.input.as_mut().expect("an open input");
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).expect("it reads");
    }

    /// Reads what was left unread until now, and from now on all. The streams come one after the other, each as a whole.
    pub(crate) fn read(&mut self) {
        self.unread.drain(..).for_each(|from| collect_at_end(from, &self.output));
    }

    /// Its control group of version 2, as this machine sees it.
    pub(crate) fn control_group(&self) -> PathBuf {
        machine::version_2().expect("asked before").join(&self.name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.plan.work.path().join(name)
    }

    pub(crate) fn processes(&self) -> Vec<Seen> {
        processes::of_name_space(self.first)
    }

    /// Waits until it has said this so many times.
    #[track_caller]
    pub(crate) fn wait_for_times(&self, text: &str, times: usize) {
        self.wait_until(text, || self.said().matches(text).count() >= times);
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_for_times(text, 1);
    }

    /// Waits for a file in `/work` with a whole line.
    #[track_caller]
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        let path = self.path(name);
        let read = || fs::read_to_string(&path).unwrap_or_default();
        self.wait_until(name, || read().ends_with('\n'));
        read()
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let started = Instant::now();
        while !holds() {
            let waited = started.elapsed();
            assert!(waited < LONG, "never: {what}; {:#?}\n{}", self.processes(), self.said());
            std::thread::sleep(LOOK);
        }
    }

    pub(crate) fn wait_until_caught(&self, signal: Signal) {
        let number = u32::try_from(signal.as_raw()).expect("positive");
        self.wait_until("it catches the signal", || processes::catches(self.first, number));
    }

    /// Waits for its end; its code, and everything that it has said.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> i32 {
        let started = Instant::now();
        while !self.has_ended() {
            assert!(started.elapsed() < LONG, "it does not end: {:#?}\n{}", self.processes(), self.said());
            std::thread::sleep(LOOK);
        }
        self.wait_for_readers();
        self.code.unwrap_or(-1)
    }

    fn has_ended(&mut self) -> bool {
        if self.code.is_none() {
            self.code = match &mut self.engine {
                Some(engine) => engine.try_wait().expect("ours").map(|status| status.code().unwrap_or(-1)),
                None => wait(self.first),
            };
        }
        self.code.is_some()
    }

    /// Who reads it holds the collected text too, until the end of what is read.
    fn wait_for_readers(&self) {
        let started = Instant::now();
        while Arc::strong_count(&self.output) > 1 && started.elapsed() < LONG {
            std::thread::sleep(LOOK);
        }
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_first(&mut self) {
        let engine = self.engine.as_mut().expect("just started");
        if !self.plan.machine.terminal {
            let status = engine.wait().expect("ours");
            self.engine = None;
            assert!(status.success(), "the container was not started: {}", self.said());
        }
        let path = Self::pid_file(self.bundle.path());
        let read = || fs::read_to_string(&path).ok()?.trim().parse().ok();
        let mut first = None;
        self.wait_until("the container's number", || {
            first = read();
            first.is_some()
        });
        self.first = first.unwrap_or_default();
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.input = None;
        self.unread.clear();
        if self.first != 0 && !self.has_ended() {
            self.signal(Signal::KILL);
            let started = Instant::now();
            while !self.has_ended() && started.elapsed() < LONG {
                std::thread::sleep(LOOK);
            }
        }
        let state = Self::state(self.bundle.path());
        let _ = Command::new("runc").args(["--root", &state, "delete", "--force", &self.name]).output();
        // Where version 2 is beside version 1, the engine leaves its group; and nobody else removes what was made below.
        if machine::version_2().is_some() {
            let group = self.control_group();
            let below = fs::read_dir(&group).into_iter().flatten().flatten();
            below.for_each(|entry| drop(fs::remove_dir(entry.path())));
            let _ = fs::remove_dir(group);
        }
    }
}

/// When all containers are gone.
pub(crate) fn remove_root() {
    // Only empty folders and a few lines: what could not be removed does no harm.
    let _ = fs::remove_dir_all(ROOT.path());
}

/// Orphans are ours from now on.
pub(crate) fn adopt() {
    set_child_subreaper(Some(rustix::process::getpid())).expect("any process may");
}

/// The code of a child of ours when it has ended; as a shell says it.
fn wait(pid: i32) -> Option<i32> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = waitid(WaitId::Pid(Pid::from_raw(pid)?), options).expect("a child of ours")?;
    status.exit_status().or_else(|| Some(128 + status.terminating_signal()?))
}

/// Read by pieces, lines of one stream would stand within lines of another.
fn collect_at_end(mut from: Box<dyn Read + Send>, output: &Arc<Mutex<Vec<u8>>>) {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut all = Vec::new();
        // What was read before it failed counts.
        let _ = from.read_to_end(&mut all);
        output.lock().unwrap_or_else(PoisonError::into_inner).append(&mut all);
    });
}

fn collect(mut from: Box<dyn Read + Send>, output: &Arc<Mutex<Vec<u8>>>) {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            output.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..count]);
        }
    });
}
