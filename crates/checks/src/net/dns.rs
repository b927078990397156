//! Name resolution with the answer's own words: the response code, all addresses, and which servers were asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use preflight_names::{Asking, ResponseCode, Unresolved};

use crate::{Failure, kinds};

/// How long one name server may take for one question, before it is asked once more.
const ONE_QUESTION: Duration = Duration::from_millis(1800);

/// Resolves names as the system is set up to (`/etc/hosts`, then the servers of `/etc/resolv.conf` with its search
/// list), or by the name servers that it was given. Nothing is read before the first name.
#[derive(Debug)]
pub struct Resolver {
    names: preflight_names::Resolver,
}

impl Resolver {
    /// A resolver that asks these servers; the system's when there are none. Names of `/etc/hosts` need neither.
    #[must_use]
    pub fn new(name_servers: Vec<SocketAddr>) -> Self {
        let asking = Asking { servers: name_servers, one_question: ONE_QUESTION, repetitions: Some(1) };
        Self { names: preflight_names::Resolver::new(asking) }
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
        self.names.resolve(host).await.map_err(|why| failure(host, &self.servers(), &why))
    }

    /// The failure of a name that was not resolved before the attempt's time was up.
    #[must_use]
    pub fn timed_out(&self, whom: &str, within: &str) -> Failure {
        let servers = self.servers();
        Failure::new(
            &kinds::dns::TIMEOUT,
            format!("{whom}: the name was not resolved {within} (asked {servers})"),
        )
    }

    fn servers(&self) -> String {
        self.names.servers().map_or_else(|_| "no name server".to_owned(), listed)
    }
}

fn listed(servers: &[SocketAddr]) -> String {
    let texts: Vec<String> = servers
        .iter()
        .map(|server| if server.port() == 53 { server.ip().to_string() } else { server.to_string() })
        .collect();
    texts.join(", ")
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

fn failure(host: &str, servers: &str, why: &Unresolved) -> Failure {
    let (class, evidence) = match why {
        Unresolved::NoNameServer(_) => (&kinds::dns::NO_NAME_SERVER, why.to_string()),
        Unresolved::NoAddress => {
            (&kinds::dns::NO_ADDRESS, format!("{host} exists but has no A or AAAA record (asked {servers})"))
        }
        Unresolved::Answered(ResponseCode::NXDomain) => {
            (&kinds::dns::NXDOMAIN, format!("{host} does not exist (NXDOMAIN, asked {servers})"))
        }
        Unresolved::Answered(ResponseCode::ServFail) => {
            (&kinds::dns::SERVFAIL, format!("{host}: the name server failed (SERVFAIL, asked {servers})"))
        }
        Unresolved::Answered(ResponseCode::Refused) => (
            &kinds::dns::REFUSED,
            format!("{host}: the name server refused to answer (REFUSED, asked {servers})"),
        ),
        Unresolved::Silent => (&kinds::dns::TIMEOUT, format!("{host}: {why} (asked {servers})")),
        Unresolved::Unreachable(_) => (
            &kinds::dns::UNREACHABLE,
            format!("{host}: no name server can be reached: {why} (asked {servers})"),
        ),
        Unresolved::Answered(_) | Unresolved::Other(_) => {
            (&kinds::dns::ERROR, format!("{host}: {why} (asked {servers})"))
        }
    };
    Failure::new(class, evidence)
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
