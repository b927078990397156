//! SQL Server: a login as its own drivers make it, a `SELECT`, and whether the database takes writes.

mod answer;

use std::time::Duration;

use async_trait::async_trait;
use preflight_contract::Attribute;
use tiberius::error::Error;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use crate::kinds::mssql as kind;
use crate::net::Reached;
use crate::net::bounded::Bounded;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Endpoint, Failure, Item, Probe};
use answer::Unwelcome;

/// The kind of packet that a server's answers are; MS-TDS, "Packet Header".
const FIRST: &[u8] = &[0x04];

/// A login and three queries are answered in some thousand bytes.
const LONGEST_CONVERSATION: usize = 1 << 20;

/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_millis(100);

/// Proves a SQL Server database.
pub(crate) struct Mssql;

type Session = Client<Compat<Bounded>>;

#[async_trait]
impl Checker for Mssql {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let endpoint = item.endpoint()?;
        let settings = TlsSettings::of(item, TlsMode::Prefer)?;
        let (reached, stream) = probe.connect(&endpoint).await?;
        let mut visit = Visit { item, settings, reached };
        let session = match visit.log_in(probe, stream).await {
            Err(error) => match answer::understand(error) {
                // Azure SQL lets some clients in at its gateway and sends them on to the node.
                Unwelcome::Elsewhere(host, port) => {
                    let (reached, stream) = probe.connect(&Endpoint { host, port }).await?;
                    visit.reached = reached;
                    let session = visit.log_in(probe, stream).await;
                    session.map_err(|error| visit.failure(probe, answer::understand(error)))?
                }
                Unwelcome::Refused { .. } if item.username().is_none() => {
                    probe.leave();
                    probe.fact("login", "not tried: no user is given");
                    return Ok(());
                }
                unwelcome => return Err(visit.failure(probe, unwelcome)),
            },
            Ok(session) => session,
        };
        visit.read(probe, session).await
    }
}

struct Visit<'a> {
    item: &'a Item,
    settings: TlsSettings,
    reached: Reached,
}

impl Visit<'_> {
    async fn log_in(&self, probe: &mut Probe, stream: TcpStream) -> Result<Session, Error> {
        let stream = Bounded::new(Box::new(stream), FIRST, LONGEST_CONVERSATION);
        probe.layer(Layer::Login, Client::connect(self.config(), stream.compat_write())).await
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config.host(&self.reached.endpoint.host);
        config.port(self.reached.endpoint.port);
        config.application_name("preflight");
        if let Some(database) = self.item.database() {
            config.database(database);
        }
        let user = self.item.username().unwrap_or_default();
        config.authentication(AuthMethod::sql_server(user, self.item.password().unwrap_or_default()));
        match self.settings.mode {
            TlsMode::Disable => config.encryption(EncryptionLevel::NotSupported),
            TlsMode::Allow | TlsMode::Prefer => config.encryption(EncryptionLevel::Off),
            _ => config.encryption(EncryptionLevel::Required),
        }
        match &self.settings.authorities {
            _ if self.settings.mode < TlsMode::VerifyCa => config.trust_cert(),
            Some(path) => config.trust_cert_ca(path.display()),
            None => {}
        }
        config
    }

    async fn read(&self, probe: &mut Probe, mut session: Session) -> Result<(), Failure> {
        let question = "select cast(serverproperty('ProductVersion') as nvarchar(64))";
        let version = probe.layer(Layer::Read, ask(&mut session, question)).await;
        if let Some(version) = version.map_err(|error| self.failure(probe, answer::understand(error)))? {
            probe.fact("version", version);
        }
        let question = "select cast(databasepropertyex(db_name(), 'Updateability') as nvarchar(64))";
        let writes = probe.layer(Layer::Read, ask(&mut session, question)).await;
        if writes.is_ok_and(|value| value.as_deref() == Some("READ_ONLY")) {
            probe.warn(&kind::READ_ONLY, format!("{} takes no writes in this database", self.reached));
        }
        // Whether it is heard makes no difference to what was proven.
        let _ = tokio::time::timeout(FAREWELL, session.close()).await;
        Ok(())
    }

    fn failure(&self, probe: &Probe, unwelcome: Unwelcome) -> Failure {
        let whom = &self.reached;
        match unwelcome {
            Unwelcome::Refused { number, message } => {
                let user = self.item.username().unwrap_or_else(|| "nobody".to_owned());
                let class = answer::class_of(number);
                let evidence = format!("{whom} refused user {user}: {message} (error {number})");
                let failure = Failure::new(class, evidence);
                if class == &kind::BAD_PASSWORD {
                    failure.with_hint(Probe::credentials_hint(self.item))
                } else if class == &kind::NO_SUCH_DATABASE {
                    let name = self.item.name_of(Attribute::Database);
                    failure.with_hint(format!(
                        "create the database or a user for the login in it, or correct {name}"
                    ))
                } else {
                    failure
                }
            }
            Unwelcome::Tls(class, words) => Failure::new(class, format!("{whom}: {words}")),
            Unwelcome::Elsewhere(host, port) => {
                Failure::new(&kind::ERROR, format!("{whom} sends us on once more, to {host}:{port}"))
            }
            Unwelcome::Broken(error) => probe.broken(self.item, &error),
        }
    }
}

/// The first value of the answer to a query, as text.
async fn ask(session: &mut Session, query: &str) -> Result<Option<String>, Error> {
    let row: Option<Row> = session.simple_query(query).await?.into_row().await?;
    let text: Option<&str> = match &row {
        Some(row) => row.try_get(0)?,
        None => None,
    };
    Ok(text.map(str::to_owned))
}
