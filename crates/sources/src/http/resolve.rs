//! Names to addresses, as the system is set up to, without the C library.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use tokio::sync::OnceCell;

use crate::{Backend, Cause, SourceError};

/// How long one name server may take for one question, before the next is asked.
const ONE_QUESTION: Duration = Duration::from_secs(2);

/// Resolves the names of one server. Nothing is read before the first name.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    prepared: OnceCell<TokioResolver>,
}

impl Resolver {
    /// All addresses of a name; an address is its own answer, and `localhost` is this machine whatever the files say.
    pub(super) async fn resolve(&self, backend: Backend, host: &str) -> Result<Vec<IpAddr>, SourceError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if host.eq_ignore_ascii_case("localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let resolver = self.prepared.get_or_try_init(|| async { prepare() }).await.map_err(|error| {
            SourceError::new(backend, Cause::DnsFailed, format!("/etc/resolv.conf cannot be used: {error}"))
        })?;
        let found = resolver.lookup_ip(host).await.map_err(|error| failure(backend, host, &error))?;
        let mut addresses: Vec<IpAddr> = found.iter().collect();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(no_address(backend, host));
        }
        Ok(addresses)
    }
}

fn prepare() -> Result<TokioResolver, NetError> {
    let mut builder = TokioResolver::builder_tokio()?;
    let options = builder.options_mut();
    options.timeout = ONE_QUESTION;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.use_hosts_file = ResolveHosts::Always;
    options.cache_size = 16;
    // A name that is not there yet must be asked for anew by the next try.
    options.negative_max_ttl = Some(Duration::ZERO);
    options.negative_min_ttl = Some(Duration::ZERO);
    builder.build()
}

fn no_address(backend: Backend, host: &str) -> SourceError {
    SourceError::new(backend, Cause::NoAddress, format!("{host} exists but has no A or AAAA record"))
}

fn failure(backend: Backend, host: &str, error: &NetError) -> SourceError {
    let code = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Some(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Some(*code),
        _ => None,
    };
    match code {
        Some(ResponseCode::NXDomain) => {
            SourceError::new(backend, Cause::NxDomain, format!("{host} does not exist (NXDOMAIN)"))
        }
        Some(ResponseCode::NoError) => no_address(backend, host),
        Some(code) => {
            SourceError::new(backend, Cause::DnsFailed, format!("{host}: the name server answered {code}"))
        }
        None => SourceError::new(backend, Cause::DnsFailed, format!("{host} was not resolved: {error}")),
    }
}
