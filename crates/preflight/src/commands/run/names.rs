//! The names of hosts in probes, resolved by the resolver that checks use.

use std::net::IpAddr;

use preflight_checks::net::dns::Resolver;
use preflight_supervise::{Names, Resolving};

const HOSTS: &str = "/etc/hosts";

/// Looks into `/etc/hosts`, and asks as the system is set up to where that does not know a name: what a container knows
/// of itself needs no name server. The files are read anew for each name: a container's may change while it runs, and
/// nothing is kept in memory between two probes.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnNames;

impl Names for OwnNames {
    fn resolve<'names>(&'names self, host: &'names str) -> Resolving<'names> {
        Box::pin(async move {
            // Without the file, name servers are all there is.
            let hosts = std::fs::read(HOSTS).unwrap_or_default();
            let known = of_hosts(&String::from_utf8_lossy(&hosts), host);
            if !known.is_empty() {
                return Ok(known);
            }
            Resolver::new(Vec::new()).resolve(host).await.map_err(|failure| failure.evidence)
        })
    }
}

/// The addresses of a host in the form of `hosts(5)`, in the order of the lines.
fn of_hosts(text: &str, host: &str) -> Vec<IpAddr> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut addresses = Vec::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
        if words.any(|name| name.eq_ignore_ascii_case(host)) && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_the_addresses_of_all_lines_that_name_it() {
        let text = "# own\n127.0.0.1\tlocalhost web\n\n10.0.0.5 app.domain.com  App # not db\n::1 app\n\
                    10.0.0.5 app\nnonsense app\n10.0.0.6 application\n";
        let all = |host: &str| of_hosts(text, host).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(all("app"), ["10.0.0.5", "::1"]);
        assert_eq!(all("APP.domain.com."), ["10.0.0.5"]);
        assert_eq!(all("web"), ["127.0.0.1"]);
        for host in ["db", "own", "10.0.0.5", "", "domain.com"] {
            assert!(all(host).is_empty(), "{host}");
        }
    }
}
