//! One container whose first process is the built program, seen from outside.
//!
//! The engine starts it and goes away, as under an engine's daemon: the container has our streams themselves, and its
//! first process becomes our child, for we adopt orphans.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, set_child_subreaper, waitid};
use tempfile::TempDir;

use crate::machine::{self, Machine};
use crate::processes::{self, Seen};
use crate::root::Root;

/// Nothing here takes longer, on however busy a machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(10);

static ROOT: LazyLock<Root> = LazyLock::new(Root::assemble);

/// Where standard output and standard error go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reader {
    /// To us; we take all at once.
    #[default]
    Quick,
    /// To us, and we do not read before we are told.
    Absent,
    /// The reading end of a pipe is closed already.
    Gone,
    /// To a disk that is full.
    Full,
}

/// A container to be.
pub(crate) struct Plan {
    pub(crate) machine: Machine,
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    pub(crate) output: Reader,
    pub(crate) error: Reader,
    /// Seen inside as `/work`, where it begins.
    work: TempDir,
}

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

impl Plan {
    /// `/preflight` with these words.
    pub(crate) fn preflight(words: &[&str]) -> Self {
        Self::of(&[&["/preflight"], words].concat())
    }

    /// Another first process.
    pub(crate) fn of(words: &[&str]) -> Self {
        Self {
            machine: Machine::default(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            output: Reader::default(),
            error: Reader::default(),
            work: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn machine(mut self, change: impl FnOnce(&mut Machine)) -> Self {
        change(&mut self.machine);
        self
    }

    /// A file in `/work`; a script is what begins with `#!`.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.work.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a new folder");
        fs::write(&path, text).expect("a new file");
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("ours");
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Container {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("story-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let bundle = tempfile::tempdir().expect("a temporary folder");
        give(self.work.path(), self.machine.user);
        let configuration =
            self.machine.configuration(ROOT.path(), self.work.path(), &name, &self.words).to_string();
        fs::write(bundle.path().join("config.json"), configuration).expect("a new file");
        let mut command = self.command(&name, bundle.path());
        let mut unread: Vec<Box<dyn Read + Send>> = Vec::new();
        command.stdout(stream(self.output, &mut unread)).stderr(stream(self.error, &mut unread));
        let mut engine = command.stdin(Stdio::piped()).spawn().expect("runc runs");
        // It holds the pipes' other ends, which must be closed for the reading to end.
        drop(command);
        let output = Arc::default();
        if self.output != Reader::Absent && self.error != Reader::Absent {
            unread.drain(..).for_each(|from| collect(from, &output));
        }
        let input = engine.stdin.take();
        let engine = Some(engine);
        let mut container =
            Container { engine, first: 0, code: None, output, unread, input, plan: self, name, bundle };
        container.find_first();
        container
    }

    fn command(&self, name: &str, bundle: &Path) -> Command {
        let (state, folder) = (state(bundle), bundle.display().to_string());
        let mut words = vec!["runc", "--root", &state, "run", "--bundle", &folder];
        let pid_file = pid_file(bundle).display().to_string();
        words.extend(["--pid-file", &pid_file]);
        if !self.machine.terminal {
            words.push("--detach");
        }
        words.push(name);
        let mut all: Vec<String> = Vec::new();
        if let Some(hours) = self.machine.hours_ahead {
            let seconds = (hours * 3_600).to_string();
            all.extend(["unshare", "--time", "--fork", "--boottime", &seconds].map(str::to_owned));
            all.extend(["--monotonic".to_owned(), seconds]);
        }
        if self.machine.terminal {
            // `script` gives the engine a terminal, which gives the container one of its own.
            all.extend(["script", "-qefc", &words.join(" "), "/dev/null"].map(str::to_owned));
        } else {
            all.extend(words.into_iter().map(str::to_owned));
        }
        let mut command = Command::new(&all[0]);
        command.args(&all[1..]);
        command
    }
}

impl Container {
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

    /// Reads what was left unread until now, and from now on all.
    pub(crate) fn read(&mut self) {
        self.unread.drain(..).for_each(|from| collect(from, &self.output));
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
        let path = pid_file(self.bundle.path());
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
        let state = state(self.bundle.path());
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

fn state(bundle: &Path) -> String {
    bundle.join("state").display().to_string()
}

fn pid_file(bundle: &Path) -> PathBuf {
    bundle.join("pid")
}

/// Makes everything in a folder a user's.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).expect("root may");
    let Ok(entries) = fs::read_dir(path) else { return };
    entries.flatten().for_each(|entry| give(&entry.path(), user));
}

fn stream(reader: Reader, unread: &mut Vec<Box<dyn Read + Send>>) -> Stdio {
    if reader == Reader::Full {
        return File::options().write(true).open("/dev/full").expect("every Linux has it").into();
    }
    let (from, to) = std::io::pipe().expect("a pipe");
    if reader != Reader::Gone {
        unread.push(Box::new(from));
    }
    to.into()
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
