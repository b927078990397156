//! Starting, watching and stopping one server's process, by its id and never by its name.

use super::ledger::Ledger;
use crate::failure::Failure;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a server may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How often a process is looked at while it is waited for.
const GLANCE: Duration = Duration::from_millis(20);

/// A process that was started here: the leader of its own process group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Which server it belongs to, as in the registry.
    pub server: String,
    /// What this process is, as its log file is called.
    pub name: String,
    /// Its process id, which is its group's as well.
    pub pid: i32,
    /// When the kernel started it, in clock ticks since boot: tells it from a later process with the same id.
    pub started: u64,
    /// Where its output goes.
    pub log: PathBuf,
}

impl Process {
    /// Whether it still runs: the same process, and not a zombie.
    pub fn is_alive(&self) -> bool {
        started_at(self.pid) == Some(self.started)
    }

    /// Asks the whole group to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits until it has ended, and kills the group once the grace is over.
    pub fn wait_or_kill(&self) {
        let deadline = Instant::now() + GRACE;
        while self.is_alive() && Instant::now() < deadline {
            std::thread::sleep(GLANCE);
        }
        if self.is_alive() {
            self.signal(Signal::KILL);
        }
    }

    fn signal(&self, signal: Signal) {
        if let (true, Some(pid)) = (self.is_alive(), Pid::from_raw(self.pid)) {
            // Losing the race against its own end is what was wanted anyway.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// The last `lines` lines of its log, for a report.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text), lines)
    }
}

/// The record of a process that was just started as the leader of its own group.
pub fn track(server: &str, name: &str, pid: u32, log: PathBuf) -> Process {
    let pid = i32::try_from(pid).unwrap_or(i32::MAX);
    // A process that is already gone gets a start time that matches none.
    let started = started_at(pid).unwrap_or(0);
    Process { server: server.to_owned(), name: name.to_owned(), pid, started, log }
}

/// The last `count` lines of a text.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The start time of a live process in clock ticks since boot, see proc(5) on `/proc/PID/stat`.
fn started_at(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in brackets and may hold anything, so fields count from the last one.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    if fields.first() == Some(&"Z") {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// A program about to be started for a server: what it is called, its arguments, its user.
/// It sees a clean environment (PATH, HOME, LANG, TMPDIR), so that the caller's variables change nothing.
pub struct Launch {
    server: String,
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    user: Option<String>,
    folder: PathBuf,
    ledger: Arc<Ledger>,
}

impl Launch {
    pub(super) fn new(
        server: &str,
        name: &str,
        program: PathBuf,
        folder: PathBuf,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            server: server.to_owned(),
            name: name.to_owned(),
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            user: None,
            folder,
            ledger,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs it as this user when we are root (many servers refuse root); otherwise as whoever we are.
    pub fn as_user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Starts it in the background, in its own process group, with its output in `NAME.log`.
    ///
    /// # Errors
    /// When the log cannot be written or the program cannot be started.
    pub fn spawn(self) -> Result<Process, Failure> {
        let log = self.folder.join(format!("{}.log", self.name));
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(Failure::io("open", log.display()))?;
        let errors = output.try_clone().map_err(Failure::io("open", log.display()))?;
        let child = self
            .command()
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Failure::io("start", self.program.display()))?;
        let process = track(&self.server, &self.name, child.id(), log);
        self.ledger.add(process.clone())?;
        Ok(process)
    }

    /// Runs it to its end and returns what it wrote to standard output.
    ///
    /// # Errors
    /// When it cannot be started or ends with anything but success.
    pub fn run(self) -> Result<String, Failure> {
        self.run_with_input("")
    }

    /// As [`Launch::run`], with text on its standard input.
    ///
    /// # Errors
    /// When it cannot be started or ends with anything but success.
    pub fn run_with_input(self, input: &str) -> Result<String, Failure> {
        run(&mut self.command(), input)
    }

    fn command(&self) -> Command {
        let mut command = match self.user.as_deref().filter(|_| rustix::process::geteuid().is_root()) {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", &primary_group(user), "--init-groups", "--"]);
                command.arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", &self.folder)
            .env("TMPDIR", &self.folder)
            .env("LANG", "C.UTF-8")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder);
        command
    }
}

/// Runs any command to its end with text on its standard input, and returns its standard output.
///
/// # Errors
/// When it cannot be started or ends with anything but success; the failure holds the end of its output.
pub fn run(command: &mut Command, input: &str) -> Result<String, Failure> {
    let program = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::io("start", &program))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input is judged by its exit status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(Failure::io("wait for", &program))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let all = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
    Err(Failure::Command { program, status: output.status.to_string(), output: last_lines(&all, 20) })
}

/// PATH with the system folders an ordinary user's often lacks.
fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
    path
}

/// The user and group ids of a user of this machine, from `/etc/passwd`; see passwd(5).
pub fn user_ids(user: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(user))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn primary_group(user: &str) -> String {
    user_ids(user).map_or_else(|| user.to_owned(), |(_, group)| group.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_has_ended_even_while_nobody_reaped_it() {
        let mut child = Command::new("sleep").arg("30").process_group(0).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let process = Process {
            server: "x".into(),
            name: "x".into(),
            pid,
            started: started_at(pid).unwrap(),
            log: PathBuf::new(),
        };
        assert!(process.is_alive());
        process.terminate();
        process.wait_or_kill();
        assert!(!process.is_alive(), "a zombie counts as ended");
        child.wait().unwrap();
    }

    #[test]
    fn a_process_with_the_same_id_but_another_start_is_not_ours() {
        let process = Process {
            server: "x".into(),
            name: "x".into(),
            pid: i32::try_from(std::process::id()).unwrap(),
            started: 1,
            log: PathBuf::new(),
        };
        assert!(!process.is_alive());
    }

    #[test]
    fn a_tail_has_the_last_lines_only() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }

    #[test]
    fn a_failed_command_says_what_it_wrote() {
        let failure = run(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]), "");
        let text = failure.unwrap_err().to_string();
        assert!(text.contains("out") && text.contains("err") && text.contains('3'), "{text}");
    }
}
