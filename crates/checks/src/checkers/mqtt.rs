//! MQTT with rumqttc: a connection with a client id of its own, and a subscription.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use preflight_contract::Attribute;
use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, Incoming, MqttOptions, QoS,
    StateError, SubscribeReasonCode, valid_filter,
};

use crate::checkers::broker;
use crate::checkers::broker::watched::{Watched, Witness};
use crate::kinds::mqtt as kind;
use crate::net::bounded::Bounded;
use crate::net::tunnel::Tunnel;
use crate::net::{Reached, stream};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe, whole_message};

/// Proves a connection and, where a topic is named, a subscription.
pub(crate) struct Mqtt;

/// The port of MQTT inside TLS.
const TLS_PORT: u16 = 8883;

/// CONNECT of MQTT 3.1.1 with a clean session and the client id `preflight`, section 3.1.
const HELLO: &[u8] = b"\x10\x15\x00\x04MQTT\x04\x02\x00\x05\x00\x09preflight";

/// The first byte of every answer to CONNECT, section 3.2.1.
const CONNACK: &[u8] = b"\x20";

/// The largest packet and the most of them all that a check needs, in bytes; retained messages may be large.
const LARGEST_PACKET: usize = 4 << 20;
const MOST_READ: usize = 16 << 20;

/// How long the polite end of the connection may take.
const FAREWELL: Duration = Duration::from_millis(300);

/// The longest string of MQTT, in bytes, section 1.5.3.
const LONGEST_STRING: usize = 65_535;

#[async_trait]
impl Checker for Mqtt {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let topic = topic(item)?;
        let (endpoint, tls) = broker::target(item, &["mqtts", "ssl"], Some(TLS_PORT))?;
        let (reached, wire) = stream::open(probe, &endpoint, &tls, HELLO).await?;
        probe.enter(Layer::Login);
        let (wire, witness) = Watched::new(Bounded::new(wire, CONNACK, MOST_READ));
        let tunnel = Tunnel::open(wire).await.map_err(|error| probe.broken(item, &error))?;
        let (client, mut events) = AsyncClient::new(options(item, &tunnel), 4);
        if let Err(error) = events.poll().await {
            let failure = explain(item, probe, (&reached, &witness), &error);
            let wants_tls = &kind::TLS_REQUIRED;
            return Err(stream::plain_or_tls(probe, item, (&reached, &tls), failure, wants_tls).await);
        }
        probe.leave();
        if let Some(topic) = topic {
            let answer = probe.layer(Layer::Read, subscribe(&client, &mut events, topic)).await;
            match answer {
                Ok(true) => {}
                Ok(false) => return Err(refused(item, &reached, topic)),
                Err(error) => return Err(unanswered(item, probe, (&reached, &witness), topic, &error)),
            }
        }
        // What the broker says to a goodbye is not worth waiting for.
        let _ = tokio::time::timeout(FAREWELL, leave(&client, &mut events)).await;
        Ok(())
    }
}

/// `TOPIC`, of which a shared subscription's group is left out: in it we would take messages from the service.
fn topic(item: &Item) -> Result<Option<&str>, Failure> {
    let Some(topic) = item.attribute(Attribute::Topic) else { return Ok(None) };
    let shared = topic.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
    let filter = shared.map_or(topic, |(_, filter)| filter);
    if topic.len() > LONGEST_STRING || filter.contains('\0') || !valid_filter(filter) {
        let evidence = format!("{} is {topic:?}, which is no topic filter", item.name_of(Attribute::Topic));
        return Err(Failure::new(&kind::BAD_TOPIC, evidence));
    }
    Ok(Some(filter))
}

/// A client id of our own, so that the service's running instance is not thrown out.
fn options(item: &Item, tunnel: &Tunnel) -> MqttOptions {
    let id = format!("preflight{:012x}", fastrand::u64(..1 << 48));
    let address = tunnel.address();
    let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
    options.set_clean_session(true).set_keep_alive(Duration::ZERO);
    options.set_max_packet_size(LARGEST_PACKET, LARGEST_PACKET);
    if let Some(user) = item.username() {
        options.set_credentials(user, item.password().unwrap_or_default());
    }
    options
}

/// Whether the subscription was taken.
async fn subscribe(
    client: &AsyncClient,
    events: &mut EventLoop,
    topic: &str,
) -> Result<bool, ConnectionError> {
    let sent = client.try_subscribe(topic, QoS::AtMostOnce);
    sent.map_err(|_| ConnectionError::MqttState(StateError::InvalidState))?;
    loop {
        if let Event::Incoming(Incoming::SubAck(answer)) = events.poll().await? {
            return Ok(!answer.return_codes.contains(&SubscribeReasonCode::Failure));
        }
    }
}

/// Disconnects and waits for the broker's end of the connection. The error that this ends with is the goal.
async fn leave(client: &AsyncClient, events: &mut EventLoop) {
    if client.try_disconnect().is_ok() {
        while events.poll().await.is_ok() {}
    }
}

fn refused(item: &Item, reached: &Reached, topic: &str) -> Failure {
    let who = item.username().map_or_else(|| "us".to_owned(), |user| format!("user {user}"));
    let evidence = format!("{reached} refused {who} the subscription to {topic} (SUBACK return code 0x80)");
    Failure::new(&kind::PERMISSION_DENIED, evidence)
}

fn unanswered(
    item: &Item,
    probe: &Probe,
    about: (&Reached, &Witness),
    topic: &str,
    error: &ConnectionError,
) -> Failure {
    let failure = explain(item, probe, about, error);
    if failure.class != &kind::CLOSED {
        return failure;
    }
    Failure::new(&kind::CLOSED, format!("{} closed the connection when asked for {topic}", about.0)).with_hint(
        "some brokers, such as AWS IoT Core, close instead of refusing: look at the policy for that topic",
    )
}

fn explain(
    item: &Item,
    probe: &Probe,
    (reached, witness): (&Reached, &Witness),
    error: &ConnectionError,
) -> Failure {
    let state = match error {
        ConnectionError::ConnectionRefused(code) => return connack(item, reached, *code),
        ConnectionError::Io(error) => return probe.broken(item, error),
        ConnectionError::MqttState(state) => state,
        other => return Failure::new(&kind::ERROR, format!("{reached}: {}", whole_message(other))),
    };
    if let Some(failure) = witness.failure(item, probe, reached) {
        return failure;
    }
    match state {
        StateError::Io(error) | StateError::Deserialization(PacketError::Io(error)) => {
            probe.broken(item, error)
        }
        StateError::ConnectionAborted => probe.broken(item, &io::Error::from(io::ErrorKind::UnexpectedEof)),
        StateError::Deserialization(why) => {
            Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} did not answer as MQTT: {why}"))
        }
        other => Failure::new(&kind::ERROR, format!("{reached}: {}", whole_message(other))),
    }
}

fn connack(item: &Item, reached: &Reached, code: ConnectReturnCode) -> Failure {
    let user = item.username();
    let class = class_of(code, user.is_some());
    let who = user.map_or_else(|| "a client without login".to_owned(), |user| format!("user {user}"));
    let number = code as u8;
    let failure =
        Failure::new(class, format!("{reached} refused {who}: {code:?} (CONNACK return code {number})"));
    if class == &kind::BAD_PASSWORD {
        return failure.with_hint(Probe::credentials_hint(item));
    }
    if class == &kind::LOGIN_REQUIRED {
        let name = |attribute| item.name_of(attribute);
        let (certificate, key) = (name(Attribute::Sslcertpath), name(Attribute::Sslkeypath));
        let (user, password) = (name(Attribute::Username), name(Attribute::Password));
        return failure.with_hint(format!("set {user} and {password}, or {certificate} and {key}"));
    }
    failure
}

fn class_of(code: ConnectReturnCode, has_user: bool) -> &'static Class {
    match code {
        ConnectReturnCode::RefusedProtocolVersion => &kind::PROTOCOL_VERSION,
        ConnectReturnCode::BadClientId => &kind::CLIENT_ID_REFUSED,
        ConnectReturnCode::ServiceUnavailable => &kind::NOT_AVAILABLE,
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized if has_user => {
            &kind::BAD_PASSWORD
        }
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => &kind::LOGIN_REQUIRED,
        ConnectReturnCode::Success => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_codes_have_classes() {
        let table = [
            (ConnectReturnCode::RefusedProtocolVersion, true, "mqtt.protocol_version"),
            (ConnectReturnCode::BadClientId, true, "mqtt.client_id_refused"),
            (ConnectReturnCode::ServiceUnavailable, true, "mqtt.not_available"),
            (ConnectReturnCode::BadUserNamePassword, true, "mqtt.bad_password"),
            (ConnectReturnCode::NotAuthorized, true, "mqtt.bad_password"),
            (ConnectReturnCode::NotAuthorized, false, "mqtt.login_required"),
        ];
        for (code, has_user, class) in table {
            assert_eq!(class_of(code, has_user).name, class, "{code:?}");
        }
    }
}
