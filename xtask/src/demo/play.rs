//! A program on the stage: its lines are shown as it prints them, kept, and waited for.

use super::claim::Broken;
use crate::failure::Failure;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long a program may take for anything that a scene waits for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to end when it is no longer wanted.
const FAREWELL: Duration = Duration::from_secs(12);

/// A running program; ended if the scene ends before it does.
pub(super) struct Play {
    child: Child,
    ended: bool,
    shown: bool,
    coming: Receiver<String>,
    lines: Vec<String>,
}

impl Play {
    /// Starts the program and shows its lines.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(command: &mut Command) -> Result<Self, Failure> {
        Self::launch(command, true)
    }

    /// Starts the program behind the scenes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start_hidden(command: &mut Command) -> Result<Self, Failure> {
        Self::launch(command, false)
    }

    fn launch(command: &mut Command, shown: bool) -> Result<Self, Failure> {
        let program = format!("{command:?}");
        // No process group of its own: a Ctrl-C on the terminal ends everything that the demo started.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::io("start", program))?;
        let (sender, coming) = channel();
        if let Some(stdout) = child.stdout.take() {
            pass_on(stdout, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            pass_on(stderr, sender);
        }
        Ok(Self { child, ended: false, shown, coming, lines: Vec::new() })
    }

    /// The first line with this text, as soon as there is one.
    ///
    /// # Errors
    /// When there is none within half a minute, or the program ended without it.
    pub(super) fn until(&mut self, text: &str) -> Result<String, Broken> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.lines.iter().find(|line| line.contains(text)) {
                return Ok(line.clone());
            }
            if self.next_line(deadline).is_none() {
                return Err(Broken::Claim { claim: format!("a line with {text:?} within {PATIENCE:?}") });
            }
        }
    }

    /// Waits for its end and returns its exit code; none when a signal ended it.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub(super) fn end(&mut self) -> Result<Option<i32>, Broken> {
        let deadline = Instant::now() + PATIENCE;
        while self.next_line(deadline).is_some() {}
        loop {
            let status = self.child.try_wait().map_err(Failure::io("wait for", "the entrypoint"))?;
            if let Some(status) = status {
                self.ended = true;
                return Ok(status.code());
            }
            if Instant::now() >= deadline {
                return Err(Broken::Claim { claim: format!("the end of the program within {PATIENCE:?}") });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends SIGTERM to the program alone, as a container's platform does to process 1.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) fn terminate(&self) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .map_err(|error| Failure::io("send SIGTERM to", "the entrypoint")(error.into()))
    }

    /// Whether a line with this text has come.
    pub(super) fn said(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }

    /// The line that contains all of these texts, if it has come.
    pub(super) fn said_together(&self, texts: &[&str]) -> bool {
        self.lines.iter().any(|line| texts.iter().all(|text| line.contains(text)))
    }

    /// The last line that has come.
    pub(super) fn last_line(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }

    fn next_line(&mut self, deadline: Instant) -> Option<()> {
        match self.coming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if self.shown {
                    println!("  | {line}");
                }
                self.lines.push(line);
                Some(())
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // First asked, for an entrypoint that is killed leaves its service behind. Errors mean that nothing is left.
        let _ = self.terminate();
        let deadline = Instant::now() + FAREWELL;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_on(from: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            if to.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

/// The whole answer, head and body, to a GET request for an `http://127.0.0.1:…` URL.
///
/// # Errors
/// When there is none within half a minute.
pub(super) fn fetch(url: &str) -> Result<String, Failure> {
    let (authority, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap_or((url, ""));
    let failed = |error| Failure::io("fetch", url)(error);
    let mut stream = TcpStream::connect(authority).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request =
        format!("GET /{path} HTTP/1.1\r\nhost: {authority}\r\nuser-agent: demo\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_outputs_are_kept_and_the_code_is_returned() {
        let mut play =
            Play::start_hidden(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 7"])).unwrap();
        assert_eq!(play.end().unwrap(), Some(7));
        assert!(play.said("out") && play.said("err") && !play.said_together(&["out", "err"]));
    }

    #[test]
    fn a_line_that_never_comes_is_a_broken_promise() {
        let mut play = Play::start_hidden(&mut Command::new("true")).unwrap();
        assert!(matches!(play.until("something"), Err(Broken::Claim { .. })));
    }
}
