//! HTTP for the checkers whose servers speak it: one session goes through the layers by itself and then sends
//! requests whose answers are read whole, up to a bound.

use std::time::Duration;

use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use preflight_contract::Attribute;
use reqwest::{Client, Method, RequestBuilder, redirect};
use url::Url;

use crate::item::Endpoint;
use crate::net::Reached;
use crate::net::tls::{TlsClient, TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Failure, Item, Probe, kinds, whole_message};

/// An answer's body is read up to this many bytes.
const LONGEST_BODY: usize = 1 << 20;

/// How many redirects are followed when they are at all.
const MOST_REDIRECTS: usize = 5;

/// A server that accepted the connection and the TLS handshake, and a client that speaks to just that address.
#[derive(Debug)]
pub struct HttpSession {
    client: Client,
    base: Url,
    reached: Reached,
    tls: Option<TlsClient>,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, up to 1 MiB.
    pub body: Vec<u8>,
    /// How long it took until the body was read.
    pub elapsed: Duration,
}

impl Answer {
    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, if it is.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The beginning of the body on one line, for an evidence.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let text = self.text();
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = words.join(" ");
        match line.char_indices().nth(200) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// What a session is opened with.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The URL that requests are relative to, with scheme and host.
    pub base: Url,
    /// How TLS is made, for https.
    pub tls: TlsSettings,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
}

impl HttpOptions {
    /// The options that an item's attributes say: `URL`, or `SCHEME`, `ADDRESS`, `PORT` and `PATH`; https when the
    /// scheme or an `SSLMODE` asks for it.
    ///
    /// # Errors
    /// `check.bad_address` or `tls.bad_mode`.
    pub fn of(item: &Item) -> Result<Self, Failure> {
        let tls = TlsSettings::of(item, TlsMode::VerifyFull)?;
        let asked = item.attribute(Attribute::Sslmode).is_some() && tls.mode.is_required();
        let scheme = match item.scheme().as_deref() {
            Some("https") => "https",
            _ if asked => "https",
            _ => "http",
        };
        let default_port = if scheme == "https" {
            Some(item.kind.default_port.filter(|port| *port != 80).unwrap_or(443))
        } else {
            item.kind.default_port.or(Some(80))
        };
        let endpoint = item.endpoint_or(default_port)?;
        let mut base = Url::parse(&format!("{scheme}://{endpoint}/")).map_err(|error| {
            Failure::new(&kinds::general::BAD_ADDRESS, format!("{endpoint} makes no URL: {error}"))
        })?;
        if let Some(path) = path_of(item) {
            base.set_path(&path);
        }
        Ok(Self { base, tls, follow_redirects: false })
    }
}

/// `PATH`, else the URL's path.
fn path_of(item: &Item) -> Option<String> {
    if let Some(path) = item.attribute(Attribute::Path) {
        return Some(path.to_owned());
    }
    let url = Url::parse(item.attribute(Attribute::Url)?).ok()?;
    Some(url.path().to_owned())
}

impl HttpSession {
    /// Goes through the DNS, TCP and, for https, TLS layers, and prepares a client that dials only what was reached.
    ///
    /// # Errors
    /// A class of `dns.*`, `tcp.*` or `tls.*`.
    pub async fn open(probe: &mut Probe, options: HttpOptions) -> Result<Self, Failure> {
        let endpoint = endpoint_of(&options.base)?;
        let (reached, stream) = probe.connect(&endpoint).await?;
        let mut tls = None;
        if options.base.scheme() == "https" {
            drop(probe.tls(stream, &endpoint.host, &options.tls).await?);
            tls = Some(probe.tls_client(&options.tls, &endpoint.host)?);
        }
        let client = client(&options, &reached, tls.as_ref())?;
        Ok(Self { client, base: options.base, reached, tls })
    }

    /// Where the session leads.
    #[must_use]
    pub fn reached(&self) -> &Reached {
        &self.reached
    }

    /// The URL that requests are relative to.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Sends one request in that layer and reads the answer. `path` is relative to the base (`/v1/kv/x`), or empty
    /// for the base itself; `shape` adds headers, credentials and a body.
    ///
    /// # Errors
    /// The kind's common classes when no HTTP answer comes; an answer of any status is not an error here.
    pub async fn send(
        &self,
        item: &Item,
        probe: &mut Probe,
        layer: Layer,
        (method, path): (Method, &str),
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Failure> {
        probe.enter(layer);
        let answer = self.ask(item, probe, (method, path), shape).await?;
        probe.leave();
        Ok(answer)
    }

    /// As [`HttpSession::send`], in the layer that the probe is in, for the caller that judges the answer before the
    /// layer holds.
    ///
    /// # Errors
    /// As [`HttpSession::send`].
    pub async fn ask(
        &self,
        item: &Item,
        probe: &Probe,
        (method, path): (Method, &str),
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Failure> {
        let url = if path.is_empty() { Ok(self.base.clone()) } else { self.base.join(path) };
        let url = url.map_err(|error| {
            Failure::new(&kinds::general::BAD_PARAMETER, format!("{path:?} makes no URL: {error}"))
        })?;
        let request = shape(self.client.request(method, url));
        exchange(request).await.map_err(|error| self.failure(item, probe, &error))
    }

    fn failure(&self, item: &Item, probe: &Probe, error: &reqwest::Error) -> Failure {
        if let Some(failure) = self.tls.as_ref().and_then(|client| client.failure(error)) {
            return failure;
        }
        if let Some(io) = io_error(error) {
            return probe.broken(item, io);
        }
        let message = whole_message(error);
        let whom = &self.reached;
        let title = item.kind.title;
        let Some(common) = item.kind.common else { return Failure::new(&kinds::general::ERROR, message) };
        if ["connection closed before message completed", "connection was not ready", "incomplete"]
            .iter()
            .any(|words| message.contains(words))
        {
            return Failure::new(
                common.closed,
                format!("{whom} closed the connection before answering as {title}"),
            );
        }
        if error.is_redirect() {
            return Failure::new(common.error, format!("{whom}: {message}"));
        }
        if error.is_request() || error.is_body() || error.is_decode() {
            let in_what =
                if title == "HTTP" { "in HTTP".to_owned() } else { format!("as {title}, which speaks HTTP") };
            let evidence = format!("{whom} did not answer {in_what}: {message}");
            return Failure::new(common.wrong_protocol, evidence);
        }
        Failure::new(common.error, format!("{whom}: {message}"))
    }
}

async fn exchange(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let since = std::time::Instant::now();
    let response = request.send().await?;
    let status = response.status();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() >= LONGEST_BODY {
            body.truncate(LONGEST_BODY);
            break;
        }
    }
    Ok(Answer { status, headers, body, elapsed: since.elapsed() })
}

/// The host and port of a URL.
///
/// # Errors
/// `check.bad_address` when it has no host, or is neither http nor https.
pub fn endpoint_of(url: &Url) -> Result<Endpoint, Failure> {
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
    match (host, url.port_or_known_default()) {
        (Some(host), Some(port)) => {
            Ok(Endpoint { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port })
        }
        _ => Err(Failure::new(
            &kinds::general::BAD_ADDRESS,
            format!("{:?} is not an http or https URL with a host", url.as_str()),
        )),
    }
}

fn client(options: &HttpOptions, reached: &Reached, tls: Option<&TlsClient>) -> Result<Client, Failure> {
    let policy = if options.follow_redirects {
        redirect::Policy::limited(MOST_REDIRECTS)
    } else {
        redirect::Policy::none()
    };
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(policy)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("preflight/", env!("CARGO_PKG_VERSION")))
        .resolve_to_addrs(&reached.endpoint.host, &[reached.address]);
    let config = match tls {
        Some(tls) => std::sync::Arc::unwrap_or_clone(tls.config()),
        None => nobody_trusted()?,
    };
    builder = builder.tls_backend_preconfigured(config);
    builder.build().map_err(|error| Failure::new(&kinds::general::ERROR, whole_message(&error)))
}

/// A client that is to speak in plain needs a TLS configuration nevertheless: the one that it would make for itself
/// loads the system's authorities, and fails where no provider of cryptography is installed.
fn nobody_trusted() -> Result<rustls::ClientConfig, Failure> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(&kinds::general::ERROR, error.to_string()))?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn io_error(error: &reqwest::Error) -> Option<&std::io::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            return Some(io);
        }
        next = std::error::Error::source(current);
    }
    None
}
