//! One file a checker; each is a unit struct that implements [`crate::Checker`].

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "kafka"))]
pub(crate) mod broker;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod wanted;
