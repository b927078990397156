//! etcd, spoken to through its JSON gateway: <https://etcd.io/docs/latest/dev-guide/api_grpc_gateway/>. Codes are those
//! of gRPC.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// etcd.
pub static KIND: Kind = Kind {
    name: "etcd",
    title: "etcd",
    aliases: &[],
    default_port: Some(2379),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Username,
        Attribute::Password,
        Attribute::Path,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The member lets the user in and reads the keys that begin with PATH, which takes a leader and a \
             majority.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_REQUIRED,
        &AUTH_NOT_ENABLED,
        &NOT_PERMITTED,
        &NO_SUCH_KEY,
        &NO_LEADER,
        &NO_SPACE,
        &OVERLOADED,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("etcd", "etcd");

/// Unknown user or wrong password.
pub static BAD_PASSWORD: Class = Class::lasting(
    "etcd.bad_password",
    "etcd does not know the user, or the user has another password.",
    &["the password was rotated", "the user of another cluster"],
    "compare USERNAME and PASSWORD with what the cluster has",
    &cures::CREDENTIALS,
);
/// No user where one is wanted.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "etcd.password_required",
    "Authentication is enabled in etcd and no user was given.",
    &["USERNAME and PASSWORD are not set", "authentication was enabled later"],
    "set USERNAME and PASSWORD",
    &cures::CREDENTIALS,
);
/// A user where none is wanted.
pub static AUTH_NOT_ENABLED: Class = Class::lasting(
    "etcd.auth_not_enabled",
    "A user was given, but authentication is not enabled in etcd: everybody may read and write everything.",
    &["`etcdctl auth enable` was forgotten", "a development cluster"],
    "enable authentication, or take USERNAME and PASSWORD away",
    &cures::SERVER_SIDE,
);
/// The user may not.
pub static NOT_PERMITTED: Class = Class::lasting(
    "etcd.not_permitted",
    "The user may not read those keys.",
    &["no role of the user covers the prefix", "a typing error in PATH"],
    "grant a role that reads the prefix: etcdctl role grant-permission --prefix=true ROLE read PATH",
    &cures::SERVER_SIDE,
);
/// The key does not exist.
pub static NO_SUCH_KEY: Class = Class::healing(
    "etcd.no_such_key",
    "There is no key that begins so.",
    &["the configuration was not published yet", "a typing error in PATH", "the key of another environment"],
    "write the key, or correct PATH; `etcdctl get --prefix --keys-only` lists what there is",
    &cures::SERVER_SIDE,
);
/// No leader.
pub static NO_LEADER: Class = Class::healing(
    "etcd.no_leader",
    "The member answers, but the cluster has no leader or no majority.",
    &["members are down or cannot reach each other", "the cluster is starting"],
    "look at `etcdctl endpoint status --cluster` and `member list`",
    &cures::SERVER_HEALTH,
);
/// The NOSPACE alarm.
pub static NO_SPACE: Class = Class::healing(
    "etcd.no_space",
    "The database has reached its quota: etcd answers reads but refuses every write (alarm NOSPACE).",
    &["no compaction or defragmentation", "a low --quota-backend-bytes"],
    "compact and defragment, then `etcdctl alarm disarm`",
    &cures::SERVER_HEALTH,
);
/// Too many requests.
pub static OVERLOADED: Class = Class::healing(
    "etcd.overloaded",
    "etcd turns requests away because there are too many of them.",
    &["many containers start at once", "a slow disk under etcd"],
    "look at the disk latency and the load of the members",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "etcd.tls_required",
    "The port speaks HTTPS only, and was spoken to in plain HTTP.",
    &["SCHEME or URL does not say https"],
    "set SCHEME=https",
    &cures::VALUE,
);
