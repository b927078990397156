//! Where a service is, and what is known of its process.

use std::time::{Duration, Instant};

use preflight_processes::{ExitStatus, Signal};

use crate::{Failure, Name};

/// The process that runs, or ran the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) pid: i32,
    pub(super) started: Instant,
    pub(super) paused: bool,
    pub(super) termed: bool,
    /// A signal that somebody sent it, and that may be what it dies of.
    pub(super) sent: Option<Signal>,
}

/// How it ended the last time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    /// `None`: it could not be started.
    pub(super) status: Option<ExitStatus>,
    /// What we stopped it for.
    pub(super) failure: Option<Failure>,
    /// As a shell would say it; 1 when we stopped it for a failure and it died of that.
    pub(super) code: i32,
    pub(super) out_of_memory: bool,
    pub(super) at: Instant,
    pub(super) uptime: Duration,
    pub(super) is_failure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) until: Option<Instant>,
    pub(super) hurried: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Rest(Rest),
    BackingOff {
        until: Instant,
    },
    /// A program of its directory is run before it.
    Preparing,
    Running(Running),
    Stopping(Stopping),
    Finishing(Finishing),
}

/// Why nothing runs and nothing is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rest {
    Disabled,
    Waiting,
    Blocked(Name),
    Down,
    Done,
    Failed,
    GaveUp,
    /// It has left.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Running {
    pub(super) ready: bool,
    /// It must be ready by then.
    pub(super) ready_by: Option<Instant>,
    /// It must have ended by then.
    pub(super) limit: Option<Instant>,
    /// It is told of a change then.
    pub(super) reload: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stopping {
    /// The process itself has ended; something of its group is left, or a hook still runs.
    pub(super) ended: bool,
    /// Nothing of its group is left.
    pub(super) swept: bool,
    pub(super) until: Instant,
    pub(super) killed: bool,
    pub(super) failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finishing {
    /// It is killed then.
    pub(super) until: Option<Instant>,
    pub(super) pid: Option<i32>,
}
