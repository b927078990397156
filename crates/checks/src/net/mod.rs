//! The network below the drivers: our own name resolution, connections to every address, TLS with a diagnosis.
//!
//! Nothing here goes through the C library's resolver or a proxy.

pub mod bounded;
pub mod dns;
pub mod stream;
pub mod tcp;
pub mod tls;
pub mod tunnel;

#[cfg(feature = "http")]
pub mod http;

use std::net::{IpAddr, SocketAddr};

use crate::item::Endpoint;

/// What all attempts of one run share.
#[derive(Debug)]
pub struct Network {
    /// Resolves names.
    pub resolver: dns::Resolver,
    /// Certificate authorities, loaded when they are first needed.
    pub trust: tls::Trust,
}

impl Network {
    /// A network that asks these name servers; the system's when the list is empty.
    #[must_use]
    pub fn new(name_servers: Vec<SocketAddr>) -> Self {
        // Drivers that set up TLS by themselves ask for the process's provider. A second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { resolver: dns::Resolver::new(name_servers), trust: tls::Trust::default() }
    }
}

/// A server that accepted a connection.
#[derive(Debug, Clone)]
pub struct Reached {
    /// What was asked for.
    pub endpoint: Endpoint,
    /// The address that accepted first.
    pub address: SocketAddr,
    /// All addresses of the name.
    pub addresses: Vec<IpAddr>,
}

impl std::fmt::Display for Reached {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.endpoint)?;
        if self.endpoint.host.parse::<IpAddr>().is_err() {
            write!(formatter, " ({})", self.address.ip())?;
        }
        Ok(())
    }
}
