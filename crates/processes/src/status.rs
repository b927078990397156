//! How a process ended.

use std::fmt;

use rustix::process::WaitIdStatus;

use crate::Signal;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// By itself, with this code, 0 to 255.
    Code(i32),
    /// Killed by a signal.
    Signal {
        /// Which.
        signal: Signal,
        /// A core file was written.
        core: bool,
    },
    /// It is gone, but another part of this program has taken its status.
    Lost,
}

impl ExitStatus {
    /// It ended by itself with code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// What a shell would say: the code, or 128 and the signal's number; 255 when it is lost.
    pub fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal { signal, .. } => 128 + signal.number(),
            Self::Lost => 255,
        }
    }

    /// The signal that killed it.
    pub fn signal(self) -> Option<Signal> {
        match self {
            Self::Signal { signal, .. } => Some(signal),
            Self::Code(_) | Self::Lost => None,
        }
    }

    /// `None` for a process that is stopped or goes on.
    pub(crate) fn of(status: &WaitIdStatus) -> Option<Self> {
        let killed = || {
            let number = status.terminating_signal()?;
            let signal = Signal::from_number(number).unwrap_or(Signal::KILL);
            Some(Self::Signal { signal, core: status.dumped() })
        };
        status.exit_status().map(Self::Code).or_else(killed)
    }
}

impl fmt::Display for ExitStatus {
    /// Completes "it …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with {code}"),
            Self::Signal { signal, core: false } => write!(f, "was killed by {signal}"),
            Self::Signal { signal, core: true } => write!(f, "was killed by {signal} (core dumped)"),
            Self::Lost => f.write_str("ended, its status is not known"),
        }
    }
}
