//! One file a checker; each is a unit struct that implements [`crate::Checker`].

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
pub(crate) mod beside;
#[cfg(any(feature = "amqp", feature = "nats", feature = "mqtt", feature = "kafka", feature = "smtp"))]
pub(crate) mod broker;
#[cfg(feature = "cassandra")]
pub(crate) mod cassandra;
#[cfg(feature = "http")]
pub(crate) mod clickhouse;
pub(crate) mod command;
#[cfg(feature = "http")]
pub(crate) mod consul;
#[cfg(feature = "http")]
pub(crate) mod elasticsearch;
#[cfg(feature = "http")]
pub(crate) mod etcd;
pub(crate) mod file;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "http")]
pub(crate) mod influxdb;
#[cfg(feature = "kafka")]
pub(crate) mod kafka;
#[cfg(feature = "mqtt")]
pub(crate) mod mqtt;
#[cfg(feature = "mssql")]
pub(crate) mod mssql;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "nats")]
pub(crate) mod nats;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "ldap")]
pub(crate) mod ldap;
#[cfg(feature = "memcached")]
pub(crate) mod memcached;
#[cfg(feature = "mongodb")]
pub(crate) mod mongodb;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "http")]
mod rest;
#[cfg(feature = "smtp")]
pub(crate) mod smtp;
#[cfg(feature = "http")]
mod sql_over_http;
pub(crate) mod tcp;
pub(crate) mod tls;
#[cfg(feature = "http")]
pub(crate) mod vault;
pub(crate) mod wanted;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
pub(crate) mod sqs;
#[cfg(feature = "aws")]
pub(crate) mod sns;
#[cfg(feature = "aws")]
pub(crate) mod s3;
#[cfg(feature = "aws")]
pub(crate) mod ssm;
#[cfg(feature = "aws")]
pub(crate) mod secretsmanager;
#[cfg(feature = "aws")]
pub(crate) mod sts;
