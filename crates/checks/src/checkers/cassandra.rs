//! Cassandra and Scylla: a login on the node that was reached, the keyspace, and one row of one of its tables.
//!
//! The drivers that there are open a session with the whole cluster: several connections to every node that the first
//! one tells of, kept up by tasks of their own. To prove one node takes one connection and five requests, which are
//! made here, in the binary protocol that all of them speak.

mod frame;

use async_trait::async_trait;
use preflight_contract::Attribute;

use crate::kinds::cassandra as kind;
use crate::net::Reached;
use crate::net::bounded::{Bounded, Duplex};
use crate::net::stream::{open, plain_or_tls};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};
use frame::{Answer, Broken, Request};

/// Where Keyspaces and Cassandra's own `native_transport_port_ssl` speak TLS.
const SECURE_PORT: u16 = 9142;

/// What an answer begins with: the version of the protocol, with the bit of an answer; some nodes refuse ours in
/// their own.
const FIRST: &[u8] = &[0x81, 0x82, 0x83, 0x84, 0x85, 0x86];

/// The rows that are asked for are few and short, but one row of a table of the service's may be large.
const MOST_READ: usize = 8 << 20;

/// Proves a keyspace of Cassandra or Scylla.
pub(crate) struct Cassandra;

#[async_trait]
impl Checker for Cassandra {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let endpoint = item.endpoint()?;
        let by_port = if endpoint.port == SECURE_PORT { TlsMode::VerifyFull } else { TlsMode::Disable };
        let settings = TlsSettings::of(item, by_port)?;
        let options = Request::Options.encode();
        let (reached, stream) = open(probe, &endpoint, &settings, &options).await?;
        let stream: Box<dyn Duplex> = Box::new(Bounded::new(stream, FIRST, MOST_READ));
        let mut visit = Visit { item, settings, reached, stream };
        probe.enter(Layer::Login);
        visit.log_in(probe).await?;
        visit.introduce(probe).await?;
        probe.leave();
        let Some(keyspace) = item.database() else { return Ok(()) };
        probe.enter(Layer::Read);
        visit.read(probe, &keyspace).await?;
        probe.leave();
        Ok(())
    }
}

struct Visit<'item> {
    item: &'item Item,
    settings: TlsSettings,
    reached: Reached,
    stream: Box<dyn Duplex>,
}

impl Visit<'_> {
    async fn log_in(&mut self, probe: &Probe) -> Result<(), Failure> {
        let mut answer = self.ask(probe, &Request::Startup).await?;
        if let Answer::Authenticate(class) = &answer {
            let Some(user) = self.item.username() else { return Err(self.no_credentials(class)) };
            let password = self.item.password().unwrap_or_default();
            answer = self.ask(probe, &Request::Credentials { user, password }).await?;
        }
        match answer {
            Answer::Ready => Ok(()),
            Answer::Authenticate(class) | Answer::Challenge(class) => Err(Failure::new(
                &kind::UNSUPPORTED_LOGIN,
                format!("{} asks for more than user and password: {class}", self.reached),
            )),
            Answer::Rows(_) => Err(self.puzzled(probe, "rows instead of a login")),
        }
    }

    async fn introduce(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let rows = self.query(probe, "SELECT release_version, cluster_name FROM system.local").await?;
        let mut values = rows.into_iter();
        for fact in ["version", "cluster"] {
            if let Some(value) = values.next() {
                probe.fact(fact, value);
            }
        }
        Ok(())
    }

    /// That the keyspace is there says nothing of rights; a row of one of its tables does.
    async fn read(&mut self, probe: &mut Probe, keyspace: &str) -> Result<(), Failure> {
        let name = literal(keyspace);
        let query = format!("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = {name}");
        if self.query(probe, &query).await?.is_empty() {
            let evidence = format!("{} has no keyspace {keyspace}", self.reached);
            let variable = self.item.name_of(Attribute::Database);
            return Err(Failure::new(&kind::NO_SUCH_KEYSPACE, evidence)
                .with_hint(format!("create the keyspace, or correct {variable}")));
        }
        let query =
            format!("SELECT table_name FROM system_schema.tables WHERE keyspace_name = {name} LIMIT 1");
        let Some(table) = self.query(probe, &query).await?.into_iter().next() else {
            probe.fact("tables", "none");
            return Ok(());
        };
        let query = format!("SELECT * FROM {}.{} LIMIT 1", identifier(keyspace), identifier(&table));
        self.ask(probe, &Request::Query(query)).await.map(drop)
    }

    async fn query(&mut self, probe: &Probe, query: &str) -> Result<Vec<String>, Failure> {
        match self.ask(probe, &Request::Query(query.to_owned())).await? {
            Answer::Rows(values) => Ok(values),
            _ => Err(self.puzzled(probe, "no rows for a query")),
        }
    }

    async fn ask(&mut self, probe: &Probe, request: &Request) -> Result<Answer, Failure> {
        match frame::exchange(&mut self.stream, request).await {
            Ok(answer) => Ok(answer),
            Err(Broken::Refused { code, message }) => Err(self.refused(code, &message)),
            Err(Broken::Io(error)) => {
                let failure = probe.broken(self.item, &error);
                let sides = (&self.reached, &self.settings);
                Err(plain_or_tls(probe, self.item, sides, failure, &kind::TLS_REQUIRED).await)
            }
        }
    }

    fn refused(&self, code: u32, message: &str) -> Failure {
        let class = class_of(code, message);
        let user = self.item.username().map_or_else(|| "us".to_owned(), |user| format!("user {user}"));
        let failure =
            Failure::new(class, format!("{} refused {user}: {message} (code 0x{code:04x})", self.reached));
        if class == &kind::BAD_PASSWORD {
            return failure.with_hint(Probe::credentials_hint(self.item));
        }
        failure
    }

    fn no_credentials(&self, class: &str) -> Failure {
        let name = |attribute| self.item.name_of(attribute);
        Failure::new(&kind::NO_CREDENTIALS, format!("{} wants a login ({class})", self.reached))
            .with_hint(format!("set {} and {}", name(Attribute::Username), name(Attribute::Password)))
    }

    fn puzzled(&self, probe: &Probe, words: &str) -> Failure {
        probe.broken(self.item, &std::io::Error::new(std::io::ErrorKind::InvalidData, words))
    }
}

/// The class of an error code; CQL binary protocol v4, section 9. A node that cannot read its accounts calls that bad
/// credentials as well, and only its words tell.
fn class_of(code: u32, message: &str) -> &'static Class {
    match code {
        0x0100 if message.contains("consistency level") => &kind::UNAVAILABLE,
        0x0100 => &kind::BAD_PASSWORD,
        0x1000 | 0x1200 | 0x1300 => &kind::UNAVAILABLE,
        0x1001 => &kind::OVERLOADED,
        0x1002 => &kind::STARTING_UP,
        0x2100 => &kind::NOT_PERMITTED,
        _ => &kind::ERROR,
    }
}

/// Text in a query.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name in a query, exactly as it is.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_class() {
        let cases: [(u32, &str, &str); 8] = [
            (0x0100, "Provided username pat and/or password are incorrect", "cassandra.bad_password"),
            (
                0x0100,
                "Unable to perform authentication: Cannot achieve consistency level QUORUM",
                "cassandra.unavailable",
            ),
            (0x1000, "", "cassandra.unavailable"),
            (0x1001, "", "cassandra.overloaded"),
            (0x1002, "", "cassandra.starting_up"),
            (0x2100, "", "cassandra.not_permitted"),
            (0x0000, "", "cassandra.error"),
            (0x2200, "", "cassandra.error"),
        ];
        for (code, message, class) in cases {
            assert_eq!(class_of(code, message).name, class, "{code:#x}");
        }
    }

    #[test]
    fn a_name_cannot_end_its_quotation() {
        assert_eq!(literal("a' OR 'b"), "'a'' OR ''b'");
        assert_eq!(identifier("a\"; DROP"), "\"a\"\"; DROP\"");
    }
}
