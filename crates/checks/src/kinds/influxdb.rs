//! InfluxDB 1, 2 and 3. Answers: <https://docs.influxdata.com/influxdb/v1/tools/api/>, <https://docs.influxdata.com/influxdb/v2/api/>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// InfluxDB.
pub static KIND: Kind = Kind {
    name: "influxdb",
    title: "InfluxDB",
    aliases: &["influx"],
    default_port: Some(8086),
    address: Address::Required,
    attributes: &[
        Attribute::Username,
        Attribute::Password,
        Attribute::Token,
        Attribute::Address,
        Attribute::Port,
        Attribute::Database,
        Attribute::Bucket,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "Version 1: the user is let in and may read the DATABASE. Version 2 and later: the server is healthy, the \
             TOKEN is taken and sees the BUCKET.",
    classes: &[
        &BAD_PASSWORD,
        &BAD_TOKEN,
        &NO_CREDENTIALS,
        &NO_SUCH_DATABASE,
        &NO_SUCH_BUCKET,
        &NOT_PERMITTED,
        &UNHEALTHY,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("influxdb", "InfluxDB");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "influxdb.bad_password",
    "The server refused user and password.",
    &["the password is wrong, or was rotated after the container started", "the user does not exist"],
    "compare user and password with the server's (`SHOW USERS`)",
    &cures::CREDENTIALS,
);
/// The token is wrong.
pub static BAD_TOKEN: Class = Class::lasting(
    "influxdb.bad_token",
    "The server does not take the token.",
    &["the token was deleted, deactivated or rotated", "the token of another instance or organization"],
    "compare TOKEN with `influx auth list`",
    &cures::CREDENTIALS,
);
/// Nothing to log in with.
pub static NO_CREDENTIALS: Class = Class::lasting(
    "influxdb.no_credentials",
    "The server wants credentials, and none are given.",
    &["TOKEN (version 2 and later) or USERNAME and PASSWORD (version 1) are not declared or not set"],
    "set TOKEN, or USERNAME and PASSWORD",
    &cures::VALUE,
);
/// The database does not exist.
pub static NO_SUCH_DATABASE: Class = Class::lasting(
    "influxdb.no_such_database",
    "The user was let in, but the server has no database of that name.",
    &["a typing error in the name", "the database was not created", "the wrong server"],
    "`CREATE DATABASE …`, or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// The bucket does not exist.
pub static NO_SUCH_BUCKET: Class = Class::lasting(
    "influxdb.no_such_bucket",
    "The token was taken, but it sees no bucket of that name.",
    &[
        "a typing error in the name",
        "the bucket was not created",
        "the token may not read it: that looks the same",
    ],
    "create the bucket, let the token read it (`influx auth create --read-bucket`), or correct BUCKET",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "influxdb.not_permitted",
    "The user or token lacks the right for that.",
    &["a grant is missing", "the database does not exist: users without rights on it are told no more"],
    "grant it: `GRANT READ ON database TO user`, or a token with more rights",
    &cures::SERVER_SIDE,
);
/// It is not well.
pub static UNHEALTHY: Class = Class::healing(
    "influxdb.unhealthy",
    "The server says of itself that it is not healthy, or that it is not available.",
    &["it is starting", "its storage has failed"],
    "look at its log and at /health",
    &cures::SERVER_HEALTH,
);
/// The port wants TLS.
pub static TLS_REQUIRED: Class = Class::lasting(
    "influxdb.tls_required",
    "The port speaks https only, and was spoken to in http.",
    &["SCHEME is not set to https"],
    "set SCHEME=https",
    &cures::ADDRESS,
);
