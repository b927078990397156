//! RabbitMQ with lapin: login to the virtual host, a channel, passive declarations.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::protocol::AMQPError;
use lapin::types::{FieldTable, ShortString};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{AsyncTcpStream, Channel, Connection, ConnectionProperties, ErrorKind, ExchangeKind, Queue};
use percent_encoding::percent_decode_str;
use preflight_contract::Attribute;

use crate::checkers::broker;
use crate::checkers::broker::watched::Watched;
use crate::kinds::amqp as kind;
use crate::net::tunnel::Tunnel;
use crate::net::{Reached, stream};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe, whole_message};

/// Proves a virtual host and, where they are named, a queue and an exchange.
pub(crate) struct Amqp;

/// The port of AMQP inside TLS.
const TLS_PORT: u16 = 5671;

/// The protocol header, section 4.2.2 of AMQP 0-9-1.
const HELLO: &[u8] = b"AMQP\x00\x00\x09\x01";

/// How long the polite end of the connection may take; the broker's log knows the difference.
const FAREWELL: Duration = Duration::from_millis(300);

/// Frames no longer than RabbitMQ's own default, so that the driver's buffers stay small. In bytes.
const FRAME_MAX: u32 = 16 * 1024;

#[async_trait]
impl Checker for Amqp {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let target = Target::of(item)?;
        let (endpoint, tls) = broker::target(item, &["amqps"], Some(TLS_PORT))?;
        let (reached, stream) = stream::open(probe, &endpoint, &tls, HELLO).await?;
        probe.enter(Layer::Login);
        let (stream, witness) = Watched::new(stream);
        let tunnel = Tunnel::open(stream).await.map_err(|error| probe.broken(item, &error))?;
        let (connection, channel) = match login(&target, tunnel.address()).await {
            Ok(open) => open,
            Err(error) => {
                let failure = explain(item, probe, (&target, &reached), Step::Login, &error);
                let below = if failure.class == &kind::CLOSED {
                    witness.failure(item, probe, &reached)
                } else {
                    None
                };
                let failure = below.unwrap_or(failure);
                let wants_tls = &kind::TLS_REQUIRED;
                return Err(stream::plain_or_tls(probe, item, (&reached, &tls), failure, wants_tls).await);
            }
        };
        probe.leave();
        let outcome = read(&target, &channel, probe).await;
        let mut outcome =
            outcome.map_err(|(step, error)| explain(item, probe, (&target, &reached), step, &error));
        if outcome.is_ok() && connection.status().blocked() {
            outcome = Err(Failure::new(&kind::BLOCKED, format!("{reached} blocks connections that publish")));
        }
        // The answer is known by now; a broker that does not say goodbye is not worth waiting for.
        let _ = tokio::time::timeout(FAREWELL, connection.close(200, "done".into())).await;
        outcome
    }
}

/// What is to be proven.
struct Target {
    username: String,
    password: String,
    vhost: ShortString,
    queue: Option<ShortString>,
    exchange: Option<ShortString>,
}

impl Target {
    fn of(item: &Item) -> Result<Self, Failure> {
        let short = |attribute, text: String| {
            ShortString::try_new(text).map_err(|error| broker::bad_parameter(item, attribute, error))
        };
        let named =
            |attribute| item.attribute(attribute).map(|text| short(attribute, text.to_owned())).transpose();
        Ok(Self {
            username: item.username().unwrap_or_else(|| "guest".to_owned()),
            password: item.password().unwrap_or_else(|| "guest".to_owned()),
            vhost: short(Attribute::Vhost, vhost(item))?,
            queue: named(Attribute::Queue)?,
            exchange: named(Attribute::Topic)?,
        })
    }

    fn uri(&self, address: SocketAddr) -> AMQPUri {
        AMQPUri {
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo { username: self.username.clone(), password: self.password.clone() },
                host: address.ip().to_string(),
                port: address.port(),
            },
            vhost: self.vhost.to_string(),
            query: AMQPQueryString { frame_max: Some(FRAME_MAX), ..AMQPQueryString::default() },
        }
    }
}

/// `VHOST`, else the URL's path, decoded; `/` when there is none.
fn vhost(item: &Item) -> String {
    if let Some(own) = item.attribute(Attribute::Vhost) {
        return own.to_owned();
    }
    let url = item.connection.url().ok().flatten();
    let path = url.as_ref().map_or("", |url| url.path().trim_start_matches('/'));
    if path.is_empty() { "/".to_owned() } else { percent_decode_str(path).decode_utf8_lossy().into_owned() }
}

/// What was being asked for when the broker answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Login,
    Queue,
    Exchange,
}

async fn login(target: &Target, address: SocketAddr) -> lapin::Result<(Connection, Channel)> {
    let runtime = lapin::runtime::default_runtime()?;
    let properties = ConnectionProperties::default().with_connection_name("preflight".into());
    // The driver is given the tunnel's address and nothing to resolve; without a recovery it dials once.
    let dial = async move |_, runtime| Ok(AsyncTcpStream::connect(&runtime, address).await?);
    let connection = Connection::connector(target.uri(address), runtime, dial, properties).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

async fn read(target: &Target, channel: &Channel, probe: &mut Probe) -> Result<(), (Step, lapin::Error)> {
    probe.enter(Layer::Read);
    if let Some(exchange) = &target.exchange {
        let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(exchange.clone(), ExchangeKind::Topic, options, FieldTable::default())
            .await
            .map_err(|error| (Step::Exchange, error))?;
    }
    if let Some(queue) = &target.queue {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = channel
            .queue_declare(queue.clone(), options, FieldTable::default())
            .await
            .map_err(|error| (Step::Queue, error))?;
        note(&found, probe);
    }
    probe.leave();
    Ok(())
}

fn note(queue: &Queue, probe: &mut Probe) {
    probe.fact("messages", queue.message_count().to_string());
    probe.fact("consumers", queue.consumer_count().to_string());
}

fn explain(
    item: &Item,
    probe: &Probe,
    (target, reached): (&Target, &Reached),
    step: Step,
    error: &lapin::Error,
) -> Failure {
    match error.kind() {
        ErrorKind::ProtocolError(answer) => refusal(item, (target, reached), step, answer),
        ErrorKind::IOError(error) => probe.broken(item, error),
        ErrorKind::InvalidProtocolVersion(version) => {
            Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} speaks AMQP {version}, not 0-9-1"))
        }
        ErrorKind::ParsingError(_) => Failure::new(
            &kind::WRONG_PROTOCOL,
            format!("{reached} answered the AMQP greeting with something that is not AMQP 0-9-1"),
        ),
        ErrorKind::InvalidConnectionState(_) | ErrorKind::InvalidChannelState(..) => {
            Failure::new(&kind::CLOSED, format!("{reached} closed the connection before answering as AMQP"))
        }
        _ => Failure::new(&kind::ERROR, format!("{reached}: {}", whole_message(error))),
    }
}

fn refusal(item: &Item, (target, reached): (&Target, &Reached), step: Step, answer: &AMQPError) -> Failure {
    let (code, text) = (answer.get_id(), answer.get_message().as_str());
    let class = class_of(step, code, text);
    let user = &target.username;
    let asked = match step {
        Step::Login => format!("user {user} in virtual host {}", target.vhost),
        Step::Queue => format!("user {user} the queue {}", text_of(target.queue.as_ref())),
        Step::Exchange => format!("user {user} the exchange {}", text_of(target.exchange.as_ref())),
    };
    let failure = Failure::new(class, format!("{reached} refused {asked}: {text} (reply code {code})"));
    if class == &kind::BAD_PASSWORD {
        let hint = if user == "guest" && item.username().is_none() {
            format!("set {} and {}", item.name_of(Attribute::Username), item.name_of(Attribute::Password))
        } else {
            Probe::credentials_hint(item)
        };
        return failure.with_hint(hint);
    }
    if class == &kind::NO_SUCH_VHOST {
        let by_url = item.attribute(Attribute::Vhost).is_none() && item.attribute(Attribute::Url).is_some();
        let name = item.name_of(if by_url { Attribute::Url } else { Attribute::Vhost });
        return failure.with_hint(format!("compare {name} with rabbitmqctl list_vhosts"));
    }
    failure
}

fn text_of(name: Option<&ShortString>) -> &str {
    name.map_or("", ShortString::as_str)
}

/// The class of a reply code. RabbitMQ gives 530 to everything that is wrong with a virtual host, so that only there
/// its words must tell.
fn class_of(step: Step, code: u16, text: &str) -> &'static Class {
    match (code, step) {
        (403, Step::Login) => &kind::BAD_PASSWORD,
        (403, _) => &kind::ACCESS_REFUSED,
        (404, Step::Queue) => &kind::NO_SUCH_QUEUE,
        (404, Step::Exchange) => &kind::NO_SUCH_EXCHANGE,
        (405, _) => &kind::RESOURCE_LOCKED,
        (530, Step::Login) if text.contains("limit") => &kind::TOO_MANY_CONNECTIONS,
        (402, Step::Login) => &kind::NO_SUCH_VHOST,
        (530, Step::Login) if text.ends_with("not found") => &kind::NO_SUCH_VHOST,
        (530, Step::Login) => &kind::VHOST_REFUSED,
        (320 | 506 | 541, _) => &kind::NOT_READY,
        (501..=503, _) => &kind::WRONG_PROTOCOL,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_codes_have_classes() {
        let table = [
            (Step::Login, 403, "ACCESS_REFUSED - Login was refused", "amqp.bad_password"),
            (Step::Queue, 403, "ACCESS_REFUSED - read access to queue", "amqp.access_refused"),
            (Step::Login, 530, "NOT_ALLOWED - vhost sauerkraut not found", "amqp.no_such_vhost"),
            (
                Step::Login,
                530,
                "NOT_ALLOWED - access to vhost 'a' refused for user 'b'",
                "amqp.vhost_refused",
            ),
            (
                Step::Login,
                530,
                "NOT_ALLOWED - access to vhost 'a' refused for user 'b': connection limit (0) is reached",
                "amqp.too_many_connections",
            ),
            (Step::Queue, 404, "NOT_FOUND - no queue 'lids' in vhost 'pickles'", "amqp.no_such_queue"),
            (Step::Exchange, 404, "NOT_FOUND - no exchange 'x' in vhost 'pickles'", "amqp.no_such_exchange"),
            (Step::Queue, 405, "RESOURCE_LOCKED - cannot obtain exclusive access", "amqp.resource_locked"),
            (Step::Login, 320, "CONNECTION_FORCED - broker forced connection closure", "amqp.not_ready"),
            (
                Step::Login,
                541,
                "INTERNAL_ERROR - access to vhost 'a' refused: vhost 'a' is down",
                "amqp.not_ready",
            ),
            (Step::Login, 504, "CHANNEL_ERROR", "amqp.error"),
        ];
        for (step, code, text, class) in table {
            assert_eq!(class_of(step, code, text).name, class, "{code} {text}");
        }
    }
}
