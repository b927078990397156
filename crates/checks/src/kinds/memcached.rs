//! Memcached. Answers: `doc/protocol.txt` and `doc/protocol-binary.txt` of its source.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Memcached.
pub static KIND: Kind = Kind {
    name: "memcached",
    title: "Memcached",
    aliases: &["memcache"],
    default_port: Some(11211),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The server says its version and answers a get of a key that need not exist; with USERNAME the login is \
             tried in the way that the server wants: SASL PLAIN in the binary protocol, or an account in the text \
             protocol.",
    classes: &[&BAD_PASSWORD, &PASSWORD_REQUIRED, &PASSWORD_NOT_SET, &TOO_MANY_CONNECTIONS, &TLS_REQUIRED],
    common: Some(&COMMON),
};

common_classes!("memcached", "Memcached");

/// The login was refused.
pub static BAD_PASSWORD: Class = Class::lasting(
    "memcached.bad_password",
    "The server does not know the user, or the user has another password.",
    &["the password was rotated", "the user belongs to another SASL realm"],
    "compare USERNAME and PASSWORD with what the server has",
    &cures::CREDENTIALS,
);
/// A login is wanted.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "memcached.password_required",
    "The server wants a login and none was given.",
    &["USERNAME and PASSWORD are not set", "the server was started with -S or -Y"],
    "set USERNAME and PASSWORD",
    &cures::CREDENTIALS,
);
/// A login where none is known.
pub static PASSWORD_NOT_SET: Class = Class::lasting(
    "memcached.password_not_set",
    "A user was given to a server that knows no logins, which client libraries take for an error.",
    &["the server was started without -S or -Y", "the wrong server"],
    "take USERNAME and PASSWORD away, or turn logins on at the server",
    &cures::CREDENTIALS,
);
/// Too many clients.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "memcached.too_many_connections",
    "The server takes no more connections.",
    &["clients that do not close their connections", "too many tasks with large pools", "a low limit (-c)"],
    "shrink the pools, or raise the server's limit of connections",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "memcached.tls_required",
    "The port speaks Memcached inside TLS only, and the connection was made in plain.",
    &["encryption in transit is on", "SSLMODE is not set"],
    "set SSLMODE=verify-full",
    &cures::VALUE,
);
