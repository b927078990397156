//! What can go wrong in the project's own commands, each with its subject.

use std::path::PathBuf;
use std::time::Duration;

/// A failure of one of the project's commands: lowercase, completes "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file system or a socket refused.
    #[error("{action} {subject}: {source}")]
    Io {
        /// The verb, as "write" or "bind".
        action: &'static str,
        /// The path or address it was done to.
        subject: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A program that should have ended well did not.
    #[error("run {program}: {status}\n{output}")]
    Command {
        /// The program as it was called.
        program: String,
        /// Its exit status in words.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// A server was still not answering when its time was up.
    #[error("start {server}: not ready after {} s, last seen: {last}", limit.as_secs())]
    NotReady {
        /// The process that was waited for.
        server: String,
        /// How long it was given.
        limit: Duration,
        /// What the last probe met.
        last: String,
    },
    /// A server's process ended by itself.
    #[error("start {server}: its process ended by itself, see {}", log.display())]
    Ended {
        /// The process that ended.
        server: String,
        /// Where it wrote why.
        log: PathBuf,
    },
    /// A peer answered, but not what was expected.
    #[error("talk to {peer}: unexpected answer {answer:?}")]
    Answer {
        /// Who answered.
        peer: String,
        /// What it said.
        answer: String,
    },
    /// A certificate could not be made.
    #[error("make certificate {name}: {source}")]
    Certificate {
        /// Which one.
        name: &'static str,
        /// What the generator said.
        source: rcgen::Error,
    },
    /// A file of ours could not be read as JSON.
    #[error("read {}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where it is wrong.
        source: serde_json::Error,
    },
    /// Something that must be on this machine is not.
    #[error("find {what}: {hint}")]
    Missing {
        /// What was looked for.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// A server's own code panicked while it was started.
    #[error("start {server}: panicked")]
    Panicked {
        /// Which server.
        server: String,
    },
    /// Servers that were asked for did not start; each was reported already.
    #[error("start {}", names.join(", "))]
    NotStarted {
        /// Their names.
        names: Vec<String>,
    },
}

impl Failure {
    /// How many failures it stands for in the totals of a test run.
    pub fn weight(&self) -> u64 {
        match self {
            Self::NotStarted { names } => names.len() as u64,
            _ => 1,
        }
    }

    /// Wraps an I/O error with what was being done to what.
    pub fn io(action: &'static str, subject: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        let subject = subject.to_string();
        move |source| Self::Io { action, subject, source }
    }
}
