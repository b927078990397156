//! Commands: what is run after a template, and the child of exec mode.

use std::time::Duration;

pub use rustix::process::Signal;

/// A command as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// One text. With whitespace in it, it is the shell's; without, the name of a program.
    Text(String),
    /// A program and its arguments, no shell.
    List(Vec<String>),
}

impl Command {
    /// The program and its arguments. A text of more than one word becomes `sh -c text`.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::List(list) if list.len() != 1 => list.clone(),
            Self::List(list) => Self::Text(list[0].clone()).argv(),
            Self::Text(text) if text.split_whitespace().nth(1).is_some() => {
                vec!["sh".to_owned(), "-c".to_owned(), text.clone()]
            }
            Self::Text(text) => vec![text.clone()],
        }
    }

    /// Whether there is nothing to run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.first().is_none_or(|program| program.trim().is_empty()),
        }
    }
}

/// A command with everything about how it is run, signalled and stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// What is run.
    pub command: Command,
    /// Which variables it gets.
    pub environment: EnvironmentFilter,
    /// The signal that asks it to end. SIGINT unless asked otherwise; `None` sends none before SIGKILL.
    pub kill_signal: Option<Signal>,
    /// How long it may take to end after that. 30 s unless asked otherwise.
    pub kill_timeout: Duration,
    /// The signal that tells it of a change; `None` restarts it.
    pub reload_signal: Option<Signal>,
    /// The longest random wait before it is signalled or stopped.
    pub splay: Duration,
    /// How long it may run: 30 s after a template unless asked otherwise. `None`: as long as it likes.
    pub timeout: Option<Duration>,
}

/// Which variables of ours a child gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentFilter {
    /// None of ours, only `custom`.
    pub pristine: bool,
    /// Patterns of names to keep; empty keeps all.
    pub allowlist: Vec<String>,
    /// Patterns of names to leave out, even if they are allowed.
    pub denylist: Vec<String>,
    /// `NAME=value`, given in any case, last.
    pub custom: Vec<String>,
}
