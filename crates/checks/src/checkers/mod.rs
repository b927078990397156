//! One file a checker; each is a unit struct that implements [`crate::Checker`].

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
#[cfg(any(feature = "amqp", feature = "nats", feature = "mqtt", feature = "kafka", feature = "smtp"))]
pub(crate) mod broker;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "http")]
pub(crate) mod consul;
#[cfg(feature = "http")]
pub(crate) mod etcd;
#[cfg(feature = "http")]
mod rest;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "smtp")]
pub(crate) mod smtp;
#[cfg(feature = "nats")]
pub(crate) mod nats;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod wanted;
pub(crate) mod beside;
pub(crate) mod command;
pub(crate) mod file;
