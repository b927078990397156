//! The names of hosts in probes, resolved by the resolver that checks use.

use std::net::SocketAddr;

use preflight_checks::net::dns::Resolver;
use preflight_supervise::{Names, Resolving};

/// Asks as the system is set up to, or these name servers. `/etc/hosts` and `/etc/resolv.conf` are read anew for each
/// name: a container's may change while it runs, and nothing is kept in memory between two probes.
#[derive(Debug, Default)]
pub(super) struct OwnNames {
    name_servers: Vec<SocketAddr>,
}

impl Names for OwnNames {
    fn resolve<'names>(&'names self, host: &'names str) -> Resolving<'names> {
        Box::pin(async move {
            let resolver = Resolver::new(self.name_servers.clone());
            resolver.resolve(host).await.map_err(|failure| failure.evidence)
        })
    }
}
