//! One file a checker; each is a unit struct that implements [`crate::Checker`].

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
pub(crate) mod beside;
#[cfg(any(feature = "amqp", feature = "nats", feature = "mqtt", feature = "kafka", feature = "smtp"))]
pub(crate) mod broker;
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
#[cfg(feature = "mqtt")]
pub(crate) mod mqtt;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "nats")]
pub(crate) mod nats;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "http")]
mod rest;
#[cfg(feature = "smtp")]
pub(crate) mod smtp;
pub(crate) mod tcp;
pub(crate) mod tls;
#[cfg(feature = "http")]
pub(crate) mod vault;
pub(crate) mod wanted;
