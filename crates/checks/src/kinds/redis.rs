//! Redis, Valkey and what speaks their protocol. Error prefixes: the server's source, `src/server.c` (`shared`) and
//! `src/networking.c`; commands: <https://redis.io/docs/latest/commands/>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Redis and Valkey.
pub static KIND: Kind = Kind {
    name: "redis",
    title: "Redis",
    aliases: &["rediss", "valkey", "elasticache", "keydb"],
    default_port: Some(6379),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Username,
        Attribute::Password,
        Attribute::Database,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "AUTH with the ACL user or the password, SELECT of the database, PING, and reads of a key that need not \
             exist; a replica is a warning, a cluster that is down a failure.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_REQUIRED,
        &PASSWORD_NOT_SET,
        &NOT_PERMITTED,
        &BAD_DATABASE,
        &LOADING,
        &TOO_MANY_CONNECTIONS,
        &PROTECTED_MODE,
        &CLUSTER_DOWN,
        &CLUSTER_NODE_UNREACHABLE,
        &PRIMARY_DOWN,
        &READ_ONLY,
        &SENTINEL,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("redis", "Redis");

/// `WRONGPASS`.
pub static BAD_PASSWORD: Class = Class::lasting(
    "redis.bad_password",
    "The user does not exist, is disabled, or has another password (WRONGPASS).",
    &[
        "the password was rotated",
        "the password of another environment",
        "an ACL user that was never created",
    ],
    "compare USERNAME and PASSWORD with the server's ACL",
    &cures::CREDENTIALS,
);
/// `NOAUTH`.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "redis.password_required",
    "The server wants a password and none was given (NOAUTH).",
    &["PASSWORD is not set", "the server's requirepass or ACL was turned on later"],
    "set PASSWORD, and USERNAME if it is an ACL user",
    &cures::CREDENTIALS,
);
/// A password where none is set.
pub static PASSWORD_NOT_SET: Class = Class::lasting(
    "redis.password_not_set",
    "A password was given to a server that has none, which most client libraries take for an error.",
    &["a development server without requirepass", "the wrong server", "AUTH was turned off"],
    "take PASSWORD away, or set the password on the server",
    &cures::CREDENTIALS,
);
/// `NOPERM`.
pub static NOT_PERMITTED: Class = Class::lasting(
    "redis.not_permitted",
    "The user was let in but may run none of the commands that read (NOPERM).",
    &["the ACL user has no command rules, or only -@all", "the wrong ACL user"],
    "grant the user what the service needs, for instance ACL SETUSER name +@read +@write ~prefix:*",
    &cures::SERVER_SIDE,
);
/// `SELECT` was refused.
pub static BAD_DATABASE: Class = Class::lasting(
    "redis.bad_database",
    "The server has no database of that number, or is a cluster, which has only number 0.",
    &["`databases` on the server is lower", "cluster mode knows only database 0"],
    "use a DATABASE below the server's `databases` setting; 0 in a cluster",
    &cures::VALUE,
);
/// `LOADING`.
pub static LOADING: Class = Class::healing(
    "redis.loading",
    "The server is reading its data set into memory and answers nothing else yet (LOADING).",
    &["it was just started or failed over", "a large data set"],
    "wait: it will answer when the data set is loaded",
    &cures::SERVER_HEALTH,
);
/// Too many clients.
pub static TOO_MANY_CONNECTIONS: Class = Class::healing(
    "redis.too_many_connections",
    "The server takes no more clients (maxclients is reached).",
    &["clients that do not close their connections", "too many tasks with large pools", "a low maxclients"],
    "look at CLIENT LIST on the server, shrink the pools, or raise maxclients",
    &cures::SERVER_HEALTH,
);
/// `DENIED`.
pub static PROTECTED_MODE: Class = Class::lasting(
    "redis.protected_mode",
    "The server is in protected mode: without a password it answers only its own machine (DENIED).",
    &["a server without password and bind setting", "the default configuration in a container"],
    "set a password on the server, or protected-mode no if the network is private",
    &cures::SERVER_SIDE,
);
/// `CLUSTERDOWN`.
pub static CLUSTER_DOWN: Class = Class::healing(
    "redis.cluster_down",
    "The cluster does not serve requests (CLUSTERDOWN): slots have no node, or the majority is gone.",
    &["the cluster was never created (CLUSTER ADDSLOTS)", "a primary is down and was not replaced"],
    "look at CLUSTER INFO and CLUSTER NODES on the server",
    &cures::SERVER_HEALTH,
);
/// The node that `MOVED` names cannot be reached.
pub static CLUSTER_NODE_UNREACHABLE: Class = Class::healing(
    "redis.cluster_node_unreachable",
    "The cluster sends clients to a node that cannot be reached from here (MOVED).",
    &["the nodes announce addresses of their own network", "the firewall knows only the entry point"],
    "set cluster-announce-ip or -hostname on the nodes, or open the way to every node",
    &cures::ROUTE,
);
/// `MASTERDOWN`.
pub static PRIMARY_DOWN: Class = Class::healing(
    "redis.primary_down",
    "The replica has lost its primary and serves no stale data (MASTERDOWN).",
    &["the primary is down or unreachable for the replica", "a failover is under way"],
    "look at INFO replication on the replica and at the primary",
    &cures::SERVER_HEALTH,
);
/// A replica.
pub static READ_ONLY: Class = Class::healing(
    "redis.read_only",
    "The server is a read-only replica: every write would be refused (READONLY).",
    &["the address of the reader endpoint", "a failover turned the primary into a replica"],
    "use the primary's address if the service writes",
    &cures::ADDRESS,
);
/// A Sentinel.
pub static SENTINEL: Class = Class::lasting(
    "redis.sentinel",
    "The server is a Sentinel, which watches Redis servers and holds no data.",
    &["the Sentinel's port (26379) instead of the server's"],
    "ask the Sentinel for the primary's address, or use a client that does",
    &cures::ADDRESS,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "redis.tls_required",
    "The port speaks Redis inside TLS only, and the connection was made in plain.",
    &["transit encryption is on", "SSLMODE is not set and the scheme is not rediss"],
    "set SSLMODE=verify-full or use rediss://",
    &cures::VALUE,
);
