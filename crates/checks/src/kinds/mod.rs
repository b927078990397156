//! The kinds of checks and their failure classes: data only, always compiled in, whatever drivers are.
//!
//! One file a kind. The names of classes are a public contract; `docs/classes.md` is generated from these tables.

pub mod amqp;
pub mod aws;
pub mod cassandra;
pub mod clickhouse;
pub mod clock;
pub mod command;
pub mod consul;
pub mod disk;
pub mod dns;
pub mod elasticsearch;
pub mod env;
pub mod etcd;
pub mod file;
pub mod general;
pub mod grpc;
pub mod http;
pub mod influxdb;
pub mod kafka;
pub mod ldap;
pub mod memcached;
pub mod memory;
pub mod mongodb;
pub mod mqtt;
pub mod mssql;
pub mod mysql;
pub mod nats;
pub mod postgres;
pub mod redis;
pub mod s3;
pub mod secretsmanager;
pub mod smtp;
pub mod sns;
pub mod sqs;
pub mod ssm;
pub mod sts;
pub mod tcp;
pub mod tls;
pub mod vault;
