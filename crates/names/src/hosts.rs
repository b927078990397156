//! The file of hosts, `hosts(5)`, and the name of this machine itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The addresses of a host in a file in the form of `hosts(5)`, in the order of the lines, without duplicates. Names are told
/// apart without case; one dot at the end makes no difference.
#[must_use]
pub fn addresses_of(text: &str, host: &str) -> Vec<IpAddr> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut addresses = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse().ok()) else { continue };
        let is_named = words.any(|name| name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(host));
        if is_named && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// What needs no name server: the addresses in the file; for a name of this machine itself (RFC 6761, 6.3) its loopback
/// addresses as well, whatever the file says.
pub(crate) fn known(text: &str, host: &str) -> Vec<IpAddr> {
    let mut addresses = addresses_of(text, host);
    if is_this_machine(host) {
        for address in LOOPBACK {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    addresses
}

fn is_this_machine(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost") && !host.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(addresses: Vec<IpAddr>) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_host_has_the_addresses_of_all_lines_that_name_it() {
        let text = "# own\n127.0.0.1\tlocalhost web\n\n10.0.0.5 app.domain.com  App # not db\n::1 app\n\
                    10.0.0.5 app\nnonsense app\n10.0.0.6 application\r\n10.0.0.7 rooted.\n#10.0.0.8 app\n";
        let all = |host: &str| texts(addresses_of(text, host));
        assert_eq!(all("app"), ["10.0.0.5", "::1"]);
        assert_eq!(all("APP.domain.com."), ["10.0.0.5"]);
        assert_eq!(all("web"), ["127.0.0.1"]);
        assert_eq!(all("application"), ["10.0.0.6"]);
        assert_eq!(all("rooted"), ["10.0.0.7"]);
        for host in ["db", "own", "10.0.0.5", "", ".", "domain.com", "not", "#"] {
            assert!(all(host).is_empty(), "{host}");
        }
        assert_eq!(texts(addresses_of("\u{feff}10.0.0.9 first", "first")), ["10.0.0.9"]);
    }

    #[test]
    fn this_machine_is_known_without_a_file() {
        for host in ["localhost", "LocalHost.", "web.localhost"] {
            assert_eq!(texts(known("", host)), ["127.0.0.1", "::1"], "{host}");
        }
        for host in ["localhost.domain.com", "mylocalhost", ".localhost", "", "."] {
            assert!(known("", host).is_empty(), "{host}");
        }
    }

    #[test]
    fn what_the_file_says_of_this_machine_comes_first() {
        let text = "127.0.0.1 localhost\n127.0.1.1 localhost\n";
        assert_eq!(texts(known(text, "localhost")), ["127.0.0.1", "127.0.1.1", "::1"]);
    }
}
