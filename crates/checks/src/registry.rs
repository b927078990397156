//! All kinds of checks: one line each.

use preflight_contract::KindName;

use crate::{Checker, Class, Kind, kind, kinds};

/// A kind and, if this build has its driver, what proves it.
pub struct Entry {
    /// The kind's data.
    pub kind: &'static Kind,
    /// The cargo feature that brings its driver; empty for what is always there.
    pub feature: &'static str,
    /// The checker; none in a build without the driver.
    pub checker: Option<&'static dyn Checker>,
}

macro_rules! entry {
    ($module:ident, $checker:ident) => {
        Entry { kind: &kinds::$module::KIND, feature: "", checker: Some(&crate::checkers::$module::$checker) }
    };
    ($module:ident, $checker:ident, $feature:literal) => {
        Entry {
            kind: &kinds::$module::KIND,
            feature: $feature,
            #[cfg(feature = $feature)]
            checker: Some(&crate::checkers::$module::$checker),
            #[cfg(not(feature = $feature))]
            checker: None,
        }
    };
}

/// The registry. To add a kind is a line here and its two files.
pub static REGISTRY: &[Entry] = &[
    entry!(http, Http, "http"),
    entry!(grpc, Grpc, "grpc"),
    entry!(file, File),
    entry!(command, Command),
    entry!(disk, Disk),
    entry!(memory, Memory),
    entry!(clock, Clock),
    entry!(sqs, Sqs, "aws"),
    entry!(sns, Sns, "aws"),
    entry!(s3, S3, "aws"),
    entry!(ssm, Ssm, "aws"),
    entry!(secretsmanager, SecretsManager, "aws"),
    entry!(sts, Sts, "aws"),
    entry!(amqp, Amqp, "amqp"),
    entry!(nats, Nats, "nats"),
    entry!(kafka, Kafka, "kafka"),
    entry!(mqtt, Mqtt, "mqtt"),
    entry!(smtp, Smtp, "smtp"),
    entry!(redis, Redis, "redis"),
    entry!(mongodb, MongoDb, "mongodb"),
    entry!(memcached, Memcached, "memcached"),
    entry!(ldap, Ldap, "ldap"),
    entry!(consul, Consul, "http"),
    entry!(etcd, Etcd, "http"),
    entry!(vault, Vault, "http"),
    entry!(elasticsearch, Elasticsearch, "http"),
    entry!(tcp, Tcp),
    entry!(tls, Tls),
    entry!(postgres, Postgres, "postgres"),
    entry!(mysql, Mysql, "mysql"),
    entry!(cassandra, Cassandra, "cassandra"),
    entry!(mssql, Mssql, "mssql"),
    entry!(clickhouse, ClickHouse, "http"),
    entry!(influxdb, InfluxDb, "http"),
];

/// The kind of that name or alias.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.kind.name == name || entry.kind.aliases.contains(&name))
}

/// What the contract must know of the kinds to read a file and group variables.
#[must_use]
pub fn vocabulary() -> Vec<KindName> {
    REGISTRY
        .iter()
        .filter(|entry| !entry.kind.attributes.is_empty())
        .map(|entry| KindName {
            name: entry.kind.name,
            aliases: entry.kind.aliases,
            default_port: entry.kind.default_port,
            needs_address: entry.kind.address == kind::Address::Required,
        })
        .collect()
}

/// Every class there is: those of the layers first, then those of the kinds, each once.
#[must_use]
pub fn classes() -> Vec<&'static Class> {
    let mut all: Vec<&'static Class> = Vec::new();
    let layers = [kinds::env::CLASSES, kinds::dns::CLASSES, kinds::tcp::CLASSES, kinds::tls::CLASSES];
    for class in layers.into_iter().flatten() {
        all.push(class);
    }
    for entry in REGISTRY {
        let common = entry
            .kind
            .common
            .map(|common| [common.timeout, common.closed, common.wrong_protocol, common.error]);
        for class in entry.kind.classes.iter().copied().chain(common.into_iter().flatten()) {
            if !all.contains(&class) {
                all.push(class);
            }
        }
    }
    all.extend(kinds::general::CLASSES);
    all
}

/// The class of that name.
#[must_use]
pub fn class(name: &str) -> Option<&'static Class> {
    classes().into_iter().find(|class| class.name == name)
}
