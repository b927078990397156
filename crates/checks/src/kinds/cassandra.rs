//! Apache Cassandra, ScyllaDB and Amazon Keyspaces. Error codes: CQL binary protocol v4, section 9.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Cassandra.
pub static KIND: Kind = Kind {
    name: "cassandra",
    title: "Cassandra",
    aliases: &["scylla", "scylladb", "keyspaces", "cql", "astra"],
    default_port: Some(9042),
    address: Address::Required,
    attributes: &[
        Attribute::Username,
        Attribute::Password,
        Attribute::Address,
        Attribute::Port,
        Attribute::Database,
        Attribute::Url,
        Attribute::Sslmode,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Sslrootcertpath,
        Attribute::Timeout,
    ],
    proves: "The node that was reached lets the user in and, with DATABASE, has that keyspace and lets the user read \
             one row of one of its tables. TLS is used when SSLMODE asks for it, and on port 9142.",
    classes: &[
        &BAD_PASSWORD,
        &NO_CREDENTIALS,
        &UNSUPPORTED_LOGIN,
        &NO_SUCH_KEYSPACE,
        &NOT_PERMITTED,
        &STARTING_UP,
        &OVERLOADED,
        &UNAVAILABLE,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("cassandra", "Cassandra");

/// The password is wrong.
pub static BAD_PASSWORD: Class = Class::lasting(
    "cassandra.bad_password",
    "The node refused the user's credentials (code 0x0100).",
    &[
        "the password is wrong, or was rotated after the container started",
        "the role does not exist or may not log in (LOGIN = false)",
        "Keyspaces: the service-specific credentials belong to another user or Region",
    ],
    "compare user and password with the cluster's; after a rotation start the container anew",
    &cures::CREDENTIALS,
);
/// Nothing to log in with.
pub static NO_CREDENTIALS: Class = Class::lasting(
    "cassandra.no_credentials",
    "The node wants a user and a password, and none are given.",
    &["USERNAME and PASSWORD are not declared or not set"],
    "set USERNAME and PASSWORD",
    &cures::VALUE,
);
/// The way of logging in is not spoken here.
pub static UNSUPPORTED_LOGIN: Class = Class::lasting(
    "cassandra.unsupported_login",
    "The node asks for a way of logging in that is not spoken here.",
    &["an authenticator for Kerberos, LDAP or AWS Signature 4"],
    "use an authenticator that takes a user and a password",
    &cures::SERVER_SIDE,
);
/// The keyspace does not exist.
pub static NO_SUCH_KEYSPACE: Class = Class::lasting(
    "cassandra.no_such_keyspace",
    "The user was let in, but the cluster has no keyspace of that name.",
    &[
        "a typing error in the name",
        "names in capitals must be quoted when they are created",
        "migrations did not run",
    ],
    "create the keyspace, or correct DATABASE",
    &cures::SERVER_SIDE,
);
/// A right is missing.
pub static NOT_PERMITTED: Class = Class::lasting(
    "cassandra.not_permitted",
    "The user lacks the right for that (code 0x2100).",
    &["a grant is missing"],
    "`GRANT SELECT ON KEYSPACE … TO …`, and MODIFY where the service writes",
    &cures::SERVER_SIDE,
);
/// It is not ready yet.
pub static STARTING_UP: Class = Class::healing(
    "cassandra.starting_up",
    "The node is joining its ring and takes no requests yet (code 0x1002).",
    &["it has just been started"],
    "wait for it, for instance with `wait: 120s`",
    &cures::SERVER_HEALTH,
);
/// It has too much to do.
pub static OVERLOADED: Class = Class::healing(
    "cassandra.overloaded",
    "The node has too much to do, or is limited to fewer requests (code 0x1001).",
    &["too many requests", "Scylla: the service level's limit"],
    "look at the node's load",
    &cures::SERVER_HEALTH,
);
/// Too few replicas.
pub static UNAVAILABLE: Class = Class::healing(
    "cassandra.unavailable",
    "The node answers, but too few replicas do (code 0x1000, 0x1200 or 0x1300).",
    &[
        "nodes are down",
        "the keyspace is replicated into a datacenter that does not exist",
        "the accounts' keyspace \
       has too few replicas",
    ],
    "look at `nodetool status` and the keyspace's replication",
    &cures::SERVER_HEALTH,
);
/// The port wants TLS.
pub static TLS_REQUIRED: Class = Class::lasting(
    "cassandra.tls_required",
    "The port speaks only TLS, and was spoken to in plain.",
    &["client_encryption_options are on", "Keyspaces and Astra take nothing else"],
    "set SSLMODE=verify-full, with SSLROOTCERTPATH where the authority is private",
    &cures::VALUE,
);
