//! Whether a proxy stands in between, by the words of the environment's variables. Pure.
//!
//! The rules are those of Go's clients: this machine is never reached through a proxy; `NO_PROXY` holds names with
//! their subdomains, addresses, networks and `*`; https goes through a tunnel.

use std::net::IpAddr;

use super::address::{Address, Target};
use crate::{Backend, ProxySettings, SourceError};

/// The proxy through which a server is reached, if one is set for it.
pub(super) fn proxy_for(
    backend: Backend,
    settings: &ProxySettings,
    server: &Address,
) -> Result<Option<Address>, SourceError> {
    let text = if server.is_tls { &settings.https } else { &settings.http };
    let Target::Host { host, port } = &server.target else { return Ok(None) };
    if text.is_empty() || is_this_machine(host) || is_exception(&settings.exceptions, host, *port) {
        return Ok(None);
    }
    Address::parse(backend, text, false).map(Some)
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_exception(exceptions: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let words = exceptions.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).any(|word| matches_exception(&word, &host, port))
}

fn matches_exception(word: &str, host: &str, port: u16) -> bool {
    if word == "*" {
        return true;
    }
    if let (Some((network, bits)), Ok(address)) = (word.split_once('/'), host.parse::<IpAddr>()) {
        return is_in_network(address, network, bits);
    }
    let (name, wanted_port) = match word.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
        _ => (word, None),
    };
    if wanted_port.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain).is_some_and(|front| front.ends_with('.')),
        None => host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.')),
    }
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            u32::from(address) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            u128::from(address) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_through(server: &str, exceptions: &str) -> bool {
        let settings = ProxySettings {
            http: "http://proxy:3128".to_owned(),
            https: String::new(),
            exceptions: exceptions.to_owned(),
        };
        let server = Address::parse(Backend::Consul, server, false).expect("an address");
        proxy_for(Backend::Consul, &settings, &server).expect("a proxy's address").is_some()
    }

    #[test]
    fn a_proxy_is_used_where_it_is_set_and_nothing_speaks_against_it() {
        assert!(goes_through("consul.internal:8500", ""));
        assert!(!goes_through("https://consul.internal", ""), "there is none for https");
        assert!(!goes_through("127.0.0.1:8500", ""));
        assert!(!goes_through("localhost:8500", ""));
        assert!(!goes_through("unix:///run/consul.sock", ""));
    }

    #[test]
    fn exceptions_are_names_with_subdomains_addresses_and_networks() {
        for (exceptions, server) in [
            ("*", "consul:8500"),
            ("other, internal", "consul.internal:8500"),
            (".internal", "consul.internal:8500"),
            ("consul.internal:8500", "consul.internal:8500"),
            ("10.0.0.0/8", "10.1.2.3:8500"),
            ("10.1.2.3", "10.1.2.3:8500"),
        ] {
            assert!(!goes_through(server, exceptions), "{exceptions}");
        }
        for (exceptions, server) in [
            (".internal", "internal:8500"),
            ("ternal", "consul.internal:8500"),
            ("consul.internal:8501", "consul.internal:8500"),
            ("10.0.0.0/16", "10.1.2.3:8500"),
            ("10.0.0.0/99", "10.1.2.3:8500"),
        ] {
            assert!(goes_through(server, exceptions), "{exceptions}");
        }
    }
}
