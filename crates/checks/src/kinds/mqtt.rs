//! MQTT brokers. CONNACK return codes: MQTT 3.1.1, section 3.2.2.3; SUBACK return codes: section 3.9.3.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// MQTT brokers.
pub static KIND: Kind = Kind {
    name: "mqtt",
    title: "MQTT",
    aliases: &["mosquitto", "mqtts"],
    default_port: Some(1883),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Topic,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "Connects with MQTT 3.1.1, a client id of its own and a clean session, and may subscribe to TOPIC as far as \
             the broker says so at once: some brokers accept any subscription and withhold the messages.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("mqtt", "MQTT");

/// Return code 4, or 5 with a password.
pub static BAD_PASSWORD: Class = Class::lasting(
    "mqtt.bad_password",
    "The broker refused the user name and password (CONNACK return code 4 or 5).",
    &[
        "the password was rotated and the container still has the old one",
        "the user does not exist on this broker",
        "the user may not connect from here or with another client id",
    ],
    "compare user name and password with the broker's",
    &cures::CREDENTIALS,
);
/// Return code 5 without a user.
pub static LOGIN_REQUIRED: Class = Class::lasting(
    "mqtt.login_required",
    "The broker does not take anonymous clients (CONNACK return code 5), and there is no user name.",
    &["USERNAME and PASSWORD are not set", "the broker knows its clients by certificate"],
    "set USERNAME and PASSWORD, or SSLCERTPATH and SSLKEYPATH",
    &cures::VALUE,
);
/// Return code 1.
pub static PROTOCOL_VERSION: Class = Class::lasting(
    "mqtt.protocol_version",
    "The broker does not speak MQTT 3.1.1 (CONNACK return code 1), in which it was asked.",
    &["a broker that is set to MQTT 5 only"],
    "allow MQTT 3.1.1 at the broker, or look at the service's own client only",
    &cures::SERVER_SIDE,
);
/// Return code 2.
pub static CLIENT_ID_REFUSED: Class = Class::lasting(
    "mqtt.client_id_refused",
    "The broker refused the client id, which is `preflight` and some random digits (CONNACK return code 2).",
    &["a policy that lets in certain client ids only"],
    "allow client ids that begin with preflight",
    &cures::SERVER_SIDE,
);
/// Return code 3.
pub static NOT_AVAILABLE: Class = Class::healing(
    "mqtt.not_available",
    "The broker is there but does not serve at the moment (CONNACK return code 3).",
    &["the broker is starting, stopping or overloaded", "a limit of connections is reached"],
    "look at the broker's log",
    &cures::SERVER_HEALTH,
);
/// SUBACK 0x80.
pub static PERMISSION_DENIED: Class = Class::lasting(
    "mqtt.permission_denied",
    "The client is let in but may not subscribe to the topic (SUBACK return code 0x80).",
    &["the access list does not allow it", "a spelling mistake in TOPIC"],
    "allow the user to subscribe to the topic",
    &cures::SERVER_SIDE,
);
/// Not a topic filter.
pub static BAD_TOPIC: Class = Class::lasting(
    "mqtt.bad_topic",
    "TOPIC is no topic filter of MQTT: + and # must stand alone between slashes, # only at the end.",
    &["a typing error", "another system's pattern"],
    "correct TOPIC",
    &cures::VALUE,
);
/// The port speaks TLS only.
pub static TLS_REQUIRED: Class = Class::lasting(
    "mqtt.tls_required",
    "The port speaks MQTT only inside TLS, and was spoken to in plain.",
    &[
        "SSLMODE is not set",
        "mqtt instead of mqtts in the URL",
        "the TLS port, usually 8883, instead of 1883",
    ],
    "set SSLMODE=verify-full, or use the plain port",
    &cures::ADDRESS,
);

/// All of its own.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &LOGIN_REQUIRED,
    &PROTOCOL_VERSION,
    &CLIENT_ID_REFUSED,
    &NOT_AVAILABLE,
    &PERMISSION_DENIED,
    &BAD_TOPIC,
    &TLS_REQUIRED,
];
