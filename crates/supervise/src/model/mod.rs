//! What is to be run: a service, and a list of services that holds together.

mod fleet;
mod probe;
mod restart;
mod schedule;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use preflight_processes::{Environment, Program, Signal};

pub use fleet::{Fleet, FleetError, WhenIdle};
pub use probe::{Health, Probe, Readiness};
pub use restart::{Backoff, GiveUp, Policy, Restart};
pub use schedule::{Overlap, Schedule};

/// A service's name, unique in its fleet.
pub type Name = Arc<str>;

/// How one program is to be run and looked after.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name, unique in its fleet.
    pub name: Name,
    /// The program and its arguments.
    pub program: Program,
    /// Its variables.
    pub environment: Environment,
    /// Who it runs as; ours when `None`.
    pub user: Option<User>,
    /// Its working directory; ours when `None`.
    pub folder: Option<PathBuf>,
    /// When it is started again after its end.
    pub restart: Restart,
    /// How it is asked to end.
    pub stop: Stop,
    /// How it is known to be ready for those that depend on it; `None`: as soon as it runs.
    pub ready: Option<Readiness>,
    /// A probe that restarts it.
    pub health: Option<Health>,
    /// These must be ready (those with [`Service::once`]: done with code 0) before it is started.
    pub depends_on: Vec<Name>,
    /// Its last death (one after which it is not started again) ends everything, with its code.
    pub critical: bool,
    /// It is a task, not a server: with code 0 it is done, and is not started again whatever the restart policy says.
    pub once: bool,
    /// Run after each end of the program.
    pub finish: Option<Finish>,
    /// In which form its output is written; `None`: as everybody's.
    pub output: Option<crate::output::Format>,
    /// What its exit codes mean, for people.
    pub exit_codes: BTreeMap<i32, String>,
    /// How it hears of changed files; `None`: not at all.
    pub reload: Option<Reload>,
    /// Whether it is run in this container at all.
    pub enabled: Enabled,
    /// Whether it is started by itself; a runit `down` file says it is not.
    pub wanted: Wanted,
    /// It is not started at first, for this reason from outside, until [`crate::Command::Release`].
    pub held: Option<String>,
    /// It is run at times, by commands ([`crate::Command::Once`]) of whoever keeps the times. Such a service is
    /// [`Wanted::Down`] and [`Service::once`]; changes of the configuration do not restart it.
    pub schedule: Option<Schedule>,
    /// A single run may take this long, and is stopped then; `None`: without end.
    pub limit: Option<Duration>,
    /// Programs that are run in place of a signal, from runit's `control/` directory: the signal is sent unless the
    /// program ends with 0.
    pub hooks: BTreeMap<Hook, PathBuf>,
}

/// A user by numbers. Names are looked up by whoever reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's number.
    pub user: u32,
    /// The number of its main group.
    pub group: u32,
    /// Its further groups.
    pub groups: Vec<u32>,
}

/// How a service is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Asks it. Default `TERM`.
    pub signal: Signal,
    /// It is killed after this time. Default 10 s.
    pub grace: Duration,
}

/// Run after each end of a service's program, with two more arguments: the exit code, or -1 when a signal ended it; and
/// the low byte of the wait status, the signal's number and 128 with a core. `111 0` when it could not be started (runit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// The program, without those two arguments.
    pub program: Program,
    /// It is killed after this time; `None`: it may take as long as it wants, as with runit, until a stop.
    pub timeout: Option<Duration>,
}

/// How a service hears that something it reads has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// The files, as whoever tells of changes names them ([`crate::Handle::changed`]).
    pub on: Vec<PathBuf>,
    /// How it is told.
    pub how: Reloading,
    /// It is told after a random part of this time.
    pub splay: Duration,
}

impl Reload {
    /// Whether it reads a file: one of its own is that file, by its whole path or by the end of it.
    pub fn reads(&self, file: &Path) -> bool {
        self.on.iter().any(|on| file == on || file.ends_with(on))
    }
}

/// How a service is told to read its files again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloading {
    /// By this signal, to the process itself.
    Signal(Signal),
    /// It is stopped and started.
    Restart,
}

/// Whether a service is run in this container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enabled {
    /// It is.
    Yes,
    /// It is not; it is told once and never started. What depends on it does not wait for it.
    Disabled {
        /// Why, for people.
        reason: String,
    },
}

/// What is wanted of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It shall run, and be started again after its end as its restart policy says.
    Up,
    /// It shall run, or go on running, to its end, and not be started again.
    Once,
    /// It shall not run.
    Down,
}

/// A moment at which runit lets a program of the administrator act in its place: `control/X`, see `runsv(8)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hook(
    /// The command's letter: `t`, `d`, `h`, `1`, …
    pub char,
);

impl Service {
    /// A service that runs a program with runit's habits: always started again, at most once a second; `TERM` and 10 s to
    /// end; ready as soon as it runs.
    pub fn new(name: impl Into<Name>, program: Program) -> Self {
        Self {
            name: name.into(),
            program,
            environment: Environment::default(),
            user: None,
            folder: None,
            restart: Restart::default(),
            stop: Stop::default(),
            ready: None,
            health: None,
            depends_on: Vec::new(),
            critical: false,
            once: false,
            finish: None,
            output: None,
            exit_codes: BTreeMap::new(),
            reload: None,
            enabled: Enabled::Yes,
            wanted: Wanted::Up,
            held: None,
            schedule: None,
            limit: None,
            hooks: BTreeMap::new(),
        }
    }

    /// True when it is run in this container.
    pub fn is_enabled(&self) -> bool {
        self.enabled == Enabled::Yes
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self { signal: Signal::TERM, grace: Duration::from_secs(10) }
    }
}
