//! The watcher: exactly the wanted queries are watched, and news of them are sent in batches.

use std::collections::BTreeSet;

use tokio::sync::mpsc::Sender;

use crate::{Backend, Outage, Query, Settings, State, Update};

/// Watches what it is told to want. Dropping it ends all watching and closes all connections.
#[derive(Debug)]
pub struct Watcher {
    wanted: BTreeSet<Query>,
}

impl Watcher {
    /// A watcher that watches nothing yet. Nothing is connected before it is needed. To be called inside a tokio
    /// runtime. One batch holds all that became known at one moment, such as all changed keys below one prefix.
    #[must_use]
    pub fn new(settings: Settings, updates: Sender<Vec<Update>>) -> Self {
        let _ = (settings, updates);
        Self { wanted: BTreeSet::new() }
    }

    /// From now on exactly these are watched: new ones are fetched, those that are no longer there are let go. Cheap,
    /// and to be called after each pass over the templates.
    pub fn want(&mut self, queries: &BTreeSet<Query>) {
        if *queries != self.wanted {
            self.wanted.clone_from(queries);
        }
    }

    /// How each wanted query stands, in their order.
    #[must_use]
    pub fn states(&self) -> Vec<State> {
        self.wanted.iter().cloned().map(State::new).collect()
    }

    /// Since when a backend is away, if it is.
    #[must_use]
    pub fn outage(&self, backend: Backend) -> Option<Outage> {
        let _ = backend;
        None
    }
}
