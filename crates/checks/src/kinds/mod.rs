//! The kinds of checks and their failure classes: data only, always compiled in, whatever drivers are.
//!
//! One file a kind. The names of classes are a public contract; `docs/classes.md` is generated from these tables.

pub mod amqp;
pub mod cassandra;
pub mod clickhouse;
pub mod command;
pub mod consul;
pub mod dns;
pub mod elasticsearch;
pub mod env;
pub mod etcd;
pub mod file;
pub mod general;
pub mod http;
pub mod influxdb;
pub mod kafka;
pub mod mqtt;
pub mod mssql;
pub mod mysql;
pub mod nats;
pub mod postgres;
pub mod ldap;
pub mod memcached;
pub mod mongodb;
pub mod redis;
pub mod smtp;
pub mod tcp;
pub mod tls;
pub mod vault;
pub mod aws;
pub mod sqs;
pub mod sns;
pub mod s3;
pub mod ssm;
pub mod secretsmanager;
pub mod sts;
pub mod grpc;
pub mod disk;
pub mod memory;
pub mod clock;
