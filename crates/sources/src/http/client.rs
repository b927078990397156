//! One server's client: requests go out over a bounded pool, answers come back whole.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::connect::{Connector, basic};
use super::failure;
use super::pool::{Connection, Pool};
use super::redirection;
use crate::{Backend, Cause, HttpSettings, SourceError};

/// An answer longer than this many bytes is an error, unless the request says otherwise.
const LONGEST_BODY: usize = 64 << 20;

/// What a server says of its answer's length is believed up to this many bytes, before they have come.
const BELIEVED: usize = 1 << 20;

/// A client of one server. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connector: Connector,
    pool: Arc<Pool>,
    common: HeaderMap,
    answer_timeout: Duration,
    keeps_alive: bool,
    place: String,
}

/// What is asked. The path is absolute, with its query, percent-encoded.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    patience: Option<Duration>,
    longest_body: usize,
    is_repeatable: bool,
}

/// A whole answer of any status.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            patience: None,
            longest_body: LONGEST_BODY,
            is_repeatable: true,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// With a header. A value that cannot stand in one is left out, and the server will say what is missing.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// With these headers as they are, such as those that were signed.
    #[must_use]
    pub(crate) fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    #[must_use]
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// How long the answer may take to begin, where that is not the settings' time: for a request that blocks.
    #[must_use]
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Not sent again by itself when the connection breaks before an answer, unless nothing of it was sent: for a
    /// question whose sense depends on what the server remembers.
    #[must_use]
    pub(crate) fn not_repeatable(mut self) -> Self {
        self.is_repeatable = false;
        self
    }

    /// The answer's bound in bytes, beyond which it is `http.too_large`.
    #[must_use]
    pub(crate) fn longest_body(mut self, bytes: usize) -> Self {
        self.longest_body = bytes;
        self
    }

    /// Whether it changes nothing at the server.
    fn is_question(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "LIST" | "HEAD")
    }
}

impl Response {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why an exchange failed, and whether the server may have acted on the request.
struct Broken {
    error: SourceError,
    is_untouched: bool,
}

impl Client {
    /// A client of that server with at most `connections` connections, unless the settings say how many. Nothing is
    /// connected yet, but certificates are read.
    ///
    /// # Errors
    /// An address, a proxy or a certificate that cannot be used.
    pub(crate) fn new(
        backend: Backend,
        settings: &HttpSettings,
        connections: usize,
    ) -> Result<Self, SourceError> {
        let connector = Connector::new(backend, settings)?;
        let most = if settings.max_connections == 0 { connections } else { settings.max_connections };
        Ok(Self {
            inner: Arc::new(Inner {
                common: common_headers(&connector, settings),
                place: connector.address.to_string(),
                pool: Arc::new(Pool::new(most, settings.idle_timeout)),
                answer_timeout: settings.answer_timeout,
                keeps_alive: !settings.disable_keep_alives,
                connector,
            }),
        })
    }

    /// Where the server is, fit to be shown: `host:port`.
    pub(crate) fn place(&self) -> &str {
        &self.inner.place
    }

    /// How many connections are open now.
    pub(crate) fn open_connections(&self) -> usize {
        self.inner.pool.open()
    }

    /// Sends a request and reads its answer, whatever its status is. A question follows where the same server sends it.
    ///
    /// # Errors
    /// A cause of `dns`, `tcp`, `tls` or `http` when no whole answer came.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, SourceError> {
        let mut response = self.send_once(request).await?;
        for _ in 0..redirection::MOST {
            let elsewhere = redirection::path(&self.inner.connector.address, &response);
            let Some(path) = elsewhere.filter(|_| request.is_question()) else { break };
            response = self.send_once(&Request { path, ..request.clone() }).await?;
        }
        Ok(response)
    }

    async fn send_once(&self, request: &Request) -> Result<Response, SourceError> {
        let pool = &self.inner.pool;
        let _permit = pool.permit().await;
        if let Some(connection) = pool.take().await {
            match self.exchange(connection, request).await {
                Ok(response) => return Ok(response),
                // The server closed it while nobody used it; nobody is to blame.
                Err(broken) if broken.is_untouched => {}
                Err(broken) => return Err(broken.error),
            }
        }
        let stream = self.inner.connector.connect().await?;
        let connection = pool.begin(stream).await.map_err(|error| self.broken(&error))?;
        self.exchange(connection, request).await.map_err(|broken| broken.error)
    }

    /// The error of an answer that says no.
    pub(crate) fn refusal(&self, response: &Response) -> SourceError {
        failure::refusal(self.inner.connector.backend, &self.inner.place, response)
    }

    /// An error of this server.
    pub(crate) fn error(&self, cause: Cause, what: &str) -> SourceError {
        SourceError::new(self.inner.connector.backend, cause, format!("{} {what}", self.inner.place))
    }

    fn broken(&self, error: &hyper::Error) -> SourceError {
        failure::exchange(self.inner.connector.backend, &self.inner.place, error)
    }

    async fn exchange(&self, mut connection: Connection, request: &Request) -> Result<Response, Broken> {
        let patience = request.patience.unwrap_or(self.inner.answer_timeout);
        let answering = timeout(patience, connection.sender.try_send_request(self.message(request)?));
        let answered = answering.await.map_err(|_| Broken {
            error: self.error(Cause::AnswerTimeout, &format!("did not answer within {patience:?}")),
            is_untouched: false,
        })?;
        let response = answered.map_err(|mut failed| {
            let is_safe = request.is_repeatable && request.is_question();
            let is_closed = failed.error().is_incomplete_message() || failed.error().is_canceled();
            Broken {
                is_untouched: failed.take_message().is_some() || (is_safe && is_closed),
                error: self.broken(failed.error()),
            }
        })?;
        let (head, body) = response.into_parts();
        let body = self.read(&head.headers, body, request.longest_body).await;
        let body = body.map_err(|error| Broken { error, is_untouched: false })?;
        if self.inner.keeps_alive {
            self.inner.pool.keep(connection);
        }
        Ok(Response { status: head.status, headers: head.headers, body })
    }

    fn message(&self, request: &Request) -> Result<http::Request<Full<Bytes>>, Broken> {
        let base = &self.inner.connector.address.base;
        let path = match (&self.inner.connector.proxy, self.inner.connector.address.is_tls) {
            (Some(_), false) => format!("http://{}{base}{}", self.inner.connector.address, request.path),
            _ => format!("{base}{}", request.path),
        };
        let built = http::Request::builder()
            .method(request.method.clone())
            .uri(path)
            .body(Full::new(request.body.clone()));
        let mut message = built.map_err(|error| Broken {
            error: self.error(Cause::BadRequest, &format!("cannot be asked for that: {error}")),
            is_untouched: false,
        })?;
        *message.headers_mut() = self.inner.common.clone();
        message.headers_mut().extend(request.headers.clone());
        Ok(message)
    }

    async fn read(
        &self,
        headers: &HeaderMap,
        mut body: Incoming,
        longest: usize,
    ) -> Result<Bytes, SourceError> {
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let too_large = || {
            self.error(Cause::TooLarge, &format!("answered more than the {longest} bytes that are allowed"))
        };
        if length.is_some_and(|length| length > longest) {
            return Err(too_large());
        }
        let mut whole = BytesMut::with_capacity(length.unwrap_or(0).min(BELIEVED));
        loop {
            let frame = timeout(self.inner.answer_timeout, body.frame()).await;
            let frame =
                frame.map_err(|_| self.error(Cause::AnswerTimeout, "stopped in the middle of its answer"))?;
            let Some(frame) = frame else { return Ok(whole.freeze()) };
            let frame = frame.map_err(|error| self.broken(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > longest {
                return Err(too_large());
            }
            whole.extend_from_slice(&data);
        }
    }
}

fn common_headers(connector: &Connector, settings: &HttpSettings) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, text: &str, is_sensitive: bool| {
        if let Ok(mut value) = HeaderValue::from_str(text) {
            value.set_sensitive(is_sensitive);
            headers.insert(name, value);
        }
    };
    add(HOST, &connector.address.host_header(), false);
    add(USER_AGENT, concat!("preflight/", env!("CARGO_PKG_VERSION")), false);
    if let Some(auth) = settings.auth.as_ref().or(connector.address.auth.as_ref()) {
        add(AUTHORIZATION, &basic(auth), true);
    }
    let proxy = connector.proxy.as_ref().filter(|_| !connector.address.is_tls);
    if let Some(auth) = proxy.and_then(|proxy| proxy.auth.as_ref()) {
        add(PROXY_AUTHORIZATION, &basic(auth), true);
    }
    headers
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
