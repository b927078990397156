//! The real servers that tests talk to: what each needs, how it starts, and the list of them all.
//!
//! A server is one file here and one line in [`REGISTRY`]. It starts inside its [`Workspace`] as many processes as its
//! tests need (with TLS, without, read-only, …) and returns its *facts*: a JSON object with all that a test must know,
//! which ends up under the server's name in the facts file.

pub mod certificates;
pub mod commands;
pub mod fleet;
pub mod ledger;
pub mod need;
pub mod probe;
pub mod process;
pub mod workspace;

mod aws;
mod cassandra;
mod chromium;
mod clickhouse;
mod consul;
mod container;
mod dns;
mod etcd;
mod ferretdb;
mod golang;
mod grpc;
mod influxdb;
mod java;
mod kafka;
mod ldap;
mod mariadb;
mod memcached;
mod mosquitto;
mod nats;
mod ntp;
mod opensearch;
mod postgres;
mod rabbitmq;
mod redis;
mod runit;
mod smtp;
mod vault;
mod web;

use crate::failure::Failure;
pub use consul::program as consul_program;
pub use need::Need;
pub use process::Process;
use serde_json::Value;
use std::path::{Path, PathBuf};
pub use workspace::Workspace;

/// A real server for tests.
pub trait Server: Sync {
    /// Its name: on the command line, in the facts file, and of its folder.
    fn name(&self) -> &'static str;

    /// What it is for, in a few words that explain why something gets installed.
    fn purpose(&self) -> &'static str;

    /// What it needs on the machine.
    fn needs(&self) -> &'static [Need];

    /// Why it is left out of a run that does not name it, when what it needs is optional and not in `store`.
    fn left_out(&self, store: &Path) -> Option<String> {
        let _ = store;
        None
    }

    /// Starts it, waits until it really answers, and returns its facts.
    /// Processes it started are stopped by the caller, also when it fails half way.
    ///
    /// # Errors
    /// When it cannot be started or is not ready in time.
    fn start(&self, workspace: &Workspace) -> Result<Value, Failure>;
}

/// Every server there is, in the order they are listed.
pub const REGISTRY: &[&dyn Server] = &[
    &postgres::Postgres,
    &mariadb::MariaDb,
    &redis::Redis,
    &rabbitmq::RabbitMq,
    &nats::Nats,
    &mosquitto::Mosquitto,
    &memcached::Memcached,
    &etcd::Etcd,
    &ldap::Ldap,
    &smtp::Smtp,
    &influxdb::InfluxDb,
    &clickhouse::ClickHouse,
    &aws::Aws,
    &consul::Consul,
    &kafka::Kafka,
    &cassandra::Cassandra,
    &opensearch::OpenSearch,
    &dns::Dns,
    &vault::Vault,
    &ferretdb::FerretDb,
    &web::Web,
    &grpc::Grpc,
    &ntp::Ntp,
    &container::Container,
    &runit::Runit,
    &chromium::Chromium,
];

/// The folder of everything that belongs to servers but not to one run: `target/servers`.
pub fn home() -> PathBuf {
    root().join("target/servers")
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_fit_a_command_line() {
        let names: BTreeSet<_> = REGISTRY.iter().map(|server| server.name()).collect();
        assert_eq!(names.len(), REGISTRY.len());
        let fits = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        assert!(names.iter().all(|name| fits(name)), "{names:?}");
    }

    #[test]
    fn every_server_says_what_it_is_for_and_what_it_needs() {
        for server in REGISTRY {
            assert!(!server.purpose().is_empty(), "{}", server.name());
            assert!(!server.needs().is_empty(), "{}", server.name());
            assert!(server.needs().iter().all(|need| !need.label().is_empty()), "{}", server.name());
        }
    }
}
