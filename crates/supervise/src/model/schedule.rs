//! When a job is run. Kept here for people to see; whoever keeps the times sends the commands.

use std::time::Duration;

/// When a job is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// In cron's five fields, or one of its `@` words.
    pub expression: String,
    /// The name of the time zone; `None`: the container's.
    pub timezone: Option<String>,
    /// What becomes of a run that is due while the one before still runs.
    pub overlap: Overlap,
    /// Each run begins after a random part of this time.
    pub jitter: Duration,
}

impl Schedule {
    /// Whether it is due once, when everything starts, and never again.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        self.expression.trim().eq_ignore_ascii_case("@reboot")
    }
}

/// What becomes of a run that is due while the one before still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// It is left out, and told.
    Skip,
    /// It begins when the one before has ended; one of them waits at most.
    Queue,
    /// The one before is stopped for it.
    Replace,
}
