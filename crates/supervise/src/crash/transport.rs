//! How envelopes travel: an interface, so that this crate needs no HTTP client.

use std::{fmt, pin::Pin};

/// The answer to come. It must be safe to drop at any time.
pub type Sending<'transport> =
    Pin<Box<dyn Future<Output = Result<Response, Unreachable>> + Send + 'transport>>;

/// Sends over HTTP. It runs in a single-threaded tokio runtime of its own, with time and network enabled.
pub trait Transport: Send + Sync {
    /// Makes one POST and takes the head of its answer. It need not limit the time; redirects are not followed.
    fn send(&self, request: Request) -> Sending<'_>;
}

/// A POST.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Absolute, `http` or `https`.
    pub url: String,
    /// Names and values, without `Host` and `Content-Length`. One of them is secret.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200, 429, …
    pub status: u16,
    /// Names, in any case, and values.
    pub headers: Vec<(String, String)>,
}

/// There was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reach Sentry: {reason}")]
pub struct Unreachable {
    /// What was tried and what came of it, for people; without keys.
    pub reason: String,
}

impl Response {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}
