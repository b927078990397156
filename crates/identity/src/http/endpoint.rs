//! The address of a metadata service, from the URL the platform left in the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::HttpError;
use crate::files;

/// A plain-HTTP server at a known address, and the path its documents are below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// As the `Host` header wants it.
    pub(crate) host: String,
    /// Empty, or begins with a slash and does not end with one.
    pub(crate) base_path: String,
}

impl Endpoint {
    /// Reads `http://address[:port][/path]`. The host is an address, or a name in the `etc/hosts` below `root`: a name
    /// server is never asked, since that may take seconds.
    pub(crate) fn parse(url: &str, root: &Path) -> Result<Self, HttpError> {
        let rest = url.trim().strip_prefix("http://").ok_or(HttpError::NotAUrl)?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if authority.is_empty() || authority.contains(['@', '?', '#', '\\']) || path.contains(['?', '#']) {
            return Err(HttpError::NotAUrl);
        }
        let (name, port) = host_and_port(authority)?;
        let host = name.parse::<IpAddr>().ok().or_else(|| look_up(name, root));
        let host = host.ok_or_else(|| HttpError::UnknownHost(name.chars().take(100).collect()))?;
        let address = SocketAddr::new(host, port);
        // The address and not what was written: it is certain to be free of control characters.
        Ok(Self { address, host: address.to_string(), base_path: path.trim_end_matches('/').to_owned() })
    }
}

fn host_and_port(authority: &str) -> Result<(&str, u16), HttpError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or(HttpError::NotAUrl)?,
        None => authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon)),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => digits.parse().map_err(|_| HttpError::NotAUrl)?,
        None if port.is_empty() => 80,
        None => return Err(HttpError::NotAUrl),
    };
    Ok((host, port))
}

/// The first address of `name` in the hosts file.
fn look_up(name: &str, root: &Path) -> Option<IpAddr> {
    let hosts = files::read(root, "etc/hosts")?;
    preflight_names::addresses_of(&hosts, name).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Option<(String, String)> {
        let endpoint = Endpoint::parse(url, Path::new("/nowhere")).ok()?;
        Some((endpoint.address.to_string(), endpoint.base_path))
    }

    #[test]
    fn the_addresses_platforms_hand_out_are_understood() {
        let some = |address: &str, path: &str| Some((address.to_owned(), path.to_owned()));
        assert_eq!(parse("http://169.254.170.2/v4/abc-1/"), some("169.254.170.2:80", "/v4/abc-1"));
        assert_eq!(parse("http://[fd00:ec2::254]"), some("[fd00:ec2::254]:80", ""));
        assert_eq!(parse("http://127.0.0.1:1338"), some("127.0.0.1:1338", ""));
        assert_eq!(parse("http://[::1]:1338/x"), some("[::1]:1338", "/x"));
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "http://",
            "https://169.254.170.2/",
            "169.254.170.2",
            "http://[::1",
            "http://[::1]x",
            "http://1.2.3.4:x/",
            "http://1.2.3.4:99999",
            "http://user@1.2.3.4/",
            "http://metadata.test/",
            "http://1.2.3.4/?q",
            "ftp://1.2.3.4",
        ] {
            assert_eq!(parse(url), None, "{url}");
        }
    }

    #[test]
    fn a_name_is_looked_up_in_the_hosts_file_only() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/hosts"), "# x\n\n127.0.0.9 a metadata.test # b\nbroken b\n")
            .unwrap();
        let endpoint = Endpoint::parse("http://metadata.test:81", root.path()).unwrap();
        assert_eq!(endpoint.address.to_string(), "127.0.0.9:81");
        assert!(matches!(Endpoint::parse("http://b/", root.path()), Err(HttpError::UnknownHost(_))));
    }
}
