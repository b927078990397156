//! What went wrong between us and a server, as causes.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use http::header::RETRY_AFTER;

use super::Response;
use super::tls;
use crate::{Backend, Cause, SourceError};

/// How much of an answer is quoted, in characters.
const QUOTED: usize = 200;
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A connection that was not made.
pub(super) fn dial(backend: Backend, place: &str, error: &io::Error) -> SourceError {
    let (cause, evidence) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (Cause::Refused, format!("{place} refused the connection")),
        io::ErrorKind::TimedOut => (Cause::ConnectTimeout, format!("{place} did not accept a connection")),
        io::ErrorKind::NotFound => (Cause::NoSocket, format!("there is no socket {place}")),
        io::ErrorKind::PermissionDenied => (Cause::NoSocket, format!("this user may not connect to {place}")),
        _ => (Cause::Unreachable, format!("{place} cannot be reached: {error}")),
    };
    SourceError::new(backend, cause, evidence)
}

/// A request without an answer, or an answer that broke off.
pub(super) fn exchange(backend: Backend, place: &str, error: &hyper::Error) -> SourceError {
    let io = below::<io::Error>(error);
    if let Some(tls) = io.and_then(tls_below) {
        return tls::failure(backend, place, tls);
    }
    let (cause, evidence) = if error.is_parse() {
        (Cause::NotHttp, format!("{place} did not answer in HTTP: {error}"))
    } else if let Some(io) = io {
        (Cause::Closed, format!("{place} broke the connection: {io}"))
    } else {
        (Cause::Closed, format!("{place} closed the connection before its answer was whole"))
    };
    SourceError::new(backend, cause, evidence)
}

/// An answer that says no. `subject` is what was asked for.
pub(super) fn refusal(backend: Backend, place: &str, response: &Response) -> SourceError {
    let said = excerpt(&response.body);
    let status = response.status;
    let evidence = if said.is_empty() {
        format!("{place} answered {status}")
    } else {
        format!("{place} answered {status}: {said}")
    };
    let cause = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Cause::Denied,
        StatusCode::NOT_FOUND => Cause::NotFound,
        StatusCode::TOO_MANY_REQUESTS => Cause::Throttled,
        StatusCode::INTERNAL_SERVER_ERROR if said.contains("No cluster leader") => Cause::NoLeader,
        // Consul's older servers tell of a refusal of another server in this way.
        StatusCode::INTERNAL_SERVER_ERROR if said.contains("Permission denied") => Cause::Denied,
        _ if status.is_server_error() => Cause::ServerFailed,
        _ if status.is_redirection() => Cause::BadAnswer,
        _ => Cause::BadRequest,
    };
    let mut error = SourceError::new(backend, cause, evidence);
    if said.contains("HTTP request to an HTTPS server") {
        error.cause = Cause::NotHttp;
        error.hint = Some("begin the address with https://".into());
    }
    error.retry_after = retry_after(response);
    error
}

/// Seconds, as servers say it here; a date is left to our own backoff.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(text.trim().parse().ok()?).min(LONGEST_WAIT))
}

/// The beginning of a text on one line, for an evidence.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * QUOTED)]);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The TLS error that an I/O error carries.
pub(super) fn tls_below(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn below<'a, Wanted: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a Wanted> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref() {
            return Some(found);
        }
        next = current.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn refused(status: u16, body: &'static str) -> SourceError {
        let response = Response {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]),
            body: Bytes::from_static(body.as_bytes()),
        };
        refusal(Backend::Consul, "consul:8500", &response)
    }

    #[test]
    fn a_status_has_its_cause() {
        for (status, body, cause) in [
            (403, "Permission denied", Cause::Denied),
            (403, "ACL not found", Cause::Denied),
            (404, "", Cause::NotFound),
            (429, "Your IP is issuing too many concurrent connections", Cause::Throttled),
            (500, "No cluster leader", Cause::NoLeader),
            (500, "rpc error making call: Permission denied", Cause::Denied),
            (503, "", Cause::ServerFailed),
            (400, "Client sent an HTTP request to an HTTPS server.", Cause::NotHttp),
            (400, "Missing service name", Cause::BadRequest),
            (302, "", Cause::BadAnswer),
        ] {
            assert_eq!(refused(status, body).cause, cause, "{status} {body}");
        }
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept() {
        assert_eq!(refused(429, "").retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(b"  a\n\tb  "), "a b");
        assert_eq!(excerpt(&[b'x'; 900]).chars().count(), QUOTED + 1);
        assert_eq!(excerpt(&[0xff, 0xfe]), "\u{fffd}\u{fffd}");
    }
}
