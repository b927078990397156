//! A folder for one test, names of its own in a shared Consul, and the program run there.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

use super::agent::Agent;
use super::waiting::{eventually, told};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// The stage of one test.
pub(crate) struct Scene {
    folder: TempDir,
    /// What every name of this test in a shared Consul begins with.
    pub(crate) name: String,
    consul: String,
}

impl Scene {
    /// One at the Consul that all share.
    pub(crate) fn new() -> Self {
        Self::at(&Agent::shared().address())
    }

    /// One at another Consul.
    pub(crate) fn at(consul: &str) -> Self {
        let name = format!("scene{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self { folder: tempfile::tempdir().expect("a folder"), name, consul: consul.to_owned() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a key of this test's own in the shared Consul.
    pub(crate) fn put(&self, key: &str, value: &str) {
        Agent::shared().put(&format!("{}/{key}", self.name), value);
    }

    /// Writes a file; `@/` and `@-` in it become this test's own name, `%/` its folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, self.filled(text)).expect("a file");
        path
    }

    /// Writes a program for `sh`.
    pub(crate) fn script(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, &format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
        path.display().to_string()
    }

    fn filled(&self, text: &str) -> String {
        let folder = format!("{}/", self.folder.path().display());
        text.replace("@/", &format!("{}/", self.name))
            .replace("@-", &format!("{}-", self.name))
            .replace("%/", &folder)
    }

    /// The text of a file; empty when it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        told(&self.path(name))
    }

    /// `preflight render` at this test's Consul, which speaks of everything, tries again soon, and waits for nothing long.
    pub(crate) fn start(&self, arguments: &[&str]) -> Preflight {
        self.start_with(arguments, &[])
    }

    /// The same with variables.
    pub(crate) fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Preflight {
        let consul = format!("-consul-addr={}", self.consul);
        let mut all = vec!["render", &consul];
        all.extend(["-log-level=info", "-consul-retry-backoff=50ms", "-consul-retry-max-backoff=300ms"]);
        all.extend(arguments);
        self.bare(Path::new(env!("CARGO_BIN_EXE_preflight")), &all, variables)
    }

    /// A program with nothing but these arguments and variables.
    pub(crate) fn bare(&self, program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Preflight {
        let arguments = arguments.iter().map(|argument| OsString::from(self.filled(argument)));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (out, err) = (self.path(&format!("stdout.{number}")), self.path(&format!("stderr.{number}")));
        let create = |path: &Path| std::fs::File::create(path).expect("a file");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(variables.iter().map(|(name, value)| (name, self.filled(value))));
        command.stdin(Stdio::null()).stdout(create(&out)).stderr(create(&err));
        Preflight { child: command.spawn().expect("the program starts"), status: None, out, err }
    }

    /// Waits until a file has this text.
    pub(crate) fn becomes(&self, run: &Preflight, file: &str, text: &str) {
        let now = || format!("{file} is {:?}\n{}", self.read(file), run.said());
        eventually(&format!("{file} is {text:?}"), now, || self.read(file) == text);
    }

    /// Waits until a file holds this.
    pub(crate) fn holds(&self, run: &Preflight, file: &str, text: &str) {
        let now = || format!("{file} is {:?}\n{}", self.read(file), run.said());
        eventually(&format!("{file} holds {text:?}"), now, || self.read(file).contains(text));
    }
}

/// A run of the program; killed when dropped.
pub(crate) struct Preflight {
    child: Child,
    status: Option<ExitStatus>,
    out: PathBuf,
    err: PathBuf,
}

impl Preflight {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error.
    pub(crate) fn said(&self) -> String {
        told(&self.err)
    }

    /// What it wrote to standard output.
    pub(crate) fn printed(&self) -> String {
        told(&self.out)
    }

    /// How many of the lines on standard error hold all of these.
    pub(crate) fn count(&self, parts: &[&str]) -> usize {
        self.said().lines().filter(|line| parts.iter().all(|part| line.contains(part))).count()
    }

    /// Waits until some line on standard error holds all of these.
    pub(crate) fn says(&self, parts: &[&str]) {
        self.says_times(1, parts);
    }

    /// Waits until so many do.
    pub(crate) fn says_times(&self, times: usize, parts: &[&str]) {
        eventually(&format!("{times} lines with {parts:?}"), || self.said(), || self.count(parts) >= times);
    }

    /// Sends a signal by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    pub(crate) fn is_running(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child of ours");
        }
        self.status.is_none()
    }

    /// Waits for its end: the exit code, or 1000 and the number of the signal that ended it.
    pub(crate) fn ends(&mut self) -> i32 {
        let err = self.err.clone();
        eventually("it ends", || told(&err), || !self.is_running());
        let status = self.status.expect("it has ended");
        status.code().unwrap_or_else(|| 1000 + status.signal().unwrap_or_default())
    }

    /// Waits for its end, which must be this one.
    pub(crate) fn ends_with(&mut self, code: i32) {
        let ended = self.ends();
        assert_eq!(ended, code, "{}", self.said());
    }
}

impl Drop for Preflight {
    fn drop(&mut self) {
        if self.is_running() {
            // What its children are is its own matter when it is asked in order; a test that failed needs no order.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if !std::thread::panicking() {
            says_no_secret(&self.said());
            says_no_secret(&self.printed());
        }
    }
}

/// Whatever a test is about: none of the secrets that the tests use is in what the program says.
fn says_no_secret(text: &str) {
    for secret in [super::agent::MASTER, super::vault::TOKEN, super::secrets::PASSWORD] {
        assert!(!text.contains(secret), "a secret is in\n{text}");
    }
}

/// Sends a signal to a process, if it is still there.
pub(crate) fn signal(pid: u32, name: &str) {
    let number = match name {
        "HUP" => rustix::process::Signal::HUP,
        "INT" => rustix::process::Signal::INT,
        "TERM" => rustix::process::Signal::TERM,
        "QUIT" => rustix::process::Signal::QUIT,
        "USR1" => rustix::process::Signal::USR1,
        "USR2" => rustix::process::Signal::USR2,
        "XCPU" => rustix::process::Signal::XCPU,
        "KILL" => rustix::process::Signal::KILL,
        _ => panic!("no such signal: {name}"),
    };
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a process");
    // It may have ended in this moment.
    let _ = rustix::process::kill_process(pid, number);
}

/// Whether a process with this number is there and is no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
