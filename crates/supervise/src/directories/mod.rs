//! runit's service directories: what their files mean, who watches them, and who talks through them.
//!
//! [`Directories::open`] reads them once and gives their services, for a fleet; [`Directories::keep`] then lives beside
//! the supervisor for as long as that does. It takes letters from `supervise/control` to commands, what can be seen of
//! services to `supervise/status`, and what comes and goes in the directory to the fleet. [`LogPipes`] joins a service
//! with its `log/run`. [`client`] is the other end: `sv`.
//!
//! Nothing here decides when something is started or stopped: the machines do. `docs/runit.md` says what differs from
//! runit.

pub mod client;
pub mod control;
mod definition;
mod entry;
mod home;
mod keeper;
mod pipes;
pub mod status;
mod view;
mod watch;

use std::{ffi::OsString, io, path::PathBuf};

use preflight_processes::Environment;

pub use home::HomeError;
pub use keeper::Directories;
pub use pipes::{LogPipes, WithLogs};

use crate::{Name, Stop};

/// Where services are, and what all of them have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory of service directories, as `/etc/service`.
    pub folder: PathBuf,
    /// Where the files of `supervise/` go for services that are on a read-only file system: in `NAME/supervise` below
    /// it. `SVDIR` can be set to it.
    pub state: PathBuf,
    /// The variables of all of them.
    pub environment: Environment,
    /// How they are asked to end.
    pub stop: Stop,
}

/// What happened in the directories, for the log.
#[derive(Debug)]
pub enum Notice {
    /// A service directory is there.
    Found(Name),
    /// It is gone; its service is ended.
    Gone(Name),
    /// The directory of directories cannot be read; it is tried again.
    NotRead(io::Error),
    /// A service's `supervise/` cannot be ours. When another supervisor has it, the service is not run, and tried again
    /// later; else it is run, and `sv` cannot reach it.
    Homeless {
        /// Which.
        service: Name,
        /// Why.
        reason: HomeError,
    },
    /// A directory is no service: its name is not UTF-8. Told once, while it is there.
    Nameless(OsString),
    /// Its status cannot be written. Told once, until it can be written again; it is tried every five seconds.
    NotWritten {
        /// Which.
        service: Name,
        /// The system's answer.
        source: io::Error,
    },
    /// No more changes are told by the system: the directory is looked at every five seconds.
    NotWatched(io::Error),
}
