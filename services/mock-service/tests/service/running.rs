//! A service that runs in a folder of its own, and a small HTTP client to ask it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long the service may take for anything it is told.
const PATIENCE: Duration = Duration::from_secs(15);

/// An environment that says nothing.
pub(crate) const NO_VARIABLES: &[(&str, &str)] = &[];

/// A running service; killed when dropped.
pub(crate) struct Running {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) port: u16,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Running {
    /// Starts it on a free port with this config (less name, address and port) and only these variables.
    pub(crate) fn start(config: &str, variables: &[(&str, impl AsRef<str>)]) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), config, variables)
    }

    /// Starts it without variables on this port.
    pub(crate) fn start_on(port: u16, config: &str) -> Self {
        Self::launch(Arc::new(tempfile::tempdir().unwrap()), port, config, NO_VARIABLES)
    }

    /// Starts it where another one ran before.
    pub(crate) fn start_in(
        folder: Arc<TempDir>,
        config: &str,
        variables: &[(&str, impl AsRef<str>)],
    ) -> Self {
        Self::launch(folder, 0, config, variables)
    }

    fn launch(folder: Arc<TempDir>, port: u16, config: &str, variables: &[(&str, impl AsRef<str>)]) -> Self {
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, format!("name: tested\naddress: 127.0.0.1\nport: {port}\n{config}\n")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_mock-service"))
            .arg("--config")
            .arg(&path)
            .env_clear()
            .env("DATABASE_PATH", folder.path().join("visits.jsonl"))
            .envs(variables.iter().map(|(name, value)| (name, value.as_ref())))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sink = log.clone();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| sink.lock().unwrap().push(line));
        });
        let mut running = Self { folder, port, child, log };
        let line = running.wait_for_line("listening on http://127.0.0.1:");
        let after = line.split("127.0.0.1:").nth(1).unwrap();
        running.port = after.split('/').next().unwrap().parse().unwrap();
        running
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        get(self.port, path)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end; it said:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The first line of its log with this text, as soon as there is one.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.log.lock().unwrap().iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            assert!(Instant::now() < deadline, "it did not say {text:?}, but:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn get(port: u16, path: &str) -> Answer {
    request(port, &format!("GET {path} HTTP/1.1\r\n")).unwrap()
}

/// Sends the request line and headers with what HTTP/1.1 asks for besides.
pub(crate) fn request(port: u16, head: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{head}Host: tested.test\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// A port that was free a moment ago.
pub(crate) fn a_port_nobody_listens_on() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
