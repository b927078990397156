//! When a service is started again.

use std::time::Duration;

/// When a service is started again after its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Restart {
    /// After which ends.
    pub policy: Policy,
    /// The least time from one start to the next. Default 1 s, as with runit. One that lived longer is back at once.
    pub throttle: Duration,
    /// Longer and longer waits while it keeps dying before [`Restart::throttle`]; `None`: the throttle alone.
    pub backoff: Option<Backoff>,
    /// When it is not tried any more; `None`: never.
    pub give_up: Option<GiveUp>,
}

/// After which ends a service is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// After each.
    Always,
    /// After each but an exit with code 0.
    OnFailure,
    /// After none.
    Never,
}

/// Waits that double from `min` to `max`, each with up to a quarter more by chance, so that many containers that lost
/// the same peer do not come back in the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub min: Duration,
    /// The longest one, chance included.
    pub max: Duration,
}

/// A budget of ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiveUp {
    /// It ends so many times …
    pub times: u32,
    /// … within this time.
    pub within: Duration,
    /// Giving up ends everything, with the service's code (1 when that is 0). Default true. Always so for a critical one.
    pub ends_all: bool,
}

impl Default for Restart {
    fn default() -> Self {
        Self { policy: Policy::Always, throttle: Duration::from_secs(1), backoff: None, give_up: None }
    }
}

impl Restart {
    /// Never again.
    pub fn never() -> Self {
        Self { policy: Policy::Never, ..Self::default() }
    }
}
