//! What the watcher tells its owner: news of queries, and how each of them stands.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{Answer, Backend, Query, SourceError};

/// News of one query: an answer that differs from the last one, an error, or the same answer after an error.
#[derive(Debug, Clone)]
pub struct Update {
    /// What was asked.
    pub query: Query,
    /// What came of it. After an error the last good answer is still the owner's to keep.
    pub result: Result<Answer, SourceError>,
    /// The backend's index of the answer (Consul's `X-Consul-Index`), 0 where it has none.
    pub index: u64,
}

/// How one wanted query stands, for `--explain`.
#[derive(Debug, Clone)]
pub struct State {
    /// What is asked.
    pub query: Query,
    /// Whether an answer has ever come, and whether it said that there is something.
    pub has: Has,
    /// The backend's index of the last answer, 0 before one or where there is none.
    pub index: u64,
    /// When the last answer came, changed or not.
    pub answered: Option<Instant>,
    /// When the data last changed.
    pub changed: Option<Instant>,
    /// How many tries have failed since the last success.
    pub attempts: u32,
    /// Why the last try failed, unless it succeeded.
    pub error: Option<SourceError>,
    /// When the next try is due, while waiting for it.
    pub next_try: Option<Instant>,
    /// What serves it: `prefix app/ (12 keys), blocking`, `own request, every 1s`.
    pub served_by: Arc<str>,
}

impl State {
    /// The state of a query that nobody has asked yet.
    #[must_use]
    pub fn new(query: Query) -> Self {
        Self {
            query,
            has: Has::Nothing,
            index: 0,
            answered: None,
            changed: None,
            attempts: 0,
            error: None,
            next_try: None,
            served_by: Arc::from(""),
        }
    }
}

/// What is known of a query's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    /// No answer has come yet.
    Nothing,
    /// The answer is that it does not exist.
    Absence,
    /// There are data.
    Data,
}

impl fmt::Display for Has {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Nothing => "waiting",
            Self::Absence => "absent",
            Self::Data => "present",
        })
    }
}

/// A backend of which no query gets an answer any more.
#[derive(Debug, Clone)]
pub struct Outage {
    /// Who is away.
    pub backend: Backend,
    /// Since when: the first try that failed.
    pub since: Instant,
    /// The last try's error.
    pub error: SourceError,
}

impl Outage {
    /// For how long it has been away.
    #[must_use]
    pub fn lasting(&self) -> Duration {
        self.since.elapsed()
    }
}
