//! Runs the built binary in a folder of its own, and asks it how it is.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Answer, get};

/// Nothing here takes longer, on however busy a machine.
const LONG: Duration = Duration::from_secs(60);

/// The built binary.
pub(crate) fn preflight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.env_remove("PREFLIGHT_CONFIG").env_remove("PREFLIGHT_STATUS_SOCKET").stdin(Stdio::null());
    command
}

/// A run that goes on, with a socket of its own.
pub(crate) struct Run {
    child: Child,
    folder: TempDir,
    said: Arc<Mutex<String>>,
}

/// Starts a run with this contract, below the usual organization and team.
pub(crate) fn start(contract: &str) -> Run {
    start_with(contract, &["--listen", "127.0.0.1:0"], &[])
}

/// With these words and variables as well.
pub(crate) fn start_with(contract: &str, words: &[&str], variables: &[(&str, &str)]) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    start_in(folder, contract, words, variables)
}

/// The same in this folder.
pub(crate) fn start_in(folder: TempDir, contract: &str, words: &[&str], variables: &[(&str, &str)]) -> Run {
    let text = format!("organization: MyCompanyName\nteam: DevOps\n{contract}");
    std::fs::write(folder.path().join("preflight.yaml"), text).expect("a contract");
    let mut command = preflight();
    command.arg("run").args(["--status-socket"]).arg(folder.path().join("socket")).args(words);
    command.current_dir(folder.path()).envs(variables.iter().copied());
    watch(command, folder)
}

/// Starts a command, and takes down what it says on standard error.
pub(crate) fn watch(mut command: Command, folder: TempDir) -> Run {
    let output = std::fs::File::create(folder.path().join("stdout")).expect("a file");
    let mut child = command.stdout(output).stderr(Stdio::piped()).spawn().expect("the built binary runs");
    let said = Arc::new(Mutex::new(String::new()));
    let (lines, heard) = (child.stderr.take().expect("piped"), Arc::clone(&said));
    std::thread::spawn(move || {
        for line in BufReader::new(lines).lines() {
            let Ok(line) = line else { break };
            let mut heard = heard.lock().expect("nobody panics with it");
            heard.push_str(&line);
            heard.push('\n');
        }
    });
    Run { child, folder, said }
}

impl Run {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("nobody panics with it").clone()
    }

    /// Where it listens.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        let mut found = None;
        wait_until("it says where it listens", || {
            let said = self.said();
            assert!(!said.contains("fault"), "{said}");
            let rest = said.split_once("status at http://").map(|(_, rest)| rest);
            found = rest.and_then(|rest| rest.split_once("/\n")?.0.parse().ok());
            found.is_some()
        });
        found.expect("just seen")
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        get(self.address(), path)
    }

    /// `preflight status` with these words.
    pub(crate) fn status(&self, words: &[&str]) -> Output {
        preflight()
            .arg("status")
            .arg("--socket")
            .arg(self.path("socket"))
            .args(words)
            .output()
            .expect("it runs")
    }

    /// The document, through the socket.
    pub(crate) fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.status(&["--format", "json"]).stdout).ok()
    }

    /// Waits for a service to be in a state, and gives it.
    #[track_caller]
    pub(crate) fn service(&self, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        wait_until(name, || {
            let document = self.document().unwrap_or_default();
            let services = document["services"].as_array().cloned().unwrap_or_default();
            found = services.into_iter().find(|service| service["name"] == name).unwrap_or_default();
            !found.is_null() && holds(&found)
        });
        found
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a number");
        kill_process(Pid::from_raw(pid).expect("not 0"), signal).expect("it runs");
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        std::thread::sleep(Duration::from_millis(50));
        (code, self.said())
    }

    /// Kills it, so that it cannot clean up, and gives its folder back.
    pub(crate) fn killed(mut self) -> TempDir {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LONG, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a command said on standard output.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A file in the project.
pub(crate) fn project(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
