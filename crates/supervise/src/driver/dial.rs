//! From a host and a port to a connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::Names;

/// Connects to `HOST:PORT`. Each address of the host may take its share of what is left before the deadline, so that one
/// that is silent does not stand for all; the last one is not limited here.
pub(super) async fn dial(place: &str, deadline: Instant, names: &dyn Names) -> Result<TcpStream, String> {
    let failed = |why: &dyn std::fmt::Display| format!("connect to {place}: {why}");
    let addresses = addresses(place, deadline, names).await?;
    let Some((last, others)) = addresses.split_last() else { return Err(failed(&"it has no address")) };
    for (tried, address) in others.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        if let Ok(Ok(stream)) = timeout(share, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    TcpStream::connect(last).await.map_err(|error| failed(&error))
}

async fn addresses(place: &str, deadline: Instant, names: &dyn Names) -> Result<Vec<SocketAddr>, String> {
    if let Ok(address) = place.parse() {
        return Ok(vec![address]);
    }
    let apart = place.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let Some((host, port)) = apart.filter(|(host, _)| !host.is_empty()) else {
        return Err(format!("{place} is not a host and a port"));
    };
    let resolving = timeout_at(deadline, found(host, names)).await;
    let found = resolving.unwrap_or_else(|_| Err(format!("the name {host} was not resolved in time")))?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// `localhost` is this machine, whatever the files say (RFC 6761, 6.3).
async fn found(host: &str, names: &dyn Names) -> Result<Vec<IpAddr>, String> {
    if host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case("localhost") {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    names.resolve(host).await
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::net::TcpListener;

    use super::*;
    use crate::{AddressesOnly, Resolving};

    /// Knows one name; `silent` never gets an answer.
    #[derive(Debug)]
    struct Known(&'static str, Vec<IpAddr>);

    impl Names for Known {
        fn resolve<'names>(&'names self, host: &'names str) -> Resolving<'names> {
            Box::pin(async move {
                match host {
                    "silent" => pending().await,
                    host if host == self.0 => Ok(self.1.clone()),
                    host => Err(format!("{host} does not exist")),
                }
            })
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    async fn server() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    #[tokio::test]
    async fn addresses_and_localhost_are_not_asked_for() {
        let (_listener, port) = server().await;
        for host in ["127.0.0.1", "localhost", "LocalHost", "localhost."] {
            dial(&format!("{host}:{port}"), soon(), &AddressesOnly).await.unwrap();
        }
        let refused = dial("db:1", soon(), &AddressesOnly).await.unwrap_err();
        assert_eq!(refused, "db is a name, and only addresses are known here");
    }

    #[tokio::test]
    async fn localhost_is_tried_by_both_of_its_addresses() {
        let Ok(listener) = TcpListener::bind("[::1]:0").await else { return eprintln!("skipped: no IPv6") };
        let port = listener.local_addr().unwrap().port();
        let stream = dial(&format!("localhost:{port}"), soon(), &AddressesOnly).await.unwrap();
        assert!(stream.peer_addr().unwrap().is_ipv6());
    }

    #[tokio::test]
    async fn each_address_of_a_name_is_tried() {
        let (_listener, port) = server().await;
        let names = Known("db", vec!["127.0.0.9".parse().unwrap(), Ipv4Addr::LOCALHOST.into()]);
        let stream = dial(&format!("db:{port}"), soon(), &names).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
        assert_eq!(dial("cache:1", soon(), &names).await.unwrap_err(), "cache does not exist");
        let none = Known("db", Vec::new());
        assert_eq!(dial("db:1", soon(), &none).await.unwrap_err(), "connect to db:1: it has no address");
    }

    #[tokio::test]
    async fn a_name_without_an_answer_is_not_waited_for_longer_than_allowed() {
        let deadline = Instant::now() + Duration::from_millis(50);
        let refused = dial("silent:1", deadline, &Known("db", Vec::new())).await.unwrap_err();
        assert_eq!(refused, "the name silent was not resolved in time");
        assert!(Instant::now() >= deadline);
    }

    #[tokio::test]
    async fn what_is_no_place_is_told() {
        for place in ["db", ":80", "db:port", "db:70000", ""] {
            let refused = dial(place, soon(), &AddressesOnly).await.unwrap_err();
            assert_eq!(refused, format!("{place} is not a host and a port"));
        }
    }
}
