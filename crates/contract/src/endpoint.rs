//! What a connection's attributes come to: host, port, login, database; from single attributes or from the URL.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::attribute::Attribute;
use crate::duration::{NotADuration, parse_duration};
use crate::grammar::Connection;

/// A host and a port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A host name or an IP address, IPv6 without brackets.
    pub host: String,
    /// The port, when one was given or the kind has a default.
    pub port: Option<u16>,
}

/// Why there is nothing to connect to. Never holds a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither an address nor a URL.
    #[error("{variable} is not set")]
    NoAddress {
        /// The variable that is expected.
        variable: String,
    },
    /// The address is neither `host` nor `host:port`.
    #[error("{variable} is neither host nor host:port: {value:?}")]
    InvalidAddress {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("{variable} holds no port from 1 to 65535: {value:?}")]
    InvalidPort {
        /// The variable.
        variable: String,
        /// The part of its value that should be a port.
        value: String,
    },
    /// The URL cannot be read.
    #[error("{variable} is not a URL with a host: {why}")]
    InvalidUrl {
        /// The variable.
        variable: String,
        /// What is wrong with it, without its text.
        why: String,
    },
}

impl Connection {
    /// The host and the port: `PORT`, else the one in `ADDRESS`, else the URL's, else `default_port`.
    ///
    /// # Errors
    /// When there is no address, or what there is cannot be read.
    pub fn endpoint(&self, default_port: Option<u16>) -> Result<Endpoint, EndpointError> {
        let (host, inner) = match self.value(Attribute::Address) {
            Some(address) => self.read_address(address)?,
            None => self.read_url_address()?,
        };
        let own = match self.value(Attribute::Port) {
            Some(port) => Some(read_port(&self.expected_variable(Attribute::Port), port)?),
            None => inner,
        };
        Ok(Endpoint { host, port: own.or(default_port) })
    }

    /// The `URL` attribute, read.
    ///
    /// # Errors
    /// When it is set and is not a URL.
    pub fn url(&self) -> Result<Option<Url>, EndpointError> {
        let Some(text) = self.value(Attribute::Url) else { return Ok(None) };
        let variable = self.expected_variable(Attribute::Url);
        Url::parse(text)
            .map(Some)
            .map_err(|error| EndpointError::InvalidUrl { variable, why: error.to_string() })
    }

    /// `USERNAME`, else the URL's user, percent-decoded.
    #[must_use]
    pub fn username(&self) -> Option<String> {
        self.value(Attribute::Username)
            .map(str::to_owned)
            .or_else(|| self.part_of_url(|url| decode(url.username())))
    }

    /// `PASSWORD`, else the URL's password, percent-decoded. Secret.
    #[must_use]
    pub fn password(&self) -> Option<String> {
        let own = self.value(Attribute::Password).map(str::to_owned);
        own.or_else(|| self.part_of_url(|url| url.password().map(decode).unwrap_or_default()))
    }

    /// `DATABASE`, else the path of the URL without its first slash, percent-decoded.
    #[must_use]
    pub fn database(&self) -> Option<String> {
        let own = self.value(Attribute::Database).map(str::to_owned);
        own.or_else(|| self.part_of_url(|url| decode(url.path().trim_start_matches('/'))))
    }

    /// A parameter of the URL's query, decoded: `sslmode` of `?sslmode=require`.
    #[must_use]
    pub fn url_parameter(&self, name: &str) -> Option<String> {
        let url = self.url().ok().flatten()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// `TIMEOUT`, the longest that one attempt may take.
    ///
    /// # Errors
    /// When it is set and is not a duration.
    pub fn timeout(&self) -> Result<Option<Duration>, NotADuration> {
        self.value(Attribute::Timeout).map(parse_duration).transpose()
    }

    fn part_of_url(&self, part: impl FnOnce(&Url) -> String) -> Option<String> {
        let url = self.url().ok().flatten()?;
        Some(part(&url)).filter(|text| !text.is_empty())
    }

    fn read_address(&self, address: &str) -> Result<(String, Option<u16>), EndpointError> {
        let variable = self.expected_variable(Attribute::Address);
        if address.contains("://") {
            let invalid = |_| EndpointError::InvalidAddress {
                variable: variable.clone(),
                value: without_userinfo(address),
            };
            let url = Url::parse(address).map_err(invalid)?;
            return url_host(&variable, &url);
        }
        read_host_port(&variable, address)
    }

    fn read_url_address(&self) -> Result<(String, Option<u16>), EndpointError> {
        match self.url()? {
            Some(url) => url_host(&self.expected_variable(Attribute::Url), &url),
            None => Err(EndpointError::NoAddress { variable: self.expected_variable(Attribute::Address) }),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = self.host.contains(':');
        let (open, close) = if bracketed { ("[", "]") } else { ("", "") };
        write!(formatter, "{open}{}{close}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address, which `variable` holds.
///
/// # Errors
/// When it is none of these, or the port is not one.
pub fn read_host_port(variable: &str, address: &str) -> Result<(String, Option<u16>), EndpointError> {
    let invalid =
        || EndpointError::InvalidAddress { variable: variable.to_owned(), value: without_userinfo(address) };
    // Whatever stands before an `@` may be a password: no part of it may get into an error.
    if address.contains('@') {
        return Err(invalid());
    }
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(invalid)?;
            let port =
                if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or_else(invalid)?) };
            (host, port)
        }
        None if address.matches(':').count() > 1 => (address, None),
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let is_v6 = host.contains(':');
    let unusable = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | ',' | '[' | ']');
    let readable = if is_v6 { v6(host) } else { !host.is_empty() && !host.contains(unusable) };
    if !readable {
        return Err(invalid());
    }
    let port = port.map(|port| read_port(variable, port)).transpose()?;
    Ok((host.to_owned(), port))
}

/// Reads a port, which `variable` holds.
///
/// # Errors
/// When it is not a number from 1 to 65535.
pub fn read_port(variable: &str, text: &str) -> Result<u16, EndpointError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| EndpointError::InvalidPort { variable: variable.to_owned(), value: text.to_owned() })
}

/// Whether `host` is an IPv6 address, with or without a zone (`fe80::1%eth0`).
fn v6(host: &str) -> bool {
    host.split('%').next().is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

fn url_host(variable: &str, url: &Url) -> Result<(String, Option<u16>), EndpointError> {
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| EndpointError::InvalidUrl {
        variable: variable.to_owned(),
        why: "it has no host".to_owned(),
    })?;
    if url.port() == Some(0) {
        return Err(EndpointError::InvalidPort { variable: variable.to_owned(), value: "0".to_owned() });
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    Ok((decode(bare), url.port_or_known_default()))
}

/// The text without what stands before an `@`, which may be a password.
fn without_userinfo(text: &str) -> String {
    text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("…@{rest}"))
}

/// Percent-decodes; bytes that are not UTF-8 become replacement characters.
pub(crate) fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
