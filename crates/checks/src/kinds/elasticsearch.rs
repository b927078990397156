//! Elasticsearch and OpenSearch. Error types: `ElasticsearchException` and its heirs in either project's source.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Elasticsearch and OpenSearch.
pub static KIND: Kind = Kind {
    name: "elasticsearch",
    title: "Elasticsearch",
    aliases: &["opensearch", "elastic", "es"],
    default_port: Some(9200),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Username,
        Attribute::Password,
        Attribute::Token,
        Attribute::Database,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The cluster lets us in with USERNAME and PASSWORD or with TOKEN (an API key or a bearer token), is not red, \
             and the index DATABASE can be searched; an index that refuses writes is a warning.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_REQUIRED,
        &NOT_PERMITTED,
        &NO_SUCH_INDEX,
        &INDEX_CLOSED,
        &INDEX_READ_ONLY,
        &RED,
        &YELLOW,
        &NO_LEADER,
        &OVERLOADED,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("elasticsearch", "Elasticsearch");

/// Wrong credentials.
pub static BAD_PASSWORD: Class = Class::lasting(
    "elasticsearch.bad_password",
    "The cluster does not take the user and password, or the token (401).",
    &["the password was rotated", "an API key that was invalidated or has expired"],
    "compare the credentials with what the cluster has",
    &cures::CREDENTIALS,
);
/// No credentials.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "elasticsearch.password_required",
    "The cluster wants to know who we are, and no credentials were given (401).",
    &["USERNAME and PASSWORD, or TOKEN, are not set", "security is on by default since version 8"],
    "set USERNAME and PASSWORD, or TOKEN",
    &cures::CREDENTIALS,
);
/// Not permitted.
pub static NOT_PERMITTED: Class = Class::lasting(
    "elasticsearch.not_permitted",
    "The user was recognized but may not do what the service needs (403).",
    &["no role covers the index", "the index name does not match the role's pattern"],
    "give a role of the user the privilege that the line names, on that index",
    &cures::SERVER_SIDE,
);
/// The index does not exist.
pub static NO_SUCH_INDEX: Class = Class::healing(
    "elasticsearch.no_such_index",
    "There is no index, alias or data stream of that name.",
    &["the migration that makes it did not run", "a typing error in DATABASE"],
    "create the index, or correct DATABASE; GET /_cat/indices lists what there is",
    &cures::SERVER_SIDE,
);
/// The index is closed.
pub static INDEX_CLOSED: Class = Class::healing(
    "elasticsearch.index_closed",
    "The index exists but is closed: it can neither be read nor written.",
    &["it was closed to save memory or to change its settings"],
    "open it: POST /INDEX/_open",
    &cures::SERVER_SIDE,
);
/// The index refuses writes.
pub static INDEX_READ_ONLY: Class = Class::healing(
    "elasticsearch.index_read_only",
    "The index has a write block: it can be read, but every write would be refused.",
    &["a disk went over the flood-stage watermark", "a block that was set on purpose"],
    "free disk space, then set index.blocks.read_only_allow_delete to null",
    &cures::SERVER_HEALTH,
);
/// Red.
pub static RED: Class = Class::healing(
    "elasticsearch.red",
    "The health is red: at least one primary shard has no node, so that data is missing.",
    &["nodes are down or still starting", "a disk is full", "a shard is damaged"],
    "ask GET /_cluster/allocation/explain why the shard has no node",
    &cures::SERVER_HEALTH,
);
/// Yellow.
pub static YELLOW: Class = Class::healing(
    "elasticsearch.yellow",
    "The health is yellow: all data is there, but not all copies of it.",
    &["a node is down", "one node alone, and indices that want replicas"],
    "bring the missing node back, or set number_of_replicas to what the nodes can hold",
    &cures::SERVER_HEALTH,
);
/// No elected leader.
pub static NO_LEADER: Class = Class::healing(
    "elasticsearch.no_leader",
    "The node answers, but its cluster has elected no master, or is not set up yet (503).",
    &[
        "nodes are starting",
        "the majority of master-eligible nodes is gone",
        "security is not initialized yet",
    ],
    "look at the node's log for elections and discovery",
    &cures::SERVER_HEALTH,
);
/// Too much to do.
pub static OVERLOADED: Class = Class::healing(
    "elasticsearch.overloaded",
    "The node turns requests away because it has too much to do (429).",
    &["a circuit breaker has tripped for want of memory", "queues are full"],
    "look at the heap and the thread pools of the nodes",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "elasticsearch.tls_required",
    "The port speaks HTTPS only, and was spoken to in plain HTTP.",
    &["SCHEME or URL does not say https", "security is on by default since version 8"],
    "set SCHEME=https",
    &cures::VALUE,
);
