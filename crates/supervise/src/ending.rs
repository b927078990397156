//! How everything ended.

use preflight_processes::{ExitStatus, Signal};

use crate::Name;

/// How everything ended. Nothing of any service is left, whichever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub cause: Cause,
    /// The exit code that says it, 0 to 255; never 0 after a failure.
    pub code: i32,
    /// These had to be killed.
    pub killed: Vec<Name>,
}

/// Why everything ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It was asked for.
    Requested {
        /// By which signal; `None` when by another way.
        signal: Option<Signal>,
    },
    /// A critical service ended for good, or one whose budget ends all was given up.
    Service {
        /// Which.
        name: Name,
        /// How; `None`: it could not be started.
        status: Option<ExitStatus>,
        /// After too many ends.
        gave_up: bool,
    },
    /// All services are done.
    AllDone,
}
