//! MongoDB and what speaks its protocol. Codes: `src/mongo/base/error_codes.yml` of its source; 8000 is Atlas's own.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// MongoDB.
pub static KIND: Kind = Kind {
    name: "mongodb",
    title: "MongoDB",
    aliases: &["mongo", "documentdb", "docdb"],
    default_port: Some(27017),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Database,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The login (in the database admin, unless the URL's authSource says another) and a list of the collections \
             of DATABASE, or of the databases that the user sees. A URL may name several hosts, or be mongodb+srv; the \
             first host that accepts is asked, and told if it is not the primary.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_REQUIRED,
        &NOT_PERMITTED,
        &NOT_PRIMARY,
        &SHUTTING_DOWN,
        &LOGIN_ONLY,
        &BAD_URL,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("mongodb", "MongoDB");

/// 18, `AuthenticationFailed`.
pub static BAD_PASSWORD: Class = Class::lasting(
    "mongodb.bad_password",
    "The server does not know the user in that database, or the user has another password (18, AuthenticationFailed).",
    &[
        "the password was rotated",
        "the user is defined in another database (authSource)",
        "another cluster's user",
    ],
    "compare USERNAME, PASSWORD and the URL's authSource with what the server has",
    &cures::CREDENTIALS,
);
/// 13 without a login.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "mongodb.password_required",
    "The server wants a login and none was given (13, Unauthorized).",
    &["USERNAME and PASSWORD are not set", "authorization was turned on later"],
    "set USERNAME and PASSWORD, or put them into URL",
    &cures::CREDENTIALS,
);
/// 13, `Unauthorized`.
pub static NOT_PERMITTED: Class = Class::lasting(
    "mongodb.not_permitted",
    "The user was let in but may not even list the collections of the database (13, Unauthorized).",
    &["no role for that database", "a typing error in DATABASE"],
    "grant a role such as readWrite on the database",
    &cures::SERVER_SIDE,
);
/// Not the primary.
pub static NOT_PRIMARY: Class = Class::healing(
    "mongodb.not_primary",
    "The server is not the primary of its replica set: it refuses writes, and reads unless they allow it.",
    &["the address of a single member", "an election is under way", "a reader endpoint"],
    "use the URL of the whole replica set, or the primary's address, if the service writes",
    &cures::ADDRESS,
);
/// 91 and 11600.
pub static SHUTTING_DOWN: Class = Class::healing(
    "mongodb.shutting_down",
    "The server is shutting down (91, 11600).",
    &["it is being restarted or replaced"],
    "wait until it is back, and look at its log if it does not come back",
    &cures::SERVER_HEALTH,
);
/// The login was proven, and nothing more.
pub static LOGIN_ONLY: Class = Class::lasting(
    "mongodb.login_only",
    "The server took the password, but ends its login in a way that the driver in preflight cannot follow; no read was \
     proven.",
    &["FerretDB 1, which wants one more exchange than it is asked for"],
    "nothing need be done if the service's own driver can speak to this server",
    &cures::SERVER_HEALTH,
);
/// The URL cannot be used.
pub static BAD_URL: Class = Class::lasting(
    "mongodb.bad_url",
    "The connection string cannot be understood, or its SRV record cannot be found.",
    &["a character in the password that must be percent-encoded", "an option that does not exist"],
    "percent-encode user and password in the URL, or give them as USERNAME and PASSWORD",
    &cures::VALUE,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "mongodb.tls_required",
    "The port speaks MongoDB inside TLS only, and the connection was made in plain.",
    &["tls=true is missing in the URL", "SSLMODE is not set", "DocumentDB wants TLS by default"],
    "set SSLMODE=verify-full, or tls=true in the URL",
    &cures::VALUE,
);
