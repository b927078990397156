//! Redis and Valkey: AUTH, SELECT, PING and reads of a key that need not exist, with the `redis` crate over our stream.

mod answers;
mod cluster;
mod refusal;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError, Value, cmd};

use crate::kinds::{general, redis as kind};
use crate::net::Reached;
use crate::net::bounded::{Bounded, Duplex};
use crate::net::stream::{open, plain_or_tls};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use answers::{Said, Server};

/// The key that is read. It need not exist, and is never written.
const KEY: &str = "preflight";

/// What an answer begins with; see <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
const FIRST: &[u8] = b"+-:$*_#,(!=%~>";

/// No server needs more bytes to let us in and to answer INFO.
const MOST_READ: usize = 1 << 20;

/// Reads, one a type of value; a user who may run any of them can read.
const READS: [&str; 7] = ["GET", "HLEN", "LLEN", "SCARD", "ZCARD", "XLEN", "EXISTS"];

/// Proves that a Redis server lets us in and answers reads.
pub(crate) struct Redis;

#[async_trait]
impl Checker for Redis {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let login = Login::of(item)?;
        let settings = TlsSettings::of(item, default_mode(item))?;
        let (reached, stream) = open(probe, &item.endpoint()?, &settings, b"PING\r\n").await?;
        let outcome = converse(item, probe, (&reached, &login), stream).await;
        match outcome {
            Ok(()) => Ok(()),
            Err(failure) => {
                let sides = (&reached, &settings);
                let failure = plain_or_tls(probe, item, sides, failure, &kind::TLS_REQUIRED).await;
                Err(refusal::heard(&reached, failure).await)
            }
        }
    }
}

/// Who we are and which database we mean.
struct Login {
    username: Option<String>,
    password: Option<String>,
    database: i64,
}

impl Login {
    fn of(item: &Item) -> Result<Self, Failure> {
        let database = item.database().unwrap_or_else(|| "0".to_owned());
        let database = database.parse().map_err(|_| {
            let name = item.name_of(preflight_contract::Attribute::Database);
            Failure::new(
                &general::BAD_PARAMETER,
                format!("{name} is {database:?}, but databases of Redis are numbered from 0"),
            )
        })?;
        Ok(Self { username: item.username(), password: item.password(), database })
    }

    fn who(&self) -> String {
        self.username.as_ref().map_or_else(|| "the default user".to_owned(), |name| format!("user {name}"))
    }
}

/// Encrypted when the scheme or the client's own name is `rediss`.
fn default_mode(item: &Item) -> TlsMode {
    let named = item.connection.client.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let secure = matches!(item.scheme().as_deref(), Some("rediss" | "valkeys" | "tls"));
    if secure || named.eq_ignore_ascii_case("rediss") { TlsMode::VerifyFull } else { TlsMode::Disable }
}

/// Runs the conversation beside the driver that carries it; neither outlives this future.
async fn converse(
    item: &Item,
    probe: &mut Probe,
    (reached, login): (&Reached, &Login),
    stream: Box<dyn Duplex>,
) -> Result<(), Failure> {
    probe.enter(Layer::Login);
    let stream = Bounded::new(stream, FIRST, MOST_READ);
    let objection = stream.objection();
    // No time limit of the driver's own: the runner watches the clock.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let silent = RedisConnectionInfo::default().set_skip_set_lib_name();
    let (connection, driver) = MultiplexedConnection::new_with_config(&silent, stream, config)
        .await
        .map_err(|error| answers::failure(probe, item, reached, &error))?;
    let mut session = Session { item, reached, connection };
    let talk = Box::pin(session.run(probe, login));
    let outcome = match select(talk, Box::pin(driver)).await {
        Either::Left((outcome, _)) => outcome,
        // The driver has ended: what was asked last gets its error now.
        Either::Right(((), talk)) => talk.await,
    };
    // What is asked after the driver has ended over a wrong answer is only told that the connection is gone.
    match (outcome, objection.words()) {
        (Err(failure), Some(words)) if failure.class == &kind::CLOSED => {
            Err(Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} did not answer as Redis: {words}")))
        }
        (outcome, _) => outcome,
    }
}

struct Session<'item> {
    item: &'item Item,
    reached: &'item Reached,
    connection: MultiplexedConnection,
}

impl Session<'_> {
    async fn run(&mut self, probe: &mut Probe, login: &Login) -> Result<(), Failure> {
        self.authenticate(probe, login).await?;
        let ping = self.ping(probe, login).await?;
        self.select(probe, login).await?;
        probe.leave();
        probe.enter(Layer::Read);
        let server = self.server(probe).await?;
        if server.is_sentinel() {
            let evidence = format!("{} is a Sentinel and holds no data", self.reached);
            return Err(Failure::new(&kind::SENTINEL, evidence));
        }
        self.read(probe, login, ping).await?;
        server.report(probe, self.reached);
        probe.leave();
        Ok(())
    }

    async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        command.query_async(&mut self.connection).await
    }

    fn failure(&self, probe: &Probe, error: &RedisError) -> Failure {
        answers::failure(probe, self.item, self.reached, error)
    }

    async fn authenticate(&mut self, probe: &Probe, login: &Login) -> Result<(), Failure> {
        if login.username.is_none() && login.password.is_none() {
            return Ok(());
        }
        let mut auth = cmd("AUTH");
        if let Some(username) = &login.username {
            auth.arg(username);
        }
        auth.arg(login.password.as_deref().unwrap_or_default());
        match self.ask(&auth).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let refused = answers::of_auth(&error).map(|class| {
                    let evidence = format!("{} refused {}: {}", self.reached, login.who(), Said::of(&error));
                    Failure::new(class, evidence)
                });
                Err(match refused {
                    None => self.failure(probe, &error),
                    Some(failure) if failure.class == &kind::PASSWORD_NOT_SET => failure,
                    Some(failure) => failure.with_hint(Probe::credentials_hint(self.item)),
                })
            }
        }
    }

    /// Whether the user may ping; other errors are failures.
    async fn ping(&mut self, probe: &Probe, login: &Login) -> Result<bool, Failure> {
        match self.ask(&cmd("PING")).await {
            Ok(_) => Ok(true),
            Err(error) if Said::of(&error).code == "NOPERM" => Ok(false),
            Err(error) if Said::of(&error).code == "NOAUTH" => {
                let said = Said::of(&error);
                Err(Failure::new(
                    &kind::PASSWORD_REQUIRED,
                    format!("{} wants a password from {}: {said}", self.reached, login.who()),
                )
                .with_hint(format!("set {}", self.item.name_of(preflight_contract::Attribute::Password))))
            }
            Err(error) => Err(self.failure(probe, &error)),
        }
    }

    async fn select(&mut self, probe: &Probe, login: &Login) -> Result<(), Failure> {
        if login.database == 0 {
            return Ok(());
        }
        match self.ask(cmd("SELECT").arg(login.database)).await {
            Ok(_) => Ok(()),
            Err(error) if Said::of(&error).code == "ERR" => Err(Failure::new(
                &kind::BAD_DATABASE,
                format!("{} has no database {}: {}", self.reached, login.database, Said::of(&error)),
            )),
            Err(error) => Err(self.failure(probe, &error)),
        }
    }

    /// What the server says of itself, as far as the user may know.
    async fn server(&mut self, probe: &Probe) -> Result<Server, Failure> {
        match self.ask(&cmd("INFO")).await {
            Ok(Value::BulkString(text)) => Ok(Server::read(&String::from_utf8_lossy(&text))),
            Ok(Value::VerbatimString { text, .. }) => Ok(Server::read(&text)),
            Ok(_) => Ok(Server::default()),
            Err(error) if Said::of(&error).code == "NOPERM" => Ok(Server::default()),
            Err(error) => Err(self.failure(probe, &error)),
        }
    }

    /// Reads until one read is permitted. A user without any is refused, and so is one who may not even ping.
    async fn read(&mut self, probe: &mut Probe, login: &Login, ping: bool) -> Result<(), Failure> {
        let mut refusal = String::new();
        for read in READS {
            let error = match self.ask(cmd(read).arg(KEY)).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let said = Said::of(&error);
            match said.code.as_str() {
                // The command is permitted, only not for this key.
                "NOPERM" if said.is_about_the_key() => return Ok(()),
                "NOPERM" => refusal = said.to_string(),
                "MOVED" | "ASK" => return cluster::follow(probe, self.reached, &error).await,
                _ => return Err(self.failure(probe, &error)),
            }
        }
        let rights = if ping { "may ping but read nothing" } else { "may not even ping" };
        let evidence = format!("{} let {} in, who {rights}: {refusal}", self.reached, login.who());
        Err(Failure::new(&kind::NOT_PERMITTED, evidence))
    }
}
