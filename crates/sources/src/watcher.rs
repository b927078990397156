//! The watcher: exactly the wanted queries are watched, and news of them are sent in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio::task::AbortHandle;

#[cfg(feature = "aws")]
use crate::aws::AwsSource;
use crate::consul::{ConsulQuery, ConsulWatch};
use crate::file::FileSource;
use crate::nomad::NomadSource;
use crate::vault::VaultSource;
use crate::watch::{Board, News, drive};
use crate::{Backend, Cause, Outage, Query, Settings, Source, SourceError, State, Update};

/// Watches what it is told to want. Dropping it ends all watching and closes all connections.
#[derive(Debug)]
pub struct Watcher {
    settings: Settings,
    board: Arc<Board>,
    wanted: BTreeSet<Query>,
    consul: Option<Result<ConsulWatch, SourceError>>,
    sources: BTreeMap<Backend, Result<Opened, SourceError>>,
    drivers: BTreeMap<Query, AbortHandle>,
}

/// A backend that is ready to be asked.
struct Opened(Arc<dyn Source>);

impl std::fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Opened")
    }
}

impl Watcher {
    /// A watcher that watches nothing yet. Nothing is connected before it is needed. To be called inside a tokio
    /// runtime. One batch holds all that became known at one moment, such as all changed keys below one prefix.
    #[must_use]
    pub fn new(settings: Settings, updates: Sender<Vec<Update>>) -> Self {
        Self {
            settings,
            board: Arc::new(Board::new(updates)),
            wanted: BTreeSet::new(),
            consul: None,
            sources: BTreeMap::new(),
            drivers: BTreeMap::new(),
        }
    }

    /// From now on exactly these are watched: new ones are fetched, those that are no longer there are let go. Cheap,
    /// and to be called after each pass over the templates.
    pub fn want(&mut self, queries: &BTreeSet<Query>) {
        if *queries == self.wanted {
            return;
        }
        for query in self.wanted.difference(queries) {
            self.board.close(query);
            if let Some(driver) = self.drivers.remove(query) {
                driver.abort();
            }
        }
        let new: Vec<Query> = queries.difference(&self.wanted).cloned().collect();
        self.wanted.clone_from(queries);
        for query in &new {
            self.board.open(query);
        }
        self.want_of_consul(&new);
        for query in new.into_iter().filter(|query| query.backend() != Backend::Consul) {
            self.start(query);
        }
    }

    /// How each wanted query stands, in their order.
    #[must_use]
    pub fn states(&self) -> Vec<State> {
        self.board.states()
    }

    /// Since when a backend is away, if it is.
    #[must_use]
    pub fn outage(&self, backend: Backend) -> Option<Outage> {
        self.board.outage(backend)
    }

    /// How many connections to Consul are open now.
    #[must_use]
    pub fn consul_connections(&self) -> usize {
        match &self.consul {
            Some(Ok(watch)) => watch.connections(),
            _ => 0,
        }
    }

    /// Consul's queries are planned together.
    fn want_of_consul(&mut self, new: &[Query]) {
        let consul = |query: &Query| match query {
            Query::Consul(query) => Some(query.clone()),
            _ => None,
        };
        let queries: BTreeSet<ConsulQuery> = self.wanted.iter().filter_map(consul).collect();
        if queries.is_empty() && self.consul.is_none() {
            return;
        }
        let (settings, board, once) = (&self.settings.consul, &self.board, self.settings.once);
        let opened = self.consul.get_or_insert_with(|| match settings {
            Some(settings) => ConsulWatch::new(settings.clone(), Arc::clone(board), once),
            None => Err(not_configured(Backend::Consul)),
        });
        match opened {
            Ok(watch) => watch.want(queries),
            Err(error) => {
                let error = error.clone();
                let refused = new.iter().filter(|query| query.backend() == Backend::Consul).cloned();
                self.refuse(refused.collect(), &error);
            }
        }
    }

    /// Every other query has a driver of its own.
    fn start(&mut self, query: Query) {
        let backend = query.backend();
        let settings = &self.settings;
        let opened = self.sources.entry(backend).or_insert_with(|| open(backend, settings).map(Opened));
        match opened {
            Ok(Opened(source)) => {
                let (source, board) = (Arc::clone(source), Arc::clone(&self.board));
                let driver = drive(source, query.clone(), board, self.settings.once);
                self.drivers.insert(query, tokio::spawn(driver).abort_handle());
            }
            Err(error) => {
                let error = error.clone();
                self.refuse(vec![query], &error);
            }
        }
    }

    /// A backend whose settings cannot be used answers each of its queries with that, once.
    fn refuse(&self, queries: Vec<Query>, error: &SourceError) {
        let mut error = error.clone();
        (error.attempt, error.is_exhausted) = (1, true);
        let news = queries.into_iter().map(|query| News::Failure(query, error.clone())).collect();
        let board = Arc::clone(&self.board);
        tokio::spawn(async move { board.report(news).await });
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.drivers.values().for_each(AbortHandle::abort);
    }
}

fn open(backend: Backend, settings: &Settings) -> Result<Arc<dyn Source>, SourceError> {
    match backend {
        Backend::Vault => match &settings.vault {
            Some(settings) => Ok(Arc::new(VaultSource::new(settings)?)),
            None => Err(not_configured(backend)),
        },
        Backend::Nomad => match &settings.nomad {
            Some(settings) => Ok(Arc::new(NomadSource::new(settings)?)),
            None => Err(not_configured(backend)),
        },
        #[cfg(feature = "aws")]
        Backend::Aws => match &settings.aws {
            Some(settings) => Ok(Arc::new(AwsSource::new(settings))),
            None => Err(not_configured(backend)),
        },
        #[cfg(not(feature = "aws"))]
        Backend::Aws => {
            let evidence = "this build of preflight cannot ask AWS";
            Err(SourceError::new(backend, Cause::NotSupported, evidence)
                .with_hint("use a build with the feature aws"))
        }
        Backend::File => Ok(Arc::new(FileSource::new())),
        // The queries of the one are planned together and never come here, and the other has none.
        Backend::Consul | Backend::Web => Err(not_configured(backend)),
    }
}

fn not_configured(backend: Backend) -> SourceError {
    let evidence = format!("{backend} is asked for, but there are no settings for it");
    SourceError::new(backend, Cause::NotConfigured, evidence)
}
