//! How the child is run; the names and defaults are those of consul-template's `exec` block.

use std::time::Duration;

use preflight_processes::{Environment, Program, Signal};

/// consul-template's default.
const KILL_TIMEOUT: Duration = Duration::from_secs(30);

/// The `exec` block, and the two signals that the program keeps for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The command; see [`Program::from_words`].
    pub command: Program,
    /// The child's variables.
    pub environment: Environment,
    /// Tells the child to end. Default `INT`. [`Signal::NULL`] sends nothing: the child is killed when its time is up.
    pub kill_signal: Signal,
    /// How long it may take to end, before it is killed. Default 30 s.
    pub kill_timeout: Duration,
    /// Tells the child that something changed; `None` or [`Signal::NULL`]: it is restarted instead.
    pub reload_signal: Option<Signal>,
    /// The longest random wait before the child is told or restarted. Default 0: at once.
    pub splay: Duration,
    /// Received, it stops the program and the child. Default `INT`. `TERM` does so as well, whatever is said here.
    pub own_kill_signal: Signal,
    /// Received, the configuration is read again. Default `HUP`; [`Signal::NULL`]: none does.
    pub own_reload_signal: Signal,
}

impl Settings {
    /// A command with the defaults.
    pub fn new(command: Program) -> Self {
        Self {
            command,
            environment: Environment::default(),
            kill_signal: Signal::INT,
            kill_timeout: KILL_TIMEOUT,
            reload_signal: None,
            splay: Duration::ZERO,
            own_kill_signal: Signal::INT,
            own_reload_signal: Signal::HUP,
        }
    }

    pub(super) fn reload_signal(&self) -> Option<Signal> {
        self.reload_signal.filter(|signal| *signal != Signal::NULL)
    }

    /// A running child does not fit these any more.
    pub(super) fn needs_restart(&self, new: &Self) -> bool {
        self.command != new.command || self.environment != new.environment
    }
}
