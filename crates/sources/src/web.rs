//! Requests to a server that is no source of values, in the same way: our own names, TLS, proxies, bounds.

use std::sync::{Mutex, PoisonError};

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::http::{Client, Request};
use crate::{Backend, HttpSettings, SourceError};

/// An answer is read up to this many bytes; nobody looks at them.
const LONGEST_ANSWER: usize = 64 << 10;

/// Posts to one server. Certificates are read and connections made with the first request, not before.
#[derive(Debug)]
pub struct Poster {
    settings: HttpSettings,
    client: Mutex<Option<Client>>,
}

/// The head of an answer, of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200, 429, …
    pub status: u16,
    /// Names in lower case, and values. What is not text is left out.
    pub headers: Vec<(String, String)>,
}

impl Poster {
    /// For the server of these settings.
    #[must_use]
    pub fn new(settings: HttpSettings) -> Self {
        Self { settings, client: Mutex::new(None) }
    }

    /// One POST of a body to a path, with these headers; a name or value that cannot stand in one is left out. Follows no
    /// redirect. Safe to drop at any time.
    ///
    /// # Errors
    /// Settings that cannot be used, or a cause of `dns`, `tcp`, `tls` or `http` when no whole answer came.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, SourceError> {
        let request = Request::new(Method::POST, path)
            .headers(headers.iter().filter_map(header).collect::<HeaderMap>())
            .body(body)
            .longest_body(LONGEST_ANSWER);
        let answer = self.client()?.send(&request).await?;
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        Ok(Answer {
            status: answer.status.as_u16(),
            headers: answer.headers.iter().filter_map(text).collect(),
        })
    }

    /// What cannot be used now may be there the next time.
    fn client(&self) -> Result<Client, SourceError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some(client) => Ok(client.clone()),
            None => Ok(client.insert(Client::new(Backend::Web, &self.settings, 1)?).clone()),
        }
    }
}

fn header((name, value): &(&str, String)) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::Cause;

    /// What one request was, when it is answered with this.
    async fn asked(answer: &'static str) -> (Result<Answer, SourceError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"the body") {
                request.push(stream.read_u8().await.expect("a byte"));
            }
            stream.write_all(answer.as_bytes()).await.expect("it is read");
            String::from_utf8(request).expect("text")
        });
        let poster = Poster::new(HttpSettings { address: format!("http://{address}"), ..Default::default() });
        let headers = [("X-Auth", "key".to_owned()), ("not a name", "x".to_owned())];
        let answer = poster.post("/api/7/envelope/", &headers, b"the body".to_vec()).await;
        (answer, server.await.expect("the server"))
    }

    #[tokio::test]
    async fn a_post_arrives_and_its_answer_is_heard() {
        let (answer, request) =
            asked("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 429);
        assert!(answer.headers.contains(&("retry-after".to_owned(), "7".to_owned())));
        assert!(request.starts_with("POST /api/7/envelope/ HTTP/1.1\r\n"), "{request}");
        assert!(request.to_lowercase().contains("x-auth: key\r\n") && !request.contains("not a name"));
    }

    #[tokio::test]
    async fn what_is_no_answer_says_what_it_was() {
        let (answer, _) = asked("what?\r\n\r\n").await;
        assert_eq!(answer.expect_err("no HTTP").cause, Cause::NotHttp);
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it");
        let poster = Poster::new(HttpSettings { address: nobody.to_string(), ..Default::default() });
        let refused = poster.post("/", &[], Vec::new()).await.expect_err("nobody is there");
        assert_eq!(refused.cause, Cause::Refused);
    }
}
