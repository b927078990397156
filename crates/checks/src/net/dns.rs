//! Name resolution with the answer's own words: the response code, all addresses, and which servers were asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;

use crate::{Failure, kinds};

/// How long one name server may take for one question, before it is asked once more.
const ONE_QUESTION: Duration = Duration::from_millis(1800);

/// Resolves names as the system is set up to (`/etc/hosts`, then the servers of `/etc/resolv.conf` with its search
/// list), or by the name servers that it was given. Nothing is read before the first name.
#[derive(Debug)]
pub struct Resolver {
    name_servers: Vec<SocketAddr>,
    prepared: OnceLock<Result<Prepared, String>>,
}

#[derive(Debug)]
struct Prepared {
    resolver: TokioResolver,
    servers: String,
}

impl Resolver {
    /// A resolver that asks these servers; the system's when there are none.
    #[must_use]
    pub fn new(name_servers: Vec<SocketAddr>) -> Self {
        Self { name_servers, prepared: OnceLock::new() }
    }

    /// All addresses of a name, without duplicates, in the order of the answers. An address is its own answer.
    ///
    /// # Errors
    /// A class of `dns.*`.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![address]);
        }
        if !is_host_name(host) {
            return Err(Failure::new(&kinds::dns::BAD_NAME, format!("{host:?} is not a host name")));
        }
        let prepared = self.prepared()?;
        match prepared.resolver.lookup_ip(host).await {
            Ok(found) => {
                let mut addresses = Vec::new();
                for address in found.iter() {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
                if addresses.is_empty() {
                    return Err(no_address(host, &prepared.servers));
                }
                Ok(addresses)
            }
            Err(error) => Err(failure(host, &prepared.servers, &error)),
        }
    }

    /// The failure of a name that was not resolved before the attempt's time was up.
    #[must_use]
    pub fn timed_out(&self, whom: &str, within: &str) -> Failure {
        let servers =
            self.prepared().map_or_else(|_| "no name server".to_owned(), |found| found.servers.clone());
        Failure::new(
            &kinds::dns::TIMEOUT,
            format!("{whom}: the name was not resolved {within} (asked {servers})"),
        )
    }

    fn prepared(&self) -> Result<&Prepared, Failure> {
        self.prepared
            .get_or_init(|| prepare(&self.name_servers))
            .as_ref()
            .map_err(|why| Failure::new(&kinds::dns::NO_NAME_SERVER, why.clone()))
    }
}

fn prepare(name_servers: &[SocketAddr]) -> Result<Prepared, String> {
    let mut builder = if name_servers.is_empty() {
        TokioResolver::builder_tokio().map_err(|error| format!("/etc/resolv.conf cannot be used: {error}"))?
    } else {
        let servers = name_servers.iter().map(|address| name_server(*address)).collect();
        let config = ResolverConfig::from_name_servers(servers);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    tune(builder.options_mut());
    let resolver = builder.build().map_err(|error| format!("the resolver cannot be set up: {error}"))?;
    let servers = if name_servers.is_empty() { system_servers() } else { listed(name_servers) };
    Ok(Prepared { resolver, servers })
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
        .map(|mut connection| {
            connection.port = address.port();
            connection
        })
        .to_vec();
    NameServerConfig::new(address.ip(), true, connections)
}

fn tune(options: &mut ResolverOpts) {
    options.timeout = ONE_QUESTION;
    options.attempts = 1;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.use_hosts_file = ResolveHosts::Always;
    // A name that is not there yet must be asked for anew by the next try.
    options.negative_max_ttl = Some(Duration::ZERO);
    options.negative_min_ttl = Some(Duration::ZERO);
}

fn listed(servers: &[SocketAddr]) -> String {
    let texts: Vec<String> = servers
        .iter()
        .map(|server| if server.port() == 53 { server.ip().to_string() } else { server.to_string() })
        .collect();
    texts.join(", ")
}

fn system_servers() -> String {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    if servers.is_empty() { "no name server of /etc/resolv.conf".to_owned() } else { servers.join(", ") }
}

/// Names as RFC 1123 has them, and underscores, which people use.
fn is_host_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && label
                    .chars()
                    .all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'))
        })
}

fn no_address(host: &str, servers: &str) -> Failure {
    Failure::new(
        &kinds::dns::NO_ADDRESS,
        format!("{host} exists but has no A or AAAA record (asked {servers})"),
    )
}

fn failure(host: &str, servers: &str, error: &NetError) -> Failure {
    let code = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        _ => None,
    };
    match (code, error) {
        (Some(ResponseCode::NXDomain), _) => {
            Failure::new(&kinds::dns::NXDOMAIN, format!("{host} does not exist (NXDOMAIN, asked {servers})"))
        }
        (Some(ResponseCode::NoError), _) => no_address(host, servers),
        (Some(ResponseCode::ServFail), _) => Failure::new(
            &kinds::dns::SERVFAIL,
            format!("{host}: the name server failed (SERVFAIL, asked {servers})"),
        ),
        (Some(ResponseCode::Refused), _) => Failure::new(
            &kinds::dns::REFUSED,
            format!("{host}: the name server refused to answer (REFUSED, asked {servers})"),
        ),
        (Some(code), _) => Failure::new(
            &kinds::dns::ERROR,
            format!("{host}: the name server answered {code} (asked {servers})"),
        ),
        (None, NetError::Timeout) => {
            Failure::new(&kinds::dns::TIMEOUT, format!("{host}: no name server answered (asked {servers})"))
        }
        (None, NetError::NoConnections | NetError::Io(_)) => Failure::new(
            &kinds::dns::UNREACHABLE,
            format!("{host}: no name server can be reached: {error} (asked {servers})"),
        ),
        (None, other) => Failure::new(&kinds::dns::ERROR, format!("{host}: {other} (asked {servers})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_told_from_what_cannot_be_one() {
        for good in
            ["db", "db.domain.com", "db.domain.com.", "a_b.c", "xn--bcher-kva.example", "9to5.example"]
        {
            assert!(is_host_name(good), "{good}");
        }
        for bad in ["", ".", "a..b", "-a.b", "a b", "http://x", "a/b", "${HOST}", &"x".repeat(64)] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }
}
