//! HTTP/1.1 for the backends: a thin client on hyper with its own names, TLS and bounded pool of connections.
//!
//! One [`Client`] speaks to one server over at most so many connections; who asks for one more waits. Every answer
//! is read whole up to a bound. Names never go through the C library.

mod address;
mod client;
mod connect;
mod failure;
mod pool;
mod proxy;
mod redirection;
mod resolve;
mod tls;

pub(crate) use client::{Client, Request, Response};
pub(crate) use failure::excerpt;
