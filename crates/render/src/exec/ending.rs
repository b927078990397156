//! How exec mode ended.

use preflight_processes::{ExitStatus, Signal, SpawnError};

/// How exec mode ended. Nothing of the child is left, whichever it is.
#[derive(Debug)]
pub enum Ending {
    /// The child ended, by itself or by a signal that was passed on to it: the program ends as it did.
    Child(ExitStatus),
    /// The program was told to stop, and stopped the child.
    Stopped {
        /// By which signal; `None` when the caller asked for it.
        signal: Option<Signal>,
        /// How the child ended; `None` when there was none.
        child: Option<ExitStatus>,
        /// It did not end in time (or was hurried) and was killed.
        killed: bool,
    },
    /// The child could not be started (again).
    NotStarted(SpawnError),
}

/// A shell's code for a command that cannot be run.
const NOT_FOUND: i32 = 127;
const KILLED: i32 = 128 + 9;

impl Ending {
    /// The exit code that says it: the child's own, 128 and the number for a signal; 0 for a clean stop, 137 for one that
    /// needed force; 127 when there was nothing to start. consul-template has 12 for every stop; that is the caller's.
    pub fn code(&self) -> i32 {
        match self {
            Self::Child(status) => status.shell_code(),
            Self::Stopped { killed: true, .. } => KILLED,
            Self::Stopped { killed: false, .. } => 0,
            Self::NotStarted(_) => NOT_FOUND,
        }
    }
}
