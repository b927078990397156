//! How it is found out whether a service is ready, or well.

use std::{path::PathBuf, time::Duration};

/// How it is known that a service is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// What is tried, or listened for.
    pub probe: Probe,
    /// It is stopped, and that counts as a failure, when it is not ready by then. Default 30 s.
    pub timeout: Duration,
    /// Between two tries of a probe that is tried; the first is at once, and the first ones come faster.
    pub interval: Duration,
}

/// A probe that goes on for as long as the service runs, and restarts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is tried: HTTP, TCP or a command.
    pub probe: Probe,
    /// Between two tries. Default 10 s.
    pub interval: Duration,
    /// One try may take this long. Default 5 s.
    pub timeout: Duration,
    /// So many tries in a row must fail. Default 3.
    pub failures: u32,
}

/// What is tried, or listened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// A GET over plain HTTP/1.1 is answered with a status from 200 to 399.
    Http {
        /// A host's name or address, and a port.
        address: String,
        /// The path and query, with their `/`.
        path: String,
    },
    /// A connection is accepted.
    Tcp {
        /// A host's name or address, and a port.
        address: String,
    },
    /// A program ends with code 0.
    Command(preflight_processes::Program),
    /// The service writes a line to this file descriptor (s6's `notification-fd`). For readiness alone.
    NotificationDescriptor(
        /// Its number in the service, 3 or more.
        i32,
    ),
    /// The service sends `READY=1` to `NOTIFY_SOCKET` (`sd_notify(3)`). For readiness alone.
    NotifySocket,
    /// A file appears. For readiness alone.
    File(PathBuf),
}

impl Readiness {
    /// A probe with the defaults: 30 s to get ready, a try every half second.
    pub fn new(probe: Probe) -> Self {
        Self { probe, timeout: Duration::from_secs(30), interval: Duration::from_millis(500) }
    }
}

impl Health {
    /// A probe with the defaults: every 10 s, at most 5 s, three failures.
    pub fn new(probe: Probe) -> Self {
        Self { probe, interval: Duration::from_secs(10), timeout: Duration::from_secs(5), failures: 3 }
    }
}
