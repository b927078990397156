//! MySQL and MariaDB: the greeting, TLS as their own clients would make it, a login, a `SELECT`, and whether the server
//! takes writes.

mod answer;
mod greeting;
mod relay;

use std::time::Duration;

use async_trait::async_trait;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, SslOpts};
use preflight_contract::Attribute;
use tokio::net::TcpStream;

use crate::kinds::{self, mysql as kind};
use crate::net::Reached;
use crate::net::tls::{TlsClient, TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use answer::{Refusal, Unwelcome};
use greeting::{First, Greeting};
use relay::{Door, Pump};

/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_millis(100);

/// An answer of the server may have this many bytes; also spares the driver a question at the login.
const LONGEST_ANSWER: usize = 1 << 20;

/// Proves a MySQL or MariaDB database.
pub(crate) struct Mysql;

#[async_trait]
impl Checker for Mysql {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let endpoint = item.endpoint()?;
        let settings = settings(item)?;
        let (reached, stream) = probe.connect(&endpoint).await?;
        let visit = Visit { item, settings, reached };
        let (stream, greeting) = visit.greet(probe, stream).await?;
        probe.fact("version", greeting.version.clone());
        if item.username().is_none() {
            probe.leave();
            probe.fact("login", "not tried: no user is given");
            return Ok(());
        }
        match visit.log_in(probe, stream, &greeting, visit.encrypts(&greeting)?).await {
            Ok(session) => visit.read(probe, session).await,
            Err(failure) if visit.tls_would_do(probe, &failure, &greeting).await => {
                Err(visit.tls_required(&failure))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// The default of MySQL's and MariaDB's own clients is `PREFERRED`; their URLs say the mode as `?ssl-mode=`.
fn settings(item: &Item) -> Result<TlsSettings, Failure> {
    let of_url =
        ["ssl-mode", "sslmode", "sslMode"].iter().find_map(|name| item.connection.url_parameter(name));
    let default = of_url.and_then(|word| TlsMode::parse(&word)).unwrap_or(TlsMode::Prefer);
    TlsSettings::of(item, default)
}

/// Everything that the ways into one server share.
struct Visit<'a> {
    item: &'a Item,
    settings: TlsSettings,
    reached: Reached,
}

/// A connection that is logged in, and what moves its bytes.
struct Session {
    connection: Conn,
    pump: Option<Pump>,
}

impl Visit<'_> {
    async fn greet(
        &self,
        probe: &mut Probe,
        mut stream: TcpStream,
    ) -> Result<(TcpStream, Greeting), Failure> {
        probe.enter(Layer::Login);
        match greeting::read(&mut stream).await {
            Ok(First::Greeting(greeting)) => Ok((stream, greeting)),
            Ok(First::Refusal(refusal)) => Err(self.refused(&refusal)),
            Err(error) => Err(probe.broken(self.item, &error)),
        }
    }

    fn encrypts(&self, greeting: &Greeting) -> Result<bool, Failure> {
        match self.settings.mode {
            TlsMode::Disable | TlsMode::Allow => Ok(false),
            TlsMode::Prefer => Ok(greeting.offers_tls),
            _ if greeting.offers_tls => Ok(true),
            _ => {
                let mode = self.item.name_of(Attribute::Sslmode);
                let evidence = format!("{} does not offer TLS", self.reached);
                Err(Failure::new(&kinds::tls::NOT_TLS, evidence)
                    .with_hint(format!("turn TLS on at the server, or set {mode} to prefer or disable")))
            }
        }
    }

    async fn log_in(
        &self,
        probe: &mut Probe,
        stream: TcpStream,
        greeting: &Greeting,
        encrypted: bool,
    ) -> Result<Session, Failure> {
        probe.enter(Layer::Login);
        let tls = match encrypted {
            true => Some(probe.tls_client(&self.settings, &self.reached.endpoint.host)?),
            false => None,
        };
        let door = Door::open(encrypted).await.map_err(|error| probe.broken(self.item, &error))?;
        let mut login = Conn::new(self.options(&door, tls.as_ref()));
        let pump = tokio::select! {
            biased;
            pump = relay::connect(self.item, probe, (door, stream), greeting, tls.as_ref()) => pump?,
            Err(error) = &mut login => return Err(self.failure(probe, error)),
        };
        let mut pump = Some(pump);
        let connection = probe.layer(Layer::Login, relay::beside(&mut pump, login)).await;
        let connection = connection.map_err(|error| self.failure(probe, error))?;
        Ok(Session { connection, pump })
    }

    fn options(&self, door: &Door, tls: Option<&TlsClient>) -> Opts {
        let verified = tls.is_some() && self.settings.mode >= TlsMode::VerifyCa;
        let options = OptsBuilder::default()
            .user(self.item.username())
            .pass(self.item.password())
            .db_name(self.item.database())
            .prefer_socket(false)
            .max_allowed_packet(Some(LONGEST_ANSWER))
            .wait_timeout(Some(60))
            .enable_cleartext_plugin(verified);
        match door {
            Door::Port(listener) => {
                let port = listener.local_addr().map_or(0, |address| address.port());
                options.ip_or_hostname("127.0.0.1").tcp_port(port).into()
            }
            Door::Name(name, _) => options.socket(Some(name.clone())).ssl_opts(SslOpts::default()).into(),
        }
    }

    async fn read(&self, probe: &mut Probe, mut session: Session) -> Result<(), Failure> {
        let answer: Result<Option<u8>, Error> = probe.layer(Layer::Read, session.ask("select 1")).await;
        answer.map_err(|error| self.failure(probe, error))?;
        // What only resembles MySQL may not have these settings; innodb_read_only is how Aurora's readers say it.
        for setting in ["read_only", "innodb_read_only"] {
            let question = format!("select cast(@@global.{setting} as char)");
            let answer = probe.layer(Layer::Read, session.ask::<String>(&question)).await;
            if answer.is_ok_and(|value| value.is_some_and(|value| value != "0" && value != "OFF")) {
                probe.warn(&kind::READ_ONLY, format!("{} takes no writes: {setting} is on", self.reached));
                break;
            }
        }
        session.end().await;
        Ok(())
    }

    /// Whether the refusal of a plain login came of a rule that wants TLS: MySQL calls a user who was made with
    /// `REQUIRE SSL` and comes without it one with a wrong password.
    async fn tls_would_do(&self, probe: &mut Probe, failure: &Failure, greeting: &Greeting) -> bool {
        let plain = self.settings.mode <= TlsMode::Allow && greeting.offers_tls;
        if !plain || failure.class != &kind::BAD_PASSWORD {
            return false;
        }
        let visit = Visit {
            item: self.item,
            settings: TlsSettings { mode: TlsMode::Require, ..self.settings.clone() },
            reached: self.reached.clone(),
        };
        let Ok(stream) = TcpStream::connect(self.reached.address).await else { return false };
        let Ok((stream, greeting)) = visit.greet(probe, stream).await else { return false };
        match visit.log_in(probe, stream, &greeting, true).await {
            Ok(session) => {
                session.end().await;
                true
            }
            Err(failure) => failure.class != &kind::BAD_PASSWORD,
        }
    }

    fn tls_required(&self, refusal: &Failure) -> Failure {
        let mode = self.item.name_of(Attribute::Sslmode);
        Failure::new(&kind::TLS_REQUIRED, format!("{}; with TLS it is taken", refusal.evidence))
            .with_hint(format!("set {mode} to require, or better to verify-full"))
    }

    fn failure(&self, probe: &Probe, error: Error) -> Failure {
        match answer::understand(error) {
            Unwelcome::Refused(refusal) => self.refused(&refusal),
            Unwelcome::Unsupported(words) => Failure::new(
                &kind::UNSUPPORTED_LOGIN,
                format!(
                    "{} asks user {} for a login that is not spoken here: {words}",
                    self.reached,
                    self.user()
                ),
            ),
            Unwelcome::Broken(error) => probe.broken(self.item, &error),
            Unwelcome::Other(words) => Failure::new(&kind::ERROR, format!("{}: {words}", self.reached)),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Failure {
        let Refusal { number, message } = refusal;
        let class = match answer::class_of(*number) {
            class if class == &kind::BAD_PASSWORD && self.item.password().is_none() => &kind::NO_PASSWORD,
            class => class,
        };
        let evidence = format!("{} refused user {}: {message} (error {number})", self.reached, self.user());
        let failure = Failure::new(class, evidence);
        let name = |attribute| self.item.name_of(attribute);
        if class == &kind::BAD_PASSWORD {
            failure.with_hint(Probe::credentials_hint(self.item))
        } else if class == &kind::NO_PASSWORD {
            failure.with_hint(format!("set {}", name(Attribute::Password)))
        } else if class == &kind::NO_SUCH_DATABASE {
            failure.with_hint(format!("create the database, or correct {}", name(Attribute::Database)))
        } else {
            failure
        }
    }

    fn user(&self) -> String {
        self.item.username().unwrap_or_else(|| "nobody".to_owned())
    }
}

impl Session {
    /// The first value of the answer to a query.
    async fn ask<Value>(&mut self, query: &str) -> Result<Option<Value>, Error>
    where
        Value: mysql_async::prelude::FromValue + mysql_async::prelude::FromRow + Send + 'static,
    {
        relay::beside(&mut self.pump, self.connection.query_first(query)).await
    }

    /// Says goodbye, so that the server does not count an aborted connection.
    async fn end(self) {
        let Self { connection, mut pump } = self;
        // Whether it is heard makes no difference to what was proven.
        let _ = tokio::time::timeout(FAREWELL, relay::beside(&mut pump, connection.disconnect())).await;
    }
}
