//! The resolver: what the files say, and questions to name servers for the rest.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::system_conf::parse_resolv_conf;
use thiserror::Error;

use crate::hosts;

pub use hickory_resolver::proto::op::ResponseCode;

const HOSTS: &str = "/etc/hosts";
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// How name servers are asked.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// These are asked; those of `/etc/resolv.conf` when there are none.
    pub servers: Vec<SocketAddr>,
    /// How long one server may take for one question.
    pub one_question: Duration,
    /// How often a server that does not answer is asked once more; as `/etc/resolv.conf` says, or twice, when absent.
    pub repetitions: Option<usize>,
}

/// Why a name has no addresses. The words do not name the host: whoever asked knows it.
#[derive(Debug, Error)]
pub enum Unresolved {
    /// No name server is known, and no file knows the name.
    #[error("/etc/resolv.conf cannot be used: {0}")]
    NoNameServer(String),
    /// The name exists without an address.
    #[error("no A or AAAA record")]
    NoAddress,
    /// A name server answered with a code that is not "no error": `NXDomain` where the name does not exist.
    #[error("the name server answered {0}")]
    Answered(ResponseCode),
    /// No name server answered in time.
    #[error("no name server answered")]
    Silent,
    /// No question could be sent, or was turned away.
    #[error("{0}")]
    Unreachable(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Resolves names. Nothing is read before the first name. The file of hosts is read for each name, because a container's may
/// change while it runs; `/etc/resolv.conf` once, when the first name is asked for.
#[derive(Debug)]
pub struct Resolver {
    asking: Asking,
    hosts: PathBuf,
    resolv_conf: PathBuf,
    prepared: OnceLock<Prepared>,
}

#[derive(Debug)]
struct Prepared {
    resolver: TokioResolver,
    servers: Vec<SocketAddr>,
}

impl Resolver {
    /// A resolver that asks in this way.
    #[must_use]
    pub fn new(asking: Asking) -> Self {
        Self { asking, hosts: HOSTS.into(), resolv_conf: RESOLV_CONF.into(), prepared: OnceLock::new() }
    }

    /// With these files instead of those in `/etc`.
    #[must_use]
    pub fn with_files(self, hosts: PathBuf, resolv_conf: PathBuf) -> Self {
        Self { hosts, resolv_conf, ..self }
    }

    /// All addresses of a name, without duplicates: those of the files in the order of the lines, or those that name servers
    /// tell, IPv4 first. A name of the files is not asked for, in neither family: what the file says is all there is.
    ///
    /// # Errors
    /// Why there is none. It takes as long as the name servers do: whoever cannot wait drops the answer to come.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        // Without the file, name servers are all there is.
        let text = std::fs::read(&self.hosts).unwrap_or_default();
        let known = hosts::known(&String::from_utf8_lossy(&text), host);
        if !known.is_empty() {
            return Ok(known);
        }
        let found = self.prepared()?.resolver.lookup_ip(host).await.map_err(|error| reason(&error))?;
        let mut addresses = Vec::new();
        for address in found.iter() {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(Unresolved::NoAddress) } else { Ok(addresses) }
    }

    /// Who is asked for names that no file knows.
    ///
    /// # Errors
    /// [`Unresolved::NoNameServer`].
    pub fn servers(&self) -> Result<&[SocketAddr], Unresolved> {
        self.prepared().map(|prepared| prepared.servers.as_slice())
    }

    fn prepared(&self) -> Result<&Prepared, Unresolved> {
        if let Some(prepared) = self.prepared.get() {
            return Ok(prepared);
        }
        let prepared = self.prepare().map_err(|error| Unresolved::NoNameServer(error.to_string()))?;
        Ok(self.prepared.get_or_init(|| prepared))
    }

    fn prepare(&self) -> Result<Prepared, NetError> {
        let (config, mut options) = if self.asking.servers.is_empty() {
            parse_resolv_conf(std::fs::read(&self.resolv_conf)?)?
        } else {
            let servers = self.asking.servers.iter().map(|address| name_server(*address)).collect();
            (ResolverConfig::from_name_servers(servers), ResolverOpts::default())
        };
        self.tune(&mut options);
        let servers = config.name_servers().iter().map(address_of).collect();
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Ok(Prepared { resolver: builder.with_options(options).build()?, servers })
    }

    fn tune(&self, options: &mut ResolverOpts) {
        options.timeout = self.asking.one_question;
        if let Some(repetitions) = self.asking.repetitions {
            options.attempts = repetitions;
        }
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        // We have looked. It would ask the network for the family that the file does not name.
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 16;
        // A name that is not there yet must be asked for anew by the next try.
        options.negative_max_ttl = Some(Duration::ZERO);
        options.negative_min_ttl = Some(Duration::ZERO);
    }
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

fn address_of(server: &NameServerConfig) -> SocketAddr {
    SocketAddr::new(server.ip, server.connections.first().map_or(53, |connection| connection.port))
}

fn reason(error: &NetError) -> Unresolved {
    let code = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        _ => None,
    };
    match (code, error) {
        (Some(ResponseCode::NoError), _) => Unresolved::NoAddress,
        (Some(code), _) => Unresolved::Answered(code),
        (None, NetError::Timeout) => Unresolved::Silent,
        (None, NetError::NoConnections | NetError::Io(_)) => Unresolved::Unreachable(error.to_string()),
        (None, _) => Unresolved::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::path::Path;

    use super::*;

    /// A name server that never answers, and a resolver with these hosts that asks it.
    fn asking_silence(folder: &Path, hosts: &str) -> (UdpSocket, Resolver) {
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        std::fs::write(folder.join("hosts"), hosts).expect("written");
        let servers = vec![silent.local_addr().expect("its address")];
        let one_question = Duration::from_millis(50);
        let resolver = Resolver::new(Asking { servers, one_question, repetitions: Some(0) });
        (silent, resolver.with_files(folder.join("hosts"), folder.join("none")))
    }

    async fn addresses(resolver: &Resolver, host: &str) -> Vec<String> {
        let found = resolver.resolve(host).await.expect("addresses");
        found.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_name_of_one_family_in_the_file_is_not_asked_for_in_the_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let (silent, resolver) =
            asking_silence(folder.path(), "10.0.0.5 db\nfd00::1 six\n10.0.0.6 two\n::1 two\n");
        assert_eq!(addresses(&resolver, "db").await, ["10.0.0.5"]);
        assert_eq!(addresses(&resolver, "SIX.").await, ["fd00::1"]);
        assert_eq!(addresses(&resolver, "two").await, ["10.0.0.6", "::1"]);
        assert_eq!(addresses(&resolver, "localhost").await, ["127.0.0.1", "::1"]);
        silent.set_nonblocking(true).expect("a socket");
        assert!(silent.recv_from(&mut [0; 512]).is_err(), "it was asked");
    }

    #[tokio::test]
    async fn a_name_that_the_file_does_not_know_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (silent, resolver) = asking_silence(folder.path(), "10.0.0.5 db\n");
        assert!(matches!(resolver.resolve("other.domain.com").await, Err(Unresolved::Silent)));
        silent.recv_from(&mut [0; 512]).expect("it was asked");
    }

    #[tokio::test]
    async fn the_file_may_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_silent, resolver) = asking_silence(folder.path(), "10.0.0.5 db\n");
        assert_eq!(addresses(&resolver, "db").await, ["10.0.0.5"]);
        std::fs::write(folder.path().join("hosts"), "10.0.0.6 db\n").expect("written");
        assert_eq!(addresses(&resolver, "db").await, ["10.0.0.6"]);
    }

    #[tokio::test]
    async fn without_resolv_conf_names_of_the_file_are_known_and_others_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (hosts, resolv_conf) = (folder.path().join("hosts"), folder.path().join("resolv.conf"));
        std::fs::write(&hosts, "10.0.0.5 db\n").expect("written");
        let resolver = Resolver::new(Asking { one_question: Duration::from_secs(1), ..Asking::default() })
            .with_files(hosts, resolv_conf.clone());
        assert_eq!(addresses(&resolver, "db").await, ["10.0.0.5"]);
        for text in [None, Some(""), Some("search a.com\n")] {
            text.map_or_else(|| (), |text| std::fs::write(&resolv_conf, text).expect("written"));
            let refused = resolver.resolve("other").await.expect_err("nobody can be asked");
            assert!(matches!(refused, Unresolved::NoNameServer(_)), "{refused}");
        }
        std::fs::write(&resolv_conf, "nameserver 127.83.3.1\n").expect("written");
        let servers = resolver.servers().expect("one that has come");
        assert_eq!(servers, ["127.83.3.1:53".parse().expect("an address")]);
    }
}
