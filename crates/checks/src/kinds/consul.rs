//! HashiCorp Consul. Answers: <https://developer.hashicorp.com/consul/api-docs>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Consul.
pub static KIND: Kind = Kind {
    name: "consul",
    title: "Consul",
    aliases: &[],
    default_port: Some(8500),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Token,
        Attribute::Path,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The agent knows a leader, takes the TOKEN, and lets it read the key PATH; a PATH that ends in a slash is \
             a prefix.",
    classes: &[&NO_LEADER, &BAD_TOKEN, &NOT_PERMITTED, &NO_SUCH_KEY, &RATE_LIMITED, &TLS_REQUIRED],
    common: Some(&COMMON),
};

common_classes!("consul", "Consul");

/// No leader.
pub static NO_LEADER: Class = Class::healing(
    "consul.no_leader",
    "The agent answers, but its cluster has no leader, so nothing can be read or written.",
    &[
        "the servers are starting",
        "the majority of the servers is gone",
        "the agent cannot reach its servers",
    ],
    "look at `consul members` and `consul operator raft list-peers`",
    &cures::SERVER_HEALTH,
);
/// The token is unknown.
pub static BAD_TOKEN: Class = Class::lasting(
    "consul.bad_token",
    "Consul does not know the token: it never existed here, was deleted, or has expired.",
    &["the token of another cluster or datacenter", "the token was rotated", "the token's TTL is over"],
    "compare TOKEN with `consul acl token list`",
    &cures::CREDENTIALS,
);
/// The token may not.
pub static NOT_PERMITTED: Class = Class::lasting(
    "consul.not_permitted",
    "The token, or the anonymous one if none is given, may not read what the service needs.",
    &["the policy lacks the key prefix", "TOKEN is not set and the default policy is deny"],
    "add a rule such as key_prefix \"app/\" { policy = \"read\" } to a policy of the token",
    &cures::SERVER_SIDE,
);
/// The key does not exist.
pub static NO_SUCH_KEY: Class = Class::healing(
    "consul.no_such_key",
    "There is no such key, nor any below it.",
    &["the configuration was not published yet", "a typing error in PATH", "the key of another environment"],
    "write the key, or correct PATH; `consul kv get -keys` lists what there is",
    &cures::SERVER_SIDE,
);
/// Too many requests.
pub static RATE_LIMITED: Class = Class::healing(
    "consul.rate_limited",
    "Consul turns requests away because there are too many of them (429).",
    &["many containers start at once", "a low limit per client or server"],
    "spread the starts, or raise the limits of Consul",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "consul.tls_required",
    "The port speaks HTTPS only, and was spoken to in plain HTTP.",
    &["the HTTPS port (8501) with SCHEME=http or none", "verify_incoming on the agent"],
    "set SCHEME=https, or use the plain port",
    &cures::VALUE,
);
