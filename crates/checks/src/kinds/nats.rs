//! NATS. The words of its errors: NATS client protocol, "-ERR", <https://docs.nats.io/reference/reference-protocols>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// NATS.
pub static KIND: Kind = Kind {
    name: "nats",
    title: "NATS",
    aliases: &["jetstream"],
    default_port: Some(4222),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Token,
        Attribute::Topic,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "Logs in with user and password or a token, inside TLS where the server demands it, and may subscribe to \
             the subject that TOPIC names. A connection called JETSTREAM also needs JetStream to be on.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("nats", "NATS");

/// 'Authorization Violation' with credentials.
pub static BAD_PASSWORD: Class = Class::lasting(
    "nats.bad_password",
    "The server refused the user, password or token ('Authorization Violation').",
    &[
        "the password or token was rotated and the container still has the old one",
        "the user does not exist on this server or in this account",
        "a token where user and password are wanted, or the other way round",
    ],
    "compare user and password, or the token, with the server's `authorization` section",
    &cures::CREDENTIALS,
);
/// 'Authorization Violation' without credentials.
pub static LOGIN_REQUIRED: Class = Class::lasting(
    "nats.login_required",
    "The server wants a login, and neither a user nor a token is set.",
    &["USERNAME and PASSWORD, or TOKEN, are not set"],
    "set USERNAME and PASSWORD, or TOKEN",
    &cures::VALUE,
);
/// 'User Authentication Expired'.
pub static LOGIN_EXPIRED: Class = Class::lasting(
    "nats.login_expired",
    "The user's or account's credentials have expired or were revoked.",
    &["a JWT with an end date", "the account was revoked"],
    "issue new credentials",
    &cures::CREDENTIALS,
);
/// 'Permissions Violation'.
pub static PERMISSION_DENIED: Class = Class::lasting(
    "nats.permission_denied",
    "The user is logged in but may not subscribe to the subject ('Permissions Violation').",
    &["the subject is not among the user's `subscribe` permissions", "a spelling mistake in TOPIC"],
    "allow the subject in the user's permissions",
    &cures::SERVER_SIDE,
);
/// 'Invalid Subject'.
pub static BAD_SUBJECT: Class = Class::lasting(
    "nats.bad_subject",
    "TOPIC is not a subject that NATS knows: white space, an empty part, or > before the end.",
    &["a typing error", "another system's topic, with slashes or wildcards of its own"],
    "separate the parts of a subject with single dots",
    &cures::VALUE,
);
/// 'maximum connections exceeded'.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "nats.too_many_connections",
    "The server or the account takes no more connections ('maximum connections exceeded').",
    &["connections leak in some client", "more replicas than `max_connections` was made for"],
    "close connections that are not needed, or raise max_connections",
    &cures::SERVER_HEALTH,
);
/// TLS is demanded by the server and forbidden by us.
pub static TLS_REQUIRED: Class = Class::lasting(
    "nats.tls_required",
    "The server takes only clients that use TLS, and SSLMODE says disable.",
    &["SSLMODE=disable is left over from a development server"],
    "set SSLMODE=verify-full, or leave it out",
    &cures::VALUE,
);
/// JetStream is wanted and off.
pub static NO_JETSTREAM: Class = Class::lasting(
    "nats.no_jetstream",
    "The connection is called JETSTREAM, but the server runs without JetStream.",
    &["the server's configuration has no `jetstream` section", "a leaf node or another cluster"],
    "turn JetStream on at the server",
    &cures::SERVER_SIDE,
);
/// The server is about to go.
pub static LAME_DUCK: Class = Class::healing(
    "nats.lame_duck",
    "The server is shutting down and will soon close its connections (lame duck mode).",
    &["a rolling upgrade of the cluster"],
    "wait for the upgrade, or connect to another server of the cluster",
    &cures::SERVER_HEALTH,
);

/// All of its own.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &LOGIN_REQUIRED,
    &LOGIN_EXPIRED,
    &PERMISSION_DENIED,
    &BAD_SUBJECT,
    &TOO_MANY_CONNECTIONS,
    &TLS_REQUIRED,
    &NO_JETSTREAM,
    &LAME_DUCK,
];
