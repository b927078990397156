//! Where a server sends a question that it has under another path: RFC 9110, section 15.4. Pure.
//!
//! Servers written in Go do so for every path with `//`, `.` or `..` in it, which templates make easily by joining a
//! folder that ends with a slash and a name. Only paths of the same server are followed, so that no token goes elsewhere.

use http::StatusCode;
use http::header::LOCATION;

use super::Response;
use super::address::Address;

/// How often one question is sent elsewhere before its last answer counts, as in Go.
pub(super) const MOST: usize = 10;

/// The path, with its query, at which the same server has what was asked for.
pub(super) fn path(address: &Address, response: &Response) -> Option<String> {
    let is_moved = matches!(
        response.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.header(LOCATION.as_str()).filter(|_| is_moved)?;
    let scheme = if address.is_tls { "https" } else { "http" };
    let origin = format!("{scheme}://{}", address.host_header());
    let path = location.strip_prefix(&origin).unwrap_or(location);
    let path = path.strip_prefix(&address.base).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    // Two slashes at the front would be another server.
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;
    use crate::Backend;

    fn sent(address: &str, status: u16, location: &str) -> Option<String> {
        let address = Address::parse(Backend::Consul, address, false).expect("an address");
        let location = HeaderValue::from_str(location).expect("a header");
        let response = Response {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: HeaderMap::from_iter([(LOCATION, location)]),
            body: Bytes::new(),
        };
        path(&address, &response)
    }

    #[test]
    fn a_path_of_the_same_server_is_followed() {
        for (address, status, location, path) in [
            ("consul:8500", 301, "/v1/kv/a/b?stale", "/v1/kv/a/b?stale"),
            ("consul:8500", 307, "http://consul:8500/v1/kv/a", "/v1/kv/a"),
            ("https://consul", 308, "https://consul/v1/kv/a", "/v1/kv/a"),
            ("http://gateway/consul", 302, "/consul/v1/kv/a", "/v1/kv/a"),
            ("http://gateway/consul", 301, "http://gateway/consul/v1/kv/a", "/v1/kv/a"),
            // The server behind the gateway does not know what stands before its paths.
            ("http://gateway/consul", 301, "/v1/kv/a", "/v1/kv/a"),
        ] {
            assert_eq!(sent(address, status, location).as_deref(), Some(path), "{address} {location}");
        }
    }

    #[test]
    fn another_server_is_not_asked() {
        for (status, location) in [
            (301, "https://consul:8500/v1/kv/a"),
            (301, "http://consul:8501/v1/kv/a"),
            (301, "http://consul:85001/v1/kv/a"),
            (302, "http://consul:8500.evil.example/v1"),
            (307, "//evil.example/v1/kv/a"),
            (307, ""),
            (307, "relative"),
            (304, "/v1/kv/a"),
            (200, "/v1/kv/a"),
        ] {
            assert_eq!(sent("consul:8500", status, location), None, "{status} {location}");
        }
    }
}
