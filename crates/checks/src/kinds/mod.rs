//! The kinds of checks and their failure classes: data only, always compiled in, whatever drivers are.
//!
//! One file a kind. The names of classes are a public contract; `docs/classes.md` is generated from these tables.

pub mod amqp;
pub mod command;
pub mod consul;
pub mod dns;
pub mod elasticsearch;
pub mod env;
pub mod etcd;
pub mod file;
pub mod general;
pub mod http;
pub mod mqtt;
pub mod mysql;
pub mod nats;
pub mod postgres;
pub mod redis;
pub mod smtp;
pub mod tcp;
pub mod tls;
pub mod vault;
