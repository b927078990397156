//! Just enough HTTP/1.1 for metadata services: one plain request a connection, to an address that is at hand.
//!
//! Left out on purpose: TLS, proxies, redirects, cookies, compression, keep-alive and name look-ups. A metadata service
//! needs none of them, and each could make a start slow or send the request elsewhere. Message syntax is RFC 9112's.

use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

mod body;
mod endpoint;

pub(crate) use endpoint::Endpoint;

/// The most bytes of an answer that are read, head included.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How long to wait before the one retry of an answer that says "later".
const BACK_OFF: Duration = Duration::from_millis(60);

/// Why there is no document.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("address is not a plain http URL")]
    NotAUrl,
    #[error("host {0} is neither an address nor in /etc/hosts")]
    UnknownHost(String),
    #[error("connection failed: {0}")]
    Connect(#[source] std::io::Error),
    #[error("connection broke: {0}")]
    Broken(#[source] std::io::Error),
    #[error("no answer in time")]
    TimedOut,
    #[error("answered with status {0}")]
    Status(u16),
    #[error("answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error("answer is not a JSON object")]
    NotADocument,
    #[error("answer is not HTTP")]
    Malformed,
}

/// One request, ready to be sent as often as needed.
pub(crate) struct Request<'request> {
    pub(crate) method: &'static str,
    pub(crate) endpoint: &'request Endpoint,
    pub(crate) path: &'request str,
    /// Name and value; the value may be text from outside.
    pub(crate) header: Option<(&'static str, &'request str)>,
}

impl Request<'_> {
    /// The body of a 200, by `deadline`. Answers 429 and 5xx are tried once more.
    pub(crate) async fn send(&self, deadline: Instant) -> Result<Vec<u8>, HttpError> {
        match self.attempt(deadline).await {
            Err(HttpError::Status(429 | 500..=599)) if Instant::now() + BACK_OFF < deadline => {
                sleep(BACK_OFF).await;
                self.attempt(deadline).await
            }
            answer => answer,
        }
    }

    async fn attempt(&self, deadline: Instant) -> Result<Vec<u8>, HttpError> {
        timeout_at(deadline, self.exchange()).await.unwrap_or(Err(HttpError::TimedOut))
    }

    async fn exchange(&self) -> Result<Vec<u8>, HttpError> {
        let address: SocketAddr = self.endpoint.address;
        let mut stream = TcpStream::connect(address).await.map_err(HttpError::Connect)?;
        stream.write_all(self.head()?.as_bytes()).await.map_err(HttpError::Broken)?;
        read_answer(&mut stream).await
    }

    fn head(&self) -> Result<String, HttpError> {
        let Endpoint { host, base_path, .. } = self.endpoint;
        let target = format!("{base_path}{}", self.path);
        let (name, value) = self.header.unwrap_or(("Accept", "*/*"));
        let smuggles = |text: &str| text.bytes().any(|byte| byte.is_ascii_control());
        if smuggles(&target) || target.contains(' ') || smuggles(value) {
            return Err(HttpError::NotAUrl);
        }
        Ok(format!(
            "{} {target} HTTP/1.1\r\nHost: {host}\r\n{name}: {value}\r\nUser-Agent: preflight\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.method
        ))
    }
}

/// Reads until the answer is whole; a server that keeps the connection open afterwards is not waited for.
async fn read_answer(stream: &mut TcpStream) -> Result<Vec<u8>, HttpError> {
    let mut received = Vec::with_capacity(4096);
    loop {
        let count = stream.read_buf(&mut received).await.map_err(HttpError::Broken)?;
        let ended = count == 0;
        if let Some(answer) = body::parse(&received, ended)? {
            return if answer.status == 200 {
                Ok(answer.body)
            } else {
                Err(HttpError::Status(answer.status))
            };
        }
        if ended {
            return Err(HttpError::Malformed);
        }
        if received.len() > LONGEST_ANSWER {
            return Err(HttpError::TooLong);
        }
    }
}
