//! A request's head (RFC 9112, sections 2 to 6), of which little is wanted.

use std::net::{Ipv4Addr, Ipv6Addr};

use httparse::{EMPTY_HEADER, Error, Status};

use super::Response;

/// A head of more bytes is refused.
pub(super) const LONGEST_HEAD: usize = 8 * 1024;
/// A head of more fields is refused.
const MOST_FIELDS: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path without its query, as it was sent.
    pub(crate) path: String,
    /// Another request may follow on the connection.
    pub(crate) keeps_alive: bool,
    /// The host that it is sent to is no name that somebody else could have given us: an address, `localhost`, or none.
    pub(crate) names_this_machine: bool,
}

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
    /// Any other, which nothing here has.
    Other,
}

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no HTTP.
    Malformed,
    /// It is too large, or has too many fields.
    TooLarge,
    /// Its first line alone is too long.
    TargetTooLong,
    /// A version that is not spoken here.
    Version,
}

/// Reads a head from the beginning of `bytes`, and says how long it is. `None` when it is not complete yet.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Request, usize)>, Refused> {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let length = match head.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) if bytes.len() < LONGEST_HEAD => return Ok(None),
        Ok(Status::Partial) if !bytes.contains(&b'\n') => return Err(Refused::TargetTooLong),
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => return Err(Refused::TooLarge),
        Err(Error::Version) => return Err(Refused::Version),
        Err(_) => return Err(Refused::Malformed),
    };
    if length > LONGEST_HEAD {
        return Err(Refused::TooLarge);
    }
    let is_newest = head.version == Some(1);
    let mut hosts = head.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("host"));
    let host = hosts.next().map(|field| field.value);
    if hosts.next().is_some() || (is_newest && host.is_none()) {
        return Err(Refused::Malformed);
    }
    let path = path(head.path.unwrap_or_default()).ok_or(Refused::Malformed)?.to_owned();
    let method = match head.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        _ => Method::Other,
    };
    let keeps_alive = keeps_alive(is_newest, head.headers) && !has_body(head.headers);
    let names_this_machine = host.is_none_or(is_this_machine);
    Ok(Some((Request { method, path, keeps_alive, names_this_machine }, length)))
}

/// An address or `localhost`, with or without a port (RFC 9110, section 7.2).
fn is_this_machine(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let host = host.trim().to_ascii_lowercase();
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.split_once(':').map_or(host.as_str(), |(name, _)| name);
    name.parse::<Ipv4Addr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

impl Refused {
    pub(super) fn answer(self) -> Response {
        Response::error(match self {
            Self::Malformed => 400,
            Self::TooLarge => 431,
            Self::TargetTooLong => 414,
            Self::Version => 505,
        })
    }
}

/// The path of a target in origin or absolute form (RFC 9112, section 3.2).
fn path(target: &str) -> Option<&str> {
    let target = match target.find("://") {
        Some(scheme) if !target.starts_with('/') => {
            let rest = &target[scheme + 3..];
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    let path = target.split(['?', '#']).next()?;
    (path.starts_with('/') || path == "*").then_some(path)
}

fn keeps_alive(is_newest: bool, fields: &[httparse::Header<'_>]) -> bool {
    let says = |word: &str| {
        let connection = fields.iter().filter(|field| field.name.eq_ignore_ascii_case("connection"));
        let values = connection.filter_map(|field| std::str::from_utf8(field.value).ok());
        values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case(word))
    };
    if is_newest { !says("close") } else { says("keep-alive") && !says("close") }
}

/// What follows such a head is not another request.
fn has_body(fields: &[httparse::Header<'_>]) -> bool {
    fields.iter().any(|field| {
        field.name.eq_ignore_ascii_case("transfer-encoding")
            || field.name.eq_ignore_ascii_case("upgrade")
            || (field.name.eq_ignore_ascii_case("content-length") && field.value.trim_ascii() != b"0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Option<(Request, usize)>, Refused> {
        read(text.as_bytes())
    }

    fn get(path: &str, keeps_alive: bool) -> Request {
        Request { method: Method::Get, path: path.to_owned(), keeps_alive, names_this_machine: true }
    }

    #[test]
    fn the_path_and_whether_more_comes_are_read() {
        let cases = [
            ("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n", get("/readyz", true)),
            (
                "GET /readyz?x=1#y HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n\r\n",
                get("/readyz", false),
            ),
            ("GET http://a:80/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", get("/metrics", true)),
            ("GET http://a HTTP/1.1\r\nHost: localhost\r\n\r\n", get("/", true)),
            ("GET /go?to=http://b/ HTTP/1.0\r\n\r\n", get("/go", false)),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", get("/", true)),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", get("/", false)),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", get("/", true)),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", get("/", false)),
        ];
        for (text, expected) in cases {
            let (found, length) = request(text).unwrap().unwrap();
            assert_eq!((found, length), (expected, text.len()), "{text:?}");
        }
        let (found, length) = request("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET").unwrap().unwrap();
        assert_eq!((found.method, length), (Method::Head, 36));
        assert_eq!(
            request("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap().unwrap().0.method,
            Method::Other
        );
    }

    #[test]
    fn a_host_that_could_be_somebody_elses_name_is_told_apart() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.1:9180", true),
            ("[::1]:9180", true),
            ("LocalHost:9180", true),
            ("pickles.localhost", true),
            ("10.0.0.7", true),
            ("attacker.example:9180", false),
            ("127.0.0.1.attacker.example", false),
            ("localhost.attacker.example", false),
            ("[attacker.example]", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host.as_bytes()), expected, "{host}");
        }
        assert!(request("GET / HTTP/1.0\r\n\r\n").unwrap().unwrap().0.names_this_machine);
    }

    #[test]
    fn what_is_not_complete_is_waited_for() {
        let whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(request(&whole[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let cases = [
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), Refused::Malformed),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n".to_owned(), Refused::Malformed),
            ("GET readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), Refused::Malformed),
            ("\u{16}\u{3}\u{1}\u{2}".to_owned(), Refused::Malformed),
            ("GET / HTTP/1.1\r\nHo st: a\r\n\r\n".to_owned(), Refused::Malformed),
            ("PRI * HTTP/2.0\r\n\r\n".to_owned(), Refused::Version),
            (format!("GET /{}", "x".repeat(LONGEST_HEAD)), Refused::TargetTooLong),
            (format!("GET / HTTP/1.1\r\nHost: {}", "x".repeat(LONGEST_HEAD)), Refused::TooLarge),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65)), Refused::TooLarge),
        ];
        for (text, refused) in cases {
            assert_eq!(request(&text), Err(refused), "{text:?}");
        }
    }
}
