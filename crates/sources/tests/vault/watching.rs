//! A watcher whose news are waited for, one by one.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{timeout, timeout_at};

use preflight_sources::vault::{Json, Secret, VaultAnswer, VaultQuery, VaultSettings};
use preflight_sources::{Answer, Query, Settings, SourceError, Update, Watcher};

/// The longest that any news may take.
const LONGEST: Duration = Duration::from_secs(15);

pub(crate) struct Watching {
    pub(crate) watcher: Watcher,
    wanted: BTreeSet<Query>,
    updates: Receiver<Vec<Update>>,
    pending: Vec<Update>,
}

impl Watching {
    pub(crate) fn new(settings: VaultSettings) -> Self {
        let (sender, updates) = channel(64);
        let settings = Settings { vault: Some(settings), ..Settings::default() };
        let watcher = Watcher::new(settings, sender);
        Self { watcher, wanted: BTreeSet::new(), updates, pending: Vec::new() }
    }

    pub(crate) fn want(&mut self, query: VaultQuery) -> Query {
        let query = Query::Vault(query);
        self.wanted.insert(query.clone());
        self.watcher.want(&self.wanted);
        query
    }

    /// The next news of a query.
    pub(crate) async fn next(&mut self, query: &Query) -> Result<VaultAnswer, SourceError> {
        let update = timeout(LONGEST, self.wait(query)).await;
        match update.unwrap_or_else(|_| panic!("no news of {query}: {:?}", self.watcher.states())).result {
            Ok(Answer::Vault(answer)) => Ok(answer),
            Ok(other) => panic!("{other:?} is not of Vault"),
            Err(error) => Err(error),
        }
    }

    /// Whether there are no news of a query for so long.
    pub(crate) async fn is_silent(&mut self, query: &Query, lasting: Duration) -> bool {
        let end = tokio::time::Instant::now() + lasting;
        timeout_at(end, self.wait(query)).await.is_err()
    }

    /// The first answer, whatever went wrong before.
    pub(crate) async fn good(&mut self, query: &Query) -> VaultAnswer {
        loop {
            if let Ok(answer) = self.next(query).await {
                return answer;
            }
        }
    }

    async fn wait(&mut self, query: &Query) -> Update {
        loop {
            if let Some(position) = self.pending.iter().position(|update| update.query == *query) {
                return self.pending.remove(position);
            }
            let batch = self.updates.recv().await.expect("the watcher is there");
            self.pending.extend(batch);
        }
    }
}

/// The value of a version 1 secret, or of one that an engine made.
pub(crate) fn value(answer: &VaultAnswer, name: &str) -> String {
    shown(secret(answer).data.as_ref().and_then(|data| data.get(name)))
}

/// The value of a version 2 secret.
pub(crate) fn versioned(answer: &VaultAnswer, name: &str) -> String {
    let data = secret(answer).data.as_ref().and_then(|data| data.get("data"));
    shown(data.and_then(|data| data.as_map()?.get(name)))
}

fn secret(answer: &VaultAnswer) -> &Secret {
    match answer {
        VaultAnswer::Secret(Some(secret)) | VaultAnswer::Written(Some(secret)) => secret,
        other => panic!("{other:?} is no secret"),
    }
}

fn shown(json: Option<&Json>) -> String {
    match json {
        Some(Json::String(text) | Json::Number(text)) => text.to_string(),
        other => format!("{other:?}"),
    }
}
