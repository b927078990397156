//! An answer, and the bytes of it (RFC 9112, section 4).

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::Method;

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The media type.
    pub(crate) kind: &'static str,
    /// Further fields.
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

impl Response {
    /// That is it.
    pub(crate) fn ok(kind: &'static str, body: String) -> Self {
        Self { status: 200, kind, fields: vec![("Cache-Control", "no-store")], body }
    }

    /// A plain text, which is not to be kept.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self { status, ..Self::ok("text/plain; charset=utf-8", body) }
    }

    /// What its status says.
    pub(crate) fn error(status: u16) -> Self {
        Self::text(status, format!("{}\n", reason(status)))
    }

    /// One more field.
    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.fields.push((name, value));
        self
    }

    /// All of it, or with [`Method::Head`] all but the body.
    pub(super) fn bytes(&self, method: Method, keeps_alive: bool, now: Timestamp) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut field = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        };
        if let Ok(date) = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
            field("Date", &date);
        }
        field("Content-Type", self.kind);
        field("Content-Length", &self.body.len().to_string());
        field("X-Content-Type-Options", "nosniff");
        self.fields.iter().for_each(|(name, value)| field(name, value));
        field("Connection", if keeps_alive { "keep-alive" } else { "close" });
        head.push_str("\r\n");
        if method != Method::Head {
            head.push_str(&self.body);
        }
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        414 => "URI Too Long",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_its_length_and_its_date_and_a_head_has_no_body() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        let response = Response::text(503, "web: starting\n".to_owned()).with("Retry-After", "1");
        let whole = String::from_utf8(response.bytes(Method::Get, true, now)).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            head,
            "HTTP/1.1 503 Service Unavailable\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\nX-Content-Type-Options: nosniff\r\n\
             Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: keep-alive"
        );
        assert_eq!(body, "web: starting\n");
        let head = String::from_utf8(response.bytes(Method::Head, false, now)).unwrap();
        assert!(head.ends_with("Content-Length: 14\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"));
    }
}
