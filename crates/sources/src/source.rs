//! What a backend must be able to do to be watched: fetch one query once, and say when to fetch it again.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Answer, Query, RetrySettings, SourceError};

/// A backend whose queries are independent of each other: each is driven by a task of its own that fetches, compares,
/// tells, waits and fetches again (`watch.rs`). Consul, which serves many queries with one request, is driven
/// otherwise.
#[async_trait]
pub trait Source: Send + Sync {
    /// Asks once. `last` is what the previous success returned, none for the first: a backend with blocking queries
    /// waits here for a change of `last.index` and may take as long as it likes, since dropping the future ends it.
    ///
    /// # Errors
    /// Why there is no answer. The driver adds the query, the attempt and the next try, and waits by the retry
    /// settings, or for `retry_after` where that is longer.
    async fn fetch(&self, query: &Query, last: Option<&Fetched>) -> Result<Fetched, SourceError>;

    /// How failed tries are repeated.
    fn retry(&self) -> &RetrySettings;
}

/// A success: what was answered, and when to ask again.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The answer; an update is sent only when it differs from the previous one.
    pub answer: Answer,
    /// The backend's index, 0 where it has none.
    pub index: u64,
    /// When it is fetched again.
    pub again: Again,
}

/// When a query is fetched again after a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// At once: the next fetch blocks until something changes. The driver still keeps a least distance between two.
    Blocking,
    /// After that time, such as a part of a lease.
    After(Duration),
    /// Never: it cannot change.
    Never,
}
