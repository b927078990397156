//! ClickHouse. Answers: <https://clickhouse.com/docs/interfaces/http>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// ClickHouse, over its HTTP interface.
pub static KIND: Kind = Kind {
    name: "clickhouse",
    title: "ClickHouse",
    aliases: &["ch", "chproxy"],
    default_port: Some(8123),
    address: Address::Required,
    attributes: &[
        Attribute::Username,
        Attribute::Password,
        Attribute::Address,
        Attribute::Port,
        Attribute::Database,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The HTTP interface (8123, or 8443 with SCHEME=https) lets the user in, and a SELECT in the database is \
             answered; a user who may only read is a warning, and so is the port of the native protocol, where no \
             login is tried.",
    classes: &[
        &BAD_PASSWORD,
        &NO_SUCH_USER,
        &NO_SUCH_DATABASE,
        &NOT_PERMITTED,
        &HOST_DENIED,
        &OVERLOADED,
        &QUOTA_EXCEEDED,
        &READ_ONLY,
        &NATIVE_PORT,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("clickhouse", "ClickHouse");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "clickhouse.bad_password",
    "The server refused the user's credentials (code 516, 193 or 194).",
    &[
        "the password is wrong, or was rotated after the container started",
        "no password is given and the user has one",
        "the user does not exist: newer servers do not tell the difference",
    ],
    "compare user and password with the server's; after a rotation start the container anew",
    &cures::CREDENTIALS,
);
/// The user does not exist.
pub static NO_SUCH_USER: Class = Class::lasting(
    "clickhouse.no_such_user",
    "The server knows no user of that name (code 192).",
    &["a typing error in the name", "the user was not created on this server or replica", "the wrong server"],
    "create the user, or correct its name",
    &cures::SERVER_SIDE,
);
/// The database does not exist.
pub static NO_SUCH_DATABASE: Class = Class::lasting(
    "clickhouse.no_such_database",
    "The user was let in, but the server has no database of that name (code 81).",
    &["a typing error in the name", "migrations did not run, or only on another replica", "the wrong server"],
    "create the database (ON CLUSTER where there are replicas), or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "clickhouse.not_permitted",
    "The user lacks the right for that (code 497 or 291).",
    &["a grant is missing", "the database is not among the user's allow_databases"],
    "grant it, for instance `GRANT SELECT ON database.* TO user`",
    &cures::SERVER_SIDE,
);
/// The user may not come from here.
pub static HOST_DENIED: Class = Class::lasting(
    "clickhouse.host_denied",
    "The user may not connect from this address (code 195).",
    &["the user's networks do not hold this container's", "the container's network has changed"],
    "add this network to the user's HOST or <networks>",
    &cures::SERVER_SIDE,
);
/// It has too much to do.
pub static OVERLOADED: Class = Class::healing(
    "clickhouse.overloaded",
    "The server takes no more queries at the moment (code 202, 203, 241 or 745, or HTTP 503).",
    &["max_concurrent_queries is reached", "its memory limit is reached", "it is starting"],
    "look at system.processes and the server's limits",
    &cures::SERVER_HEALTH,
);
/// The quota is used up.
pub static QUOTA_EXCEEDED: Class = Class::healing(
    "clickhouse.quota_exceeded",
    "The user's quota for this interval is used up (code 201).",
    &["more queries, errors or rows than the quota allows"],
    "wait for the interval's end, or raise the quota",
    &cures::SERVER_SIDE,
);
/// The user may only read.
pub static READ_ONLY: Class = Class::lasting(
    "clickhouse.read_only",
    "The user may only read: its profile has `readonly` set.",
    &["it is meant to be so", "the wrong user"],
    "use another user if the service writes",
    &cures::SERVER_SIDE,
);
/// The native port.
pub static NATIVE_PORT: Class = Class::lasting(
    "clickhouse.native_port",
    "The port is that of ClickHouse's native protocol: it is ClickHouse that answers, but no login was tried.",
    &["the service's driver speaks the native protocol", "9000 instead of 8123, or 9440 instead of 8443"],
    "nothing if the service speaks the native protocol; else use the HTTP port",
    &cures::ADDRESS,
);
/// The port wants TLS.
pub static TLS_REQUIRED: Class = Class::lasting(
    "clickhouse.tls_required",
    "The port speaks https only, and was spoken to in http.",
    &["8443 or 9440 without SCHEME=https"],
    "set SCHEME=https, or use the plain port",
    &cures::ADDRESS,
);
