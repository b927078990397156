//! Visits in a PostgreSQL database.

use std::error::Error as _;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};

use super::{DatabaseError, Visit, Visits};
use crate::environment::Environment;

const CREATE: &str = "create table if not exists mock_service_visits \
                      (id bigserial primary key, at text not null, visitor text not null)";
const RECORD: &str = "insert into mock_service_visits (at, visitor) values ($1, $2)";
const COUNT: &str = "select count(*) from mock_service_visits";
const LATEST: &str = "select at, visitor from mock_service_visits order by id desc limit $1";

/// A database, connected to at the first question and again whenever the connection is gone.
pub(super) struct Postgres {
    config: tokio_postgres::Config,
    place: String,
    client: Mutex<Option<Arc<Client>>>,
}

impl Postgres {
    /// The connection that `PREFIX_ADDRESS`, `PREFIX_USERNAME`, `PREFIX_PASSWORD`, and if they are set
    /// `PREFIX_PORT`, `PREFIX_DATABASE` and `PREFIX_SSLMODE` describe.
    pub(super) fn new(prefix: &str, environment: &Environment) -> Result<Self, DatabaseError> {
        let read = |attribute: &str| environment.value(&format!("{prefix}_{attribute}"));
        let (Some(address), Some(username), Some(password)) =
            (read("ADDRESS"), read("USERNAME"), read("PASSWORD"))
        else {
            let needed = ["ADDRESS", "USERNAME", "PASSWORD"].iter();
            let missing = needed.filter(|attribute| read(attribute).is_none());
            return Err(DatabaseError::NotSet(missing.map(|name| format!("{prefix}_{name}")).collect()));
        };
        let port = port(&format!("{prefix}_PORT"), read("PORT"))?;
        refuse_tls(&format!("{prefix}_SSLMODE"), read("SSLMODE"))?;
        let database = read("DATABASE").unwrap_or_else(|| username.clone());
        let mut config = tokio_postgres::Config::new();
        config.host(&address).port(port).user(&username).password(&password).dbname(&database);
        config.application_name("mock-service").connect_timeout(super::PATIENCE);
        let place = format!("PostgreSQL at {address}:{port}, database {database}, user {username}");
        Ok(Self { config, place, client: Mutex::new(None) })
    }

    pub(super) fn place(&self) -> String {
        self.place.clone()
    }

    pub(super) async fn record(&self, visit: &Visit) -> Result<(), DatabaseError> {
        let client = self.client().await?;
        client.execute(RECORD, &[&visit.at, &visit.visitor]).await?;
        Ok(())
    }

    pub(super) async fn visits(&self, latest: usize) -> Result<Visits, DatabaseError> {
        let client = self.client().await?;
        let count: i64 = client.query_one(COUNT, &[]).await?.try_get(0)?;
        let rows = client.query(LATEST, &[&i64::try_from(latest).unwrap_or(i64::MAX)]).await?;
        let latest = rows.iter().map(visit).collect::<Result<_, _>>()?;
        Ok(Visits { count: count.unsigned_abs(), latest })
    }

    /// The connection; requests share it, for the protocol can hold many questions at once.
    async fn client(&self) -> Result<Arc<Client>, DatabaseError> {
        let mut current = self.client.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let (client, connection) = self.config.connect(NoTls).await?;
        // Its error comes out of the next question as well, where somebody is waiting for it.
        tokio::spawn(connection);
        client.execute(CREATE, &[]).await?;
        Ok(current.insert(Arc::new(client)).clone())
    }
}

fn visit(row: &tokio_postgres::Row) -> Result<Visit, tokio_postgres::Error> {
    Ok(Visit { at: row.try_get(0)?, visitor: row.try_get(1)? })
}

fn port(variable: &str, value: Option<String>) -> Result<u16, DatabaseError> {
    let Some(value) = value else { return Ok(5432) };
    value.parse().map_err(|_| DatabaseError::Wrong {
        variable: variable.to_owned(),
        value,
        expected: "a port from 0 to 65535",
    })
}

/// This service speaks to its database in clear text only; asked for more, it says so rather than do less.
fn refuse_tls(variable: &str, mode: Option<String>) -> Result<(), DatabaseError> {
    match mode.as_deref() {
        None | Some("disable" | "allow" | "prefer") => Ok(()),
        Some(value) => Err(DatabaseError::Wrong {
            variable: variable.to_owned(),
            value: value.to_owned(),
            expected: "a mode this service knows: disable, allow or prefer",
        }),
    }
}

/// The error with its causes: by itself it says only `db error`.
pub(super) fn explained(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", said.message(), said.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let source_text = source.to_string();
        if !text.ends_with(&source_text) {
            text = format!("{text}: {source_text}");
        }
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> Result<String, String> {
        let variables =
            variables.iter().map(|(name, value)| (format!("POSTGRES15_P_{name}"), (*value).to_owned()));
        Postgres::new("POSTGRES15_P", &Environment::of(variables))
            .map(|postgres| postgres.place())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_missing_variable_is_named() {
        let error = place(&[("USERNAME", "pat")]).unwrap_err();
        assert_eq!(error, "POSTGRES15_P_ADDRESS and POSTGRES15_P_PASSWORD are not set");
    }

    #[test]
    fn the_place_is_shown_without_the_password() {
        let shown = place(&[("ADDRESS", "db.test"), ("USERNAME", "pat"), ("PASSWORD", "hush")]).unwrap();
        assert_eq!(shown, "PostgreSQL at db.test:5432, database pat, user pat");
    }

    #[test]
    fn a_mode_that_asks_for_tls_is_refused_aloud() {
        let known =
            [("ADDRESS", "db.test"), ("USERNAME", "pat"), ("PASSWORD", "hush"), ("SSLMODE", "verify-full")];
        assert!(place(&known).unwrap_err().contains("POSTGRES15_P_SSLMODE"));
    }
}
