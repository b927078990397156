//! A watcher and everything it has said, for tests to wait upon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use preflight_sources::consul::{ConsulAnswer, ConsulQuery};
use preflight_sources::{Answer, Query, Settings, SourceError, Update, Watcher};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

/// How long anything may take to become true.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Watched {
    pub(crate) watcher: Watcher,
    updates: Receiver<Vec<Update>>,
    pub(crate) latest: BTreeMap<Query, Result<Answer, SourceError>>,
    pub(crate) batches: Vec<Vec<Update>>,
}

impl Watched {
    pub(crate) fn new(settings: Settings) -> Self {
        let (sender, updates) = channel(64);
        let watcher = Watcher::new(settings, sender);
        Self { watcher, updates, latest: BTreeMap::new(), batches: Vec::new() }
    }

    pub(crate) fn wanting(settings: Settings, queries: &[ConsulQuery]) -> Self {
        let mut watched = Self::new(settings);
        watched.want(queries);
        watched
    }

    pub(crate) fn want(&mut self, queries: &[ConsulQuery]) {
        let queries: BTreeSet<Query> = queries.iter().cloned().map(Query::Consul).collect();
        self.watcher.want(&queries);
    }

    /// The next batch, if one comes within that time.
    pub(crate) async fn batch(&mut self, within: Duration) -> Option<Vec<Update>> {
        let batch = timeout(within, self.updates.recv()).await.ok()??;
        for update in &batch {
            self.latest.insert(update.query.clone(), update.result.clone());
        }
        self.batches.push(batch.clone());
        Some(batch)
    }

    /// Takes batches until it is true.
    pub(crate) async fn until(&mut self, what: &str, is_true: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_true(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not in time: {what}\n{:#?}", self.latest);
            self.batch(left).await;
        }
    }

    /// Nothing comes within that time.
    pub(crate) async fn assert_quiet(&mut self, lasting: Duration) {
        if let Some(batch) = self.batch(lasting).await {
            panic!("there was news: {batch:#?}");
        }
    }

    pub(crate) fn answer(&self, query: &ConsulQuery) -> Option<&ConsulAnswer> {
        match self.latest.get(&Query::Consul(query.clone()))? {
            Ok(Answer::Consul(answer)) => Some(answer),
            _ => None,
        }
    }

    pub(crate) fn error(&self, query: &ConsulQuery) -> Option<&SourceError> {
        self.latest.get(&Query::Consul(query.clone()))?.as_ref().err()
    }

    /// The value of a key: none before an answer, `None` within when it is absent.
    pub(crate) fn value(&self, key: &ConsulQuery) -> Option<Option<String>> {
        match self.answer(key)? {
            ConsulAnswer::Key(value) => {
                Some(value.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
            }
            other => panic!("{other:?} is no key"),
        }
    }

    pub(crate) fn has(&self, key: &ConsulQuery, text: &str) -> bool {
        self.value(key) == Some(Some(text.to_owned()))
    }

    pub(crate) fn is_absent(&self, key: &ConsulQuery) -> bool {
        self.value(key) == Some(None)
    }

    /// What serves a query, in words.
    pub(crate) fn served_by(&self, query: &ConsulQuery) -> String {
        let query = Query::Consul(query.clone());
        let states = self.watcher.states();
        states
            .iter()
            .find(|state| state.query == query)
            .map(|state| state.served_by.to_string())
            .unwrap_or_default()
    }
}

/// A key that is written well.
pub(crate) fn key(text: &str) -> ConsulQuery {
    ConsulQuery::key(text).expect("a key")
}
