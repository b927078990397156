//! Apache Kafka and what speaks its protocol. Error codes: Kafka protocol guide, "Error Codes".

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Apache Kafka and what speaks its protocol.
pub static KIND: Kind = Kind {
    name: "kafka",
    title: "Kafka",
    aliases: &["msk", "redpanda"],
    default_port: Some(9092),
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
    proves: "Logs in with SASL (SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN, whichever the broker offers and accepts), sees \
             TOPIC with a leader for each partition, and can reach the addresses that the brokers advertise.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("kafka", "Kafka");

/// SASL_AUTHENTICATION_FAILED.
pub static BAD_PASSWORD: Class = Class::lasting(
    "kafka.bad_password",
    "The broker refused the user name and password (error 58, SASL_AUTHENTICATION_FAILED).",
    &[
        "the password was rotated and the container still has the old one",
        "the user exists for another SASL mechanism than the broker offers on this port",
        "on MSK: the secret is not associated with the cluster",
    ],
    "compare user name and password with the broker's",
    &cures::CREDENTIALS,
);
/// A listener with SASL, and no user.
pub static LOGIN_REQUIRED: Class = Class::lasting(
    "kafka.login_required",
    "The broker wants a SASL login on this port, and there is no user name.",
    &["USERNAME and PASSWORD are not set", "the port of another listener was meant"],
    "set USERNAME and PASSWORD, or use the port of a listener without SASL",
    &cures::VALUE,
);
/// A user, and a listener without SASL or with other mechanisms.
pub static LOGIN_NOT_OFFERED: Class = Class::lasting(
    "kafka.login_not_offered",
    "There is a user name, but on this port the broker takes no SASL login that is known here (error 33 or 34).",
    &[
        "the port of a listener without SASL",
        "the broker offers only mechanisms such as AWS_MSK_IAM, OAUTHBEARER or GSSAPI",
    ],
    "use the port of a listener with SCRAM or PLAIN",
    &cures::ADDRESS,
);
/// The port speaks TLS only.
pub static TLS_REQUIRED: Class = Class::lasting(
    "kafka.tls_required",
    "The port speaks Kafka only inside TLS, and was spoken to in plain.",
    &["SSLMODE is not set", "the port of the TLS listener (9093, 9094 or 9096) instead of the plain one"],
    "set SSLMODE=verify-full, or use the port of the plain listener",
    &cures::ADDRESS,
);
/// UNKNOWN_TOPIC_OR_PARTITION.
pub static NO_SUCH_TOPIC: Class = Class::healing(
    "kafka.no_such_topic",
    "The topic does not exist (error 3, UNKNOWN_TOPIC_OR_PARTITION).",
    &[
        "it was never created, and the broker does not create topics by itself",
        "a spelling mistake",
        "another cluster",
    ],
    "create the topic: kafka-topics.sh --create --topic NAME",
    &cures::SERVER_SIDE,
);
/// TOPIC_AUTHORIZATION_FAILED.
pub static PERMISSION_DENIED: Class = Class::lasting(
    "kafka.permission_denied",
    "The user may not see the topic or the cluster (error 29 or 31).",
    &[
        "no ACL allows Describe, Read or Write on the topic",
        "a spelling mistake in TOPIC, where ACLs go by prefix",
    ],
    "allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic NAME",
    &cures::SERVER_SIDE,
);
/// INVALID_TOPIC_EXCEPTION.
pub static BAD_TOPIC: Class = Class::lasting(
    "kafka.bad_topic",
    "TOPIC is no name that a topic can have (error 17, INVALID_TOPIC_EXCEPTION).",
    &["characters other than letters, digits, dot, underscore and hyphen", "several names in one variable"],
    "correct TOPIC",
    &cures::VALUE,
);
/// LEADER_NOT_AVAILABLE.
pub static NO_LEADER: Class = Class::healing(
    "kafka.no_leader",
    "A partition of the topic has no leader, so that it can be neither read nor written (error 5).",
    &[
        "brokers that hold its replicas are down",
        "the topic was created a moment ago",
        "an election is going on",
    ],
    "see kafka-topics.sh --describe --unavailable-partitions, and the brokers' health",
    &cures::SERVER_HEALTH,
);
/// An advertised address leads nowhere.
pub static ADVERTISED_LISTENER: Class = Class::healing(
    "kafka.advertised_listener",
    "The broker answers at this address, but tells clients to go on at another one that leads nowhere from here.",
    &[
        "advertised.listeners names a host that only the broker's own network knows, such as localhost or a container's name",
        "the advertised port is not published or not allowed by a firewall",
        "the broker is reached through a tunnel or load balancer that it does not know of",
    ],
    "set advertised.listeners at the broker to an address that this container can reach",
    &cures::SERVER_SIDE,
);
/// UNSUPPORTED_VERSION.
pub static UNSUPPORTED_VERSION: Class = Class::lasting(
    "kafka.unsupported_version",
    "The broker does not know the versions of the requests that are used here (error 35); they exist since Kafka 0.11.",
    &["a broker older than 0.11", "a product that speaks only a part of the protocol"],
    "upgrade the broker",
    &cures::SERVER_SIDE,
);

/// All of its own.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &LOGIN_REQUIRED,
    &LOGIN_NOT_OFFERED,
    &TLS_REQUIRED,
    &NO_SUCH_TOPIC,
    &PERMISSION_DENIED,
    &BAD_TOPIC,
    &NO_LEADER,
    &ADVERTISED_LISTENER,
    &UNSUPPORTED_VERSION,
];
