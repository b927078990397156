//! Where visits are kept: a PostgreSQL database, or a file of JSON lines.

mod file;
mod postgres;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::DatabaseConfig;
use crate::environment::Environment;
use file::FileStore;
use postgres::Postgres;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many visits are listed.
const LATEST: usize = 10;

/// One visit to the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Visit {
    /// When, as in RFC 3339.
    pub(crate) at: String,
    /// From which address.
    pub(crate) visitor: String,
}

impl Visit {
    /// A visit from this address, now.
    pub(crate) fn now(visitor: String) -> Self {
        Self { at: jiff::Timestamp::now().to_string(), visitor }
    }
}

/// How many visits there were, and the latest of them, newest first.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Visits {
    /// All visits that were ever recorded.
    pub(crate) count: u64,
    /// At most ten of them.
    pub(crate) latest: Vec<Visit>,
}

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// The config file asks for none.
    #[error("no database is configured")]
    NotConfigured,
    /// Variables that say where it is are not set.
    #[error("{} not set", crate::needs::listed(.0))]
    NotSet(Vec<String>),
    /// A variable has a value that cannot be.
    #[error("{variable} is {value:?}, which is not {expected}")]
    Wrong {
        /// The variable.
        variable: String,
        /// Its value; never that of a secret variable.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The database did not answer in time.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// PostgreSQL's own answer, or the lack of one.
    #[error("{}", postgres::explained(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The file cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file's path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the file is not a visit.
    #[error("{path} line {line} is not a visit: {source}")]
    NotAVisit {
        /// The file's path.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// A place for visits.
pub(crate) struct Database {
    store: Result<Store, DatabaseError>,
    configured: bool,
}

enum Store {
    Postgres(Box<Postgres>),
    File(FileStore),
}

impl Database {
    /// The database that the config names, at the place that the environment says. What is missing is kept for
    /// whoever asks.
    pub(crate) fn new(config: &Option<DatabaseConfig>, environment: &Environment) -> Self {
        let store = match config {
            Some(DatabaseConfig::Postgres(prefix)) => {
                Postgres::new(prefix, environment).map(|postgres| Store::Postgres(Box::new(postgres)))
            }
            Some(DatabaseConfig::File(variable)) => FileStore::new(variable, environment).map(Store::File),
            None => Err(DatabaseError::NotConfigured),
        };
        Self { store, configured: config.is_some() }
    }

    /// Whether the config file asks for a database at all.
    pub(crate) fn is_configured(&self) -> bool {
        self.configured
    }

    /// What the database is and where, without its secrets.
    pub(crate) fn place(&self) -> String {
        match &self.store {
            Ok(Store::Postgres(postgres)) => postgres.place(),
            Ok(Store::File(file)) => file.place(),
            Err(_) => "nowhere".to_owned(),
        }
    }

    /// Keeps a visit.
    ///
    /// # Errors
    /// When the database is missing, or does not do it within three seconds.
    pub(crate) async fn record(&self, visit: &Visit) -> Result<(), DatabaseError> {
        in_time(async {
            match self.store()? {
                Store::Postgres(postgres) => postgres.record(visit).await,
                Store::File(file) => file.record(visit).await,
            }
        })
        .await
    }

    /// The visits kept so far.
    ///
    /// # Errors
    /// When the database is missing, or does not answer within three seconds.
    pub(crate) async fn visits(&self) -> Result<Visits, DatabaseError> {
        in_time(async {
            match self.store()? {
                Store::Postgres(postgres) => postgres.visits(LATEST).await,
                Store::File(file) => file.visits(LATEST).await,
            }
        })
        .await
    }

    fn store(&self) -> Result<&Store, DatabaseError> {
        self.store.as_ref().map_err(|error| match error {
            DatabaseError::NotSet(variables) => DatabaseError::NotSet(variables.clone()),
            DatabaseError::Wrong { variable, value, expected } => {
                DatabaseError::Wrong { variable: variable.clone(), value: value.clone(), expected }
            }
            _ => DatabaseError::NotConfigured,
        })
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, DatabaseError>>) -> Result<T, DatabaseError> {
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or(Err(DatabaseError::Silent))
}
