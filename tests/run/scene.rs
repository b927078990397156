//! Runs the built binary in a folder of its own, and watches it from outside.

#[path = "../outcome.rs"]
mod outcome;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) use outcome::Outcome;

/// Nothing here takes longer, on however busy a machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A run that is being prepared.
pub(crate) struct Scene {
    folder: TempDir,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What has not ended by then never does.
const NEVER: Duration = Duration::from_secs(120);

/// A run that goes on. It is ended when this is dropped, which the failure of a test does.
pub(crate) struct Running {
    child: Option<Child>,
    pid: Pid,
    folder: Option<TempDir>,
}

/// `preflight run` with these words, in an empty folder.
pub(crate) fn run(words: &[&str]) -> Scene {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["run"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    Scene { folder, arguments, variables: Vec::new() }
}

impl Scene {
    /// With this `preflight.yaml`, below the usual organization and team.
    pub(crate) fn contract(self, body: &str) -> Self {
        let text = format!("organization: MyCompanyName\nteam: DevOps\n{body}");
        std::fs::write(self.folder.path().join("preflight.yaml"), text).expect("a contract");
        self
    }

    pub(crate) fn more(mut self, words: &[&str]) -> Self {
        self.arguments.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// With this variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self) -> Command {
        self.command_by(&[])
    }

    /// By these words, which end as the binary itself.
    fn command_by(&self, words: &[&str]) -> Command {
        let mut words = words.iter().copied().chain([env!("CARGO_BIN_EXE_preflight")]);
        let mut command = Command::new(words.next().expect("the last of them"));
        command.args(words).args(&self.arguments);
        command.current_dir(self.folder.path()).env_remove("PREFLIGHT_CONFIG");
        command.envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// To its end.
    #[track_caller]
    pub(crate) fn ends(self) -> Outcome {
        self.start().ends()
    }

    pub(crate) fn start(self) -> Running {
        self.start_by(&[])
    }

    /// By these words before its own, which end as the binary itself.
    pub(crate) fn start_by(self, words: &[&str]) -> Running {
        let child = self.command_by(words).spawn().expect("the built binary runs");
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a number");
        Running { child: Some(child), pid, folder: Some(self.folder) }
    }
}

impl Running {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.as_ref().expect("it is still there").path().join(name)
    }

    /// Waits for a file with something in it.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.path(name);
        let read = || std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'));
        let mut found = None;
        wait_until(name, || {
            found = read();
            found.is_some()
        });
        found.unwrap_or_default()
    }

    /// The names of its threads, see `proc_pid_comm(5)`.
    pub(crate) fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid.as_raw_nonzero())).expect("it runs");
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
        tasks.flatten().filter_map(name).map(|name| name.trim().to_owned()).collect()
    }

    /// Whether nothing of it is executed now, because it was stopped; see `proc(5)`.
    pub(crate) fn stands_still(&self) -> bool {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid.as_raw_nonzero())).expect("it runs");
        let state = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("stat")).ok();
        let is_stopped =
            |stat: String| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']));
        tasks.flatten().filter_map(state).all(is_stopped)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it runs");
    }

    #[track_caller]
    pub(crate) fn ends(self) -> Outcome {
        self.ends_and_leaves().0
    }

    /// As [`Running::ends`], with the folder as it is then.
    #[track_caller]
    pub(crate) fn ends_and_leaves(mut self) -> (Outcome, TempDir) {
        let child = self.child.take().expect("it has not been waited for");
        let outcome =
            ended(child, self.pid).unwrap_or_else(|late| panic!("it never ended by itself: {late:#?}"));
        (outcome, self.folder.take().expect("it is still there"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = self.child.take() else { return };
        // What it has started ends with it. It may have ended already.
        let _ = kill_process(self.pid, Signal::TERM);
        let _ = ended(child, self.pid);
    }
}

/// What a run left behind; an error when it had to be ended.
fn ended(child: Child, pid: Pid) -> Result<Outcome, Option<Outcome>> {
    let (told, heard) = channel();
    // Whoever waited may have gone.
    std::thread::spawn(move || drop(told.send(child.wait_with_output().map(Outcome::from))));
    let outcome = |time| heard.recv_timeout(time).ok().and_then(Result::ok);
    if let Some(outcome) = outcome(NEVER) {
        return Ok(outcome);
    }
    for signal in [Signal::TERM, Signal::KILL] {
        let _ = kill_process(pid, signal);
        if let Some(outcome) = outcome(LONG) {
            return Err(Some(outcome));
        }
    }
    Err(None)
}

/// Whether a process of this number runs. A dead one that its new parent has not reaped yet does not, see `proc(5)`.
pub(crate) fn lives(pid: &str) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LONG, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
