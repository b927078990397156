//! One way into a PostgreSQL server: the request for TLS, the handshake and the login.

use std::time::Duration;

use preflight_contract::Attribute;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, SimpleQueryMessage};

use super::answer::{self, Unwelcome};
use crate::kinds::{self, postgres as kind};
use crate::net::Reached;
use crate::net::bounded::{Bounded, Duplex, quoted};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Failure, Item, Probe};

/// The SSLRequest message: its length and the code 80877103; PostgreSQL manual, "Message Formats".
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What a server may begin its answer to a login with: Authentication, ErrorResponse, NoticeResponse,
/// NegotiateProtocolVersion.
const FIRST_ANSWERS: &[u8] = b"RENv";

/// A login and three queries are answered in some hundred bytes; notices may be long.
const LONGEST_CONVERSATION: usize = 1 << 20;

/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_millis(100);

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Never.
    None,
    /// When the server offers it.
    IfOffered,
    /// It fails when the server does not offer it.
    Always,
}

/// Who logs in where.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: Option<String>,
}

impl Account {
    pub(super) fn of(item: &Item) -> Self {
        Self { username: item.username(), password: item.password(), database: item.database() }
    }

    /// The user's name; without one, a name that the server's log explains itself by.
    pub(super) fn name(&self) -> &str {
        self.username.as_deref().unwrap_or("preflight")
    }

    fn config(&self, password: bool) -> Config {
        let mut config = Config::new();
        config.user(self.name()).application_name("preflight").ssl_mode(SslMode::Disable);
        if let Some(password) = self.password.as_ref().filter(|_| password) {
            config.password(password);
        }
        if let Some(database) = &self.database {
            config.dbname(database);
        }
        config
    }
}

/// Everything that the ways into one server share.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) item: &'a Item,
    pub(super) settings: TlsSettings,
    pub(super) reached: Reached,
    pub(super) account: Account,
}

impl Visit<'_> {
    /// Logs in over that stream, or over a new one to the address that was reached.
    pub(super) async fn log_in(
        &self,
        probe: &mut Probe,
        stream: Option<TcpStream>,
        encryption: Encryption,
    ) -> Result<Session, Failure> {
        let stream = self.prepare(probe, stream, encryption, &self.settings).await?;
        let config = self.account.config(true);
        let login = probe.layer(Layer::Login, config.connect_raw(stream, NoTls)).await;
        let (client, connection) = login.map_err(|error| self.failure(probe, &error))?;
        Ok(Session { client, connection })
    }

    /// Whether the access rules that reject a plain connection take an encrypted one: shown by the server's first
    /// answer, so that no password is sent.
    pub(super) async fn tls_would_do(&self, probe: &mut Probe) -> bool {
        let settings = TlsSettings { mode: TlsMode::Require, ..self.settings.clone() };
        let Ok(stream) = self.prepare(probe, None, Encryption::Always, &settings).await else { return false };
        match self.account.config(false).connect_raw(stream, NoTls).await {
            Ok(_) => true,
            Err(error) => self.failure(probe, &error).class == &kind::NO_PASSWORD,
        }
    }

    /// The failure of a login that TLS would have made possible.
    pub(super) fn tls_required(&self, refusal: &Failure) -> Failure {
        let mode = self.item.name_of(Attribute::Sslmode);
        Failure::new(&kind::TLS_REQUIRED, format!("{}; with TLS it is taken", refusal.evidence))
            .with_hint(format!("set {mode} to require, or better to verify-full"))
    }

    /// What a driver's error means.
    pub(super) fn failure(&self, probe: &Probe, error: &Error) -> Failure {
        match answer::understand(error) {
            Unwelcome::Refused(refusal) => {
                let evidence = format!(
                    "{} refused user {}: {} (SQLSTATE {})",
                    self.reached,
                    self.account.name(),
                    refusal.message,
                    refusal.code
                );
                let failure = Failure::new(refusal.class, evidence);
                match self.hint(refusal.class) {
                    Some(hint) => failure.with_hint(hint),
                    None => failure,
                }
            }
            Unwelcome::NoPassword => {
                let evidence = format!("{} asks user {} for a password", self.reached, self.account.name());
                let variable = self.item.name_of(Attribute::Password);
                Failure::new(&kind::NO_PASSWORD, evidence).with_hint(format!("set {variable}"))
            }
            Unwelcome::Broken(error) => probe.broken(self.item, &error),
            Unwelcome::Other(message) => Failure::new(&kind::ERROR, format!("{}: {message}", self.reached)),
        }
    }

    fn hint(&self, class: &'static crate::Class) -> Option<String> {
        let database = self.item.name_of(Attribute::Database);
        if class == &kind::BAD_PASSWORD {
            return Some(Probe::credentials_hint(self.item));
        }
        if class == &kind::NO_SUCH_DATABASE && self.account.database.is_none() {
            return Some(format!("set {database}: without it the database has the user's name"));
        }
        (class == &kind::NO_SUCH_DATABASE).then(|| format!("create the database, or correct {database}"))
    }

    async fn prepare(
        &self,
        probe: &mut Probe,
        stream: Option<TcpStream>,
        encryption: Encryption,
        settings: &TlsSettings,
    ) -> Result<Bounded, Failure> {
        probe.enter(Layer::Login);
        let stream = match stream {
            Some(stream) => stream,
            None => TcpStream::connect(self.reached.address)
                .await
                .map_err(|error| probe.broken(self.item, &error))?,
        };
        let stream: Box<dyn Duplex> = match encryption {
            Encryption::None => Box::new(stream),
            _ => self.encrypt(probe, stream, encryption, settings).await?,
        };
        Ok(Bounded::new(stream, FIRST_ANSWERS, LONGEST_CONVERSATION))
    }

    async fn encrypt(
        &self,
        probe: &mut Probe,
        mut stream: TcpStream,
        encryption: Encryption,
        settings: &TlsSettings,
    ) -> Result<Box<dyn Duplex>, Failure> {
        let asked = async {
            stream.write_all(&SSL_REQUEST).await?;
            stream.read_u8().await
        };
        match asked.await.map_err(|error| probe.broken(self.item, &error))? {
            b'S' => Ok(Box::new(probe.tls(stream, &self.reached.endpoint.host, settings).await?)),
            b'N' if encryption == Encryption::IfOffered => Ok(Box::new(stream)),
            b'N' => Err(self.not_tls()),
            other => Err(self.no_answer(other, &mut stream).await),
        }
    }

    fn not_tls(&self) -> Failure {
        Failure::new(&kinds::tls::NOT_TLS, format!("{} does not offer TLS", self.reached)).with_hint(format!(
            "turn ssl on at the server, or set {} to prefer or disable",
            self.item.name_of(Attribute::Sslmode)
        ))
    }

    /// What came instead of an answer to the request for TLS. A server that cannot even start a process for the
    /// connection sends an error (`E`) as bare text.
    async fn no_answer(&self, first: u8, stream: &mut TcpStream) -> Failure {
        let mut rest = [0; 200];
        let read = stream.read(&mut rest).await.unwrap_or(0);
        let text = [&[first], &rest[..read]].concat();
        let text = String::from_utf8_lossy(&text);
        let whom = &self.reached;
        match text.strip_prefix('E').filter(|words| !words.starts_with(|letter: char| letter.is_uppercase()))
        {
            Some(words) => Failure::new(
                &kind::NO_RESOURCES,
                format!("{whom}: {}", words.trim_matches(['\0', '\n', ' '])),
            ),
            None => Failure::new(
                &kind::WRONG_PROTOCOL,
                format!("{whom} did not answer as PostgreSQL: it answered {}", quoted(text.as_bytes())),
            ),
        }
    }
}

/// A connection that is logged in. No task drives it: it moves only while it is asked something.
pub(super) struct Session {
    client: Client,
    connection: Connection<Bounded, NoTlsStream>,
}

impl Session {
    /// What the server said of itself at the login.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.connection.parameter(name).map(str::to_owned)
    }

    /// One query and all of its answer.
    pub(super) async fn ask(&mut self, query: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        let Self { client, connection } = self;
        tokio::select! {
            biased;
            answer = client.simple_query(query) => answer,
            Err(error) = &mut *connection => Err(error),
        }
    }

    /// Says goodbye, so that the server does not log a lost connection.
    pub(super) async fn end(self) {
        drop(self.client);
        // Whether it is heard makes no difference to what was proven.
        let _ = tokio::time::timeout(FAREWELL, self.connection).await;
    }
}
