//! Our end of the conversation: it carries the SDK's requests while the SDK waits, so that nothing runs by itself.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::mpsc;
use url::Url;

use super::settings::authorities_of_environment;
use super::wire::{Envelope, Wire};
use crate::net::Reached;
use crate::net::http::{HttpOptions, HttpSession};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Failure, Item, Probe, kinds};

/// How long an answer may take of those that are not the service: they give credentials or tell who asks.
const ASIDE: Duration = Duration::from_millis(1500);

/// Whom requests are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addressee {
    /// The service that is checked: what goes wrong is the check's failure.
    Service(Layer),
    /// Anybody else: what goes wrong is the SDK's to judge.
    Aside,
}

/// Both ends, and the session with the service once it is open.
#[derive(Debug)]
pub(super) struct Conversation {
    wire: Wire,
    inbox: mpsc::Receiver<Envelope>,
    tls: TlsSettings,
    session: Option<HttpSession>,
    /// What went wrong aside.
    pub(super) notes: Vec<String>,
}

impl Conversation {
    pub(super) fn new(tls: TlsSettings) -> Self {
        let (wire, inbox) = Wire::new();
        Self { wire, inbox, tls, session: None, notes: Vec::new() }
    }

    /// The HTTP client that the SDK is given.
    pub(super) fn wire(&self) -> Wire {
        self.wire.clone()
    }

    /// Where the service was reached.
    pub(super) fn reached(&self) -> Option<&Reached> {
        self.session.as_ref().map(HttpSession::reached)
    }

    /// Runs a call of the SDK to its end and carries its requests.
    ///
    /// # Errors
    /// When the service could not be reached or did not answer in HTTP.
    pub(super) async fn drive<Outcome>(
        &mut self,
        item: &Item,
        probe: &mut Probe,
        addressee: Addressee,
        call: impl Future<Output = Outcome>,
    ) -> Result<Outcome, Failure> {
        let mut call = pin!(call);
        loop {
            let envelope = tokio::select! {
                biased;
                outcome = &mut call => return Ok(outcome),
                Some(envelope) = self.inbox.recv() => envelope,
            };
            let answer = match addressee {
                Addressee::Service(layer) => {
                    Ok(self.ask_service(item, probe, layer, &envelope.request).await?)
                }
                Addressee::Aside => self.ask_aside(item, probe, &envelope.request).await,
            };
            // The SDK may have given the request up.
            let _ = envelope.answer.send(answer);
        }
    }

    async fn ask_service(
        &mut self,
        item: &Item,
        probe: &mut Probe,
        layer: Layer,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Failure> {
        let url = url_of(request)?;
        let session = match self.session.take().filter(|session| session.base().origin() == url.origin()) {
            Some(session) => session,
            None => open(probe, &url, self.tls.clone()).await?,
        };
        let session = self.session.insert(session);
        probe.enter(layer);
        ask(session, item, probe, request).await
    }

    async fn ask_aside(
        &mut self,
        item: &Item,
        probe: &Probe,
        request: &HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let mut own = Probe::new(Arc::clone(probe.network()));
        let exchange = async {
            let url = url_of(request)?;
            let mut tls = TlsSettings::new(TlsMode::VerifyFull);
            tls.authorities = authorities_of_environment();
            if self.reached().is_some_and(|reached| Some(reached.endpoint.host.as_str()) == url.host_str()) {
                tls = self.tls.clone();
            }
            let session = open(&mut own, &url, tls).await?;
            ask(&session, item, &own, request).await
        };
        match tokio::time::timeout(ASIDE, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => {
                self.notes.push(failure.evidence.clone());
                Err(ConnectorError::io(failure.evidence.into()))
            }
            Err(_) => {
                let host = url_of(request).ok().and_then(|url| url.host_str().map(str::to_owned));
                let note = format!("{} did not answer in time", host.unwrap_or_default());
                self.notes.push(note.clone());
                Err(ConnectorError::timeout(note.into()))
            }
        }
    }
}

fn url_of(request: &HttpRequest) -> Result<Url, Failure> {
    Url::parse(request.uri()).map_err(|error| {
        Failure::new(&kinds::general::BAD_ADDRESS, format!("{:?} is not a URL: {error}", request.uri()))
    })
}

async fn open(probe: &mut Probe, url: &Url, tls: TlsSettings) -> Result<HttpSession, Failure> {
    HttpSession::open(probe, HttpOptions { base: url.clone(), tls, follow_redirects: false }).await
}

async fn ask(
    session: &HttpSession,
    item: &Item,
    probe: &Probe,
    request: &HttpRequest,
) -> Result<HttpResponse, Failure> {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::GET);
    let headers = headers_of(request);
    let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
    let shape = |builder: reqwest::RequestBuilder| builder.headers(headers).body(body);
    let answer = session.ask(item, probe, (method, request.uri()), shape).await?;
    let status = StatusCode::try_from(answer.status.as_u16())
        .map_err(|error| Failure::new(&kinds::general::ERROR, error.to_string()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in &answer.headers {
        if let Ok(value) = value.to_str() {
            // Names and values have been through this very check before.
            let _ = response.headers_mut().try_append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

/// The headers as they were signed. The length is told by whoever sends the body.
fn headers_of(request: &HttpRequest) -> HeaderMap {
    let pairs = request.headers().iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let parsed = pairs.filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    });
    parsed.collect()
}
