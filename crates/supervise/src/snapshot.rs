//! What can be seen of the services at any time.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use preflight_processes::ExitStatus;

use crate::{Name, Wanted};

/// All services in the order of the fleet. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Each of them; one that has not changed is the same object as before.
    pub services: Vec<Arc<ServiceSnapshot>>,
    /// When the supervisor began.
    pub began: Instant,
    /// Every service that is wanted up is ready or done.
    pub ready: bool,
    /// All are being ended.
    pub shutting_down: bool,
}

/// What can be seen of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSnapshot {
    /// Its name.
    pub name: Name,
    /// Where it is.
    pub phase: Phase,
    /// The number of what runs: its program, or its finish program.
    pub pid: Option<i32>,
    /// When the phase began.
    pub since: Instant,
    /// The same by the clock on the wall, which may have been set since.
    pub since_wall: SystemTime,
    /// How often it was started again.
    pub restarts: u64,
    /// How it ended the last time.
    pub last_exit: Option<LastExit>,
    /// What is wanted of it.
    pub wanted: Wanted,
    /// What would be wanted of it at its beginning: `Down` with a runit `down` file.
    pub normally: Wanted,
    /// It is stopped where it is.
    pub paused: bool,
    /// It was sent a `TERM` since it was started (runit's `got TERM`).
    pub termed: bool,
    /// It runs and is ready; or, for one that runs once, it is done.
    pub ready: bool,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not run in this container.
    Disabled {
        /// Why.
        reason: String,
    },
    /// Not started yet: these it depends on are not ready, or it is held from outside.
    Waiting {
        /// Which.
        dependencies: Vec<Name>,
        /// Why.
        held: Option<String>,
    },
    /// Something it depends on has failed for good.
    Blocked {
        /// Which.
        by: Name,
    },
    /// Not running, because nobody wants it to.
    Down,
    /// It has ended as it should and is not started again.
    Done,
    /// It has ended and is not started again; or could never be started.
    Failed,
    /// Too many ends: it is not tried any more.
    GaveUp,
    /// It is started again later.
    BackingOff {
        /// When.
        until: Instant,
    },
    /// It runs, and is not ready yet.
    Starting,
    /// It runs, and is ready as far as is known.
    Running,
    /// It was asked to end.
    Stopping,
    /// Its finish program runs.
    Finishing,
}

/// How a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastExit {
    /// How; `None`: it could not be started.
    pub status: Option<ExitStatus>,
    /// The kernel killed something of it for want of memory.
    pub out_of_memory: bool,
    /// When.
    pub at: SystemTime,
    /// How long it had run.
    pub uptime: std::time::Duration,
}

impl Snapshot {
    /// The one of a name.
    pub fn service(&self, name: &str) -> Option<&ServiceSnapshot> {
        self.services.iter().find(|service| &*service.name == name).map(|service| &**service)
    }
}

impl ServiceSnapshot {
    /// True while its program runs.
    pub fn runs(&self) -> bool {
        self.pid.is_some() && matches!(self.phase, Phase::Starting | Phase::Running | Phase::Stopping)
    }
}
