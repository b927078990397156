//! Kafka over our own connections: login, the topic and its leaders, and whether the advertised addresses lead anywhere.

mod advertised;
mod login;
mod scram;
mod wire;

use std::io;

use async_trait::async_trait;
use preflight_contract::Attribute;
use tokio::net::TcpStream;

use self::login::Outcome;
use self::wire::{Broker, LONGEST_STRING, Metadata};
use crate::checkers::broker;
use crate::kinds::kafka as kind;
use crate::net::tls::TlsSettings;
use crate::net::{Reached, stream};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

/// Proves a login, a topic, and that its brokers can be reached where they say they are.
pub(crate) struct Kafka;

#[async_trait]
impl Checker for Kafka {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let topic = topic(item)?;
        let (endpoint, tls) = broker::target(item, &["kafkas", "ssl", "sasl_ssl"], None)?;
        let (reached, stream) = stream::open(probe, &endpoint, &tls, &[]).await?;
        let mut session = Session { item, reached, tls, broker: Broker::new(stream) };
        session.greet(probe).await?;
        session.log_in(probe).await?;
        let metadata = session.look(probe, topic).await?;
        session.judge(topic, &metadata)?;
        advertised::reach(item, probe, &session.reached, &metadata).await
    }
}

fn topic(item: &Item) -> Result<Option<&str>, Failure> {
    match item.attribute(Attribute::Topic) {
        Some(topic) if topic.len() > LONGEST_STRING => {
            let evidence = format!("{} is too long for a topic's name", item.name_of(Attribute::Topic));
            Err(Failure::new(&kind::BAD_TOPIC, evidence))
        }
        topic => Ok(topic),
    }
}

/// One broker, over one connection after the other: a refused login ends a connection.
struct Session<'a> {
    item: &'a Item,
    reached: Reached,
    tls: TlsSettings,
    broker: Broker,
}

impl Session<'_> {
    /// ApiVersions: whether it is Kafka at all, and in plain or TLS as we believe.
    async fn greet(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let greeting = probe.layer(Layer::Login, self.broker.api_versions()).await;
        let Err(error) = greeting else { return Ok(()) };
        let failure = broker::below(self.item, probe, &self.reached, &error);
        let about = (&self.reached, &self.tls);
        Err(stream::plain_or_tls(probe, self.item, about, failure, &kind::TLS_REQUIRED).await)
    }

    async fn log_in(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let (Some(user), Some(password)) = (self.item.username(), self.item.password()) else {
            return Ok(());
        };
        let mut mechanism = login::MECHANISMS[0];
        let mut tried = Vec::new();
        // Each round leaves out a mechanism for good.
        loop {
            let attempt = login::attempt(&mut self.broker, mechanism, (&user, &password));
            let outcome = probe.layer(Layer::Login, attempt).await;
            let outcome = outcome.map_err(|error| broker::below(self.item, probe, &self.reached, &error))?;
            mechanism = match outcome {
                Outcome::In(mechanism) => {
                    probe.fact("login", mechanism);
                    return Ok(());
                }
                Outcome::NotOffered { code, offered } => {
                    let known =
                        login::MECHANISMS.into_iter().find(|known| offered.iter().any(|name| name == known));
                    known
                        .filter(|known| *known != mechanism)
                        .ok_or_else(|| self.no_login(&user, code, &offered))?
                }
                Outcome::Refused { code, words, others } => {
                    tried.push(mechanism);
                    let next = others.first().copied().filter(|_| code == 58);
                    next.ok_or_else(|| self.refused(&user, &tried, code, &words))?
                }
            };
            let fresh = self.fresh(probe).await;
            self.broker = fresh.map_err(|error| broker::below(self.item, probe, &self.reached, &error))?;
        }
    }

    /// Another connection to the same address.
    async fn fresh(&mut self, probe: &Probe) -> io::Result<Broker> {
        let stream = TcpStream::connect(self.reached.address).await?;
        stream.set_nodelay(true)?;
        if !self.tls.mode.is_required() {
            return Ok(Broker::new(Box::new(stream)));
        }
        let client = probe.tls_client(&self.tls, &self.reached.endpoint.host);
        let client = client.map_err(|failure| io::Error::other(failure.evidence))?;
        let stream = client.handshake(stream).await.map_err(|failure| io::Error::other(failure.evidence))?;
        Ok(Broker::new(Box::new(stream)))
    }

    async fn look(&mut self, probe: &mut Probe, topic: Option<&str>) -> Result<Metadata, Failure> {
        let answer = probe.layer(Layer::Read, self.broker.metadata(topic)).await;
        let error = match answer {
            Ok(metadata) => {
                if let Some(cluster) = &metadata.cluster {
                    probe.fact("cluster", cluster.clone());
                }
                probe.fact("brokers", metadata.brokers.len().to_string());
                return Ok(metadata);
            }
            Err(error) => error,
        };
        // A listener that wants a login closes the connection of whoever asks for more than its versions.
        if self.item.username().is_none() && self.wants_login(probe).await {
            let (user, password) =
                (self.item.name_of(Attribute::Username), self.item.name_of(Attribute::Password));
            let evidence = format!("{} wants a SASL login on this port, and there is no user", self.reached);
            let failure = Failure::new(&kind::LOGIN_REQUIRED, evidence);
            return Err(failure.with_hint(format!("set {user} and {password}")));
        }
        Err(broker::below(self.item, probe, &self.reached, &error))
    }

    async fn wants_login(&mut self, probe: &Probe) -> bool {
        let Ok(mut broker) = self.fresh(probe).await else { return false };
        broker.sasl_handshake(login::MECHANISMS[0]).await.is_ok_and(|(_, offered)| !offered.is_empty())
    }

    /// What is said of the topic.
    fn judge(&self, topic: Option<&str>, metadata: &Metadata) -> Result<(), Failure> {
        let (Some(name), Some(topic)) = (topic, metadata.topics.first()) else { return Ok(()) };
        let who = self
            .item
            .username()
            .map_or_else(|| "a client without login".to_owned(), |user| format!("user {user}"));
        if topic.error != 0 {
            let evidence =
                format!("{} refused {who} the topic {name} (error {})", self.reached, named(topic.error));
            return Err(Failure::new(class_of(topic.error), evidence));
        }
        let headless = topic.partitions.iter().find(|partition| partition.leader < 0);
        headless.map_or(Ok(()), |partition| {
            let evidence = format!(
                "{} knows no leader of partition {} of {name} (error {})",
                self.reached,
                partition.index,
                named(partition.error)
            );
            Err(Failure::new(&kind::NO_LEADER, evidence))
        })
    }

    fn refused(&self, user: &str, tried: &[&str], code: i16, words: &str) -> Failure {
        let class = if code == 58 { &kind::BAD_PASSWORD } else { &kind::ERROR };
        let tried = tried.join(", ");
        let evidence =
            format!("{} refused user {user} with {tried}: {words} (error {})", self.reached, named(code));
        Failure::new(class, evidence).with_hint(Probe::credentials_hint(self.item))
    }

    fn no_login(&self, user: &str, code: i16, offered: &[String]) -> Failure {
        let offers = if offered.is_empty() {
            "no SASL login".to_owned()
        } else {
            format!("only {}", offered.join(", "))
        };
        let evidence =
            format!("{} offers user {user} {offers} on this port (error {})", self.reached, named(code));
        Failure::new(&kind::LOGIN_NOT_OFFERED, evidence)
    }
}

/// An error code with the name that Kafka's protocol guide gives it.
fn named(code: i16) -> String {
    let name = match code {
        3 => "UNKNOWN_TOPIC_OR_PARTITION",
        5 => "LEADER_NOT_AVAILABLE",
        17 => "INVALID_TOPIC_EXCEPTION",
        29 => "TOPIC_AUTHORIZATION_FAILED",
        31 => "CLUSTER_AUTHORIZATION_FAILED",
        33 => "UNSUPPORTED_SASL_MECHANISM",
        34 => "ILLEGAL_SASL_STATE",
        35 => "UNSUPPORTED_VERSION",
        58 => "SASL_AUTHENTICATION_FAILED",
        _ => return code.to_string(),
    };
    format!("{code}, {name}")
}

fn class_of(code: i16) -> &'static Class {
    match code {
        3 => &kind::NO_SUCH_TOPIC,
        5 => &kind::NO_LEADER,
        17 => &kind::BAD_TOPIC,
        29 | 31 => &kind::PERMISSION_DENIED,
        35 => &kind::UNSUPPORTED_VERSION,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_have_classes() {
        let table = [
            (3, "kafka.no_such_topic"),
            (5, "kafka.no_leader"),
            (17, "kafka.bad_topic"),
            (29, "kafka.permission_denied"),
            (35, "kafka.unsupported_version"),
            (-1, "kafka.error"),
        ];
        for (code, class) in table {
            assert_eq!(class_of(code).name, class, "{code}");
        }
    }
}
