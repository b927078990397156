//! Where a server is: `host:port`, a URL, or a Unix socket. Pure.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::{Backend, BasicAuth, Cause, SourceError};

/// An address that was understood. Its `Display` holds no user and no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) target: Target,
    pub(super) is_tls: bool,
    /// What stands before each request's path, without a slash at its end.
    pub(super) base: String,
    /// What stood before the `@`.
    pub(super) auth: Option<BasicAuth>,
}

/// What is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Host { host: String, port: u16 },
    Socket(PathBuf),
}

impl Address {
    /// Reads an address. Without a port it is the scheme's, as for any URL.
    pub(super) fn parse(backend: Backend, text: &str, tls_enabled: bool) -> Result<Self, SourceError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let is_tls = match scheme {
            "unix" => return socket(backend, rest, tls_enabled),
            "" | "http" => tls_enabled,
            "https" => true,
            _ => return Err(wrong(backend, format!("the scheme {scheme:?} is not http, https or unix"))),
        };
        let (authority, base) = rest.find(['/', '?', '#']).map_or((rest, ""), |end| rest.split_at(end));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = host_and_port(backend, place, is_tls)?;
        let base = base.trim_end_matches('/');
        if base.contains(['?', '#']) {
            return Err(wrong(backend, format!("the address of {host} has a query or a fragment")));
        }
        let target = Target::Host { host, port };
        Ok(Self { target, is_tls, base: base.to_owned(), auth: user.map(basic) })
    }

    /// The host of the address, or `localhost` for a socket.
    pub(super) fn host(&self) -> &str {
        match &self.target {
            Target::Host { host, .. } => host,
            Target::Socket(_) => "localhost",
        }
    }

    /// What the `Host` header says.
    pub(super) fn host_header(&self) -> String {
        match &self.target {
            Target::Host { host, port } if *port == default_port(self.is_tls) => in_url(host),
            Target::Host { host, port } => format!("{}:{port}", in_url(host)),
            Target::Socket(_) => "localhost".to_owned(),
        }
    }
}

/// `host:port`, or `unix:/path`.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Host { host, port } => write!(formatter, "{}:{port}", in_url(host)),
            Target::Socket(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

fn socket(backend: Backend, path: &str, is_tls: bool) -> Result<Address, SourceError> {
    if path.is_empty() {
        return Err(wrong(backend, "the address unix:// has no path".to_owned()));
    }
    Ok(Address { target: Target::Socket(path.into()), is_tls, base: String::new(), auth: None })
}

fn host_and_port(backend: Backend, place: &str, is_tls: bool) -> Result<(String, u16), SourceError> {
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        // More than one colon without brackets is an IPv6 address without a port.
        None if place.matches(':').count() > 1 => (place, None),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(wrong(backend, format!("the address {place:?} has no host")));
    }
    let port = match port.filter(|port| !port.is_empty()) {
        None => default_port(is_tls),
        Some(port) => {
            port.parse().map_err(|_| wrong(backend, format!("{port:?} in the address is not a port")))?
        }
    };
    Ok((host.to_owned(), port))
}

fn default_port(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

fn in_url(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn basic(user: &str) -> BasicAuth {
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    BasicAuth { username: decoded(username), password: decoded(password) }
}

fn wrong(backend: Backend, evidence: String) -> SourceError {
    SourceError::new(backend, Cause::Configuration, evidence)
        .with_hint("write the address as host:port, http://host:port, https://host:port or unix:///path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        Address::parse(Backend::Consul, text, false).expect("an address")
    }

    #[test]
    fn hosts_and_ports_are_read_in_every_form() {
        for (text, shown, is_tls) in [
            ("127.0.0.1:8500", "127.0.0.1:8500", false),
            ("http://consul.internal:8500/", "consul.internal:8500", false),
            ("https://consul.internal", "consul.internal:443", true),
            ("consul.internal", "consul.internal:80", false),
            ("[::1]:8500", "[::1]:8500", false),
            ("::1", "[::1]:80", false),
            ("https://[::1]", "[::1]:443", true),
            ("unix:///run/consul.sock", "unix:/run/consul.sock", false),
        ] {
            let address = parsed(text);
            assert_eq!((address.to_string().as_str(), address.is_tls), (shown, is_tls), "{text}");
        }
    }

    #[test]
    fn tls_that_is_enabled_turns_http_into_https() {
        let address = Address::parse(Backend::Consul, "http://127.0.0.1:8501", true).expect("an address");
        assert!(address.is_tls);
    }

    #[test]
    fn a_path_stands_before_all_paths() {
        assert_eq!(parsed("http://gateway:8080/consul/").base, "/consul");
        assert_eq!(parsed("gateway:8080").base, "");
    }

    #[test]
    fn a_password_is_used_and_not_shown() {
        let address = parsed("http://pat:pa%40ss@consul:8500");
        assert_eq!(
            address.auth,
            Some(BasicAuth { username: "pat".to_owned(), password: "pa@ss".to_owned() })
        );
        assert!(!format!("{address} {address:?}").contains("pa@ss"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for text in
            ["", "ftp://consul", "http://:8500", "consul:port", "http://pat:secret@", "consul:8500?x=1"]
        {
            let error = Address::parse(Backend::Consul, text, false).expect_err(text);
            assert_eq!(error.cause, Cause::Configuration);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
