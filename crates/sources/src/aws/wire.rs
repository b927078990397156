//! The SDK's HTTP client: its requests go through ours, with our names, TLS and bounds.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::timeout;

use crate::http::{Client, Request, Response};
use crate::{Backend, Cause, HttpSettings, ProxySettings, SourceError};

/// How many connections are open to one service at most when the settings do not say.
const CONNECTIONS: usize = 4;

/// One client a server, made when it is first asked.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    settings: Arc<HttpSettings>,
    clients: Arc<Mutex<HashMap<String, Client>>>,
    /// How long one request may take, where whoever asks has said so: there is no metadata service off EC2.
    patience: Option<Duration>,
}

impl Wire {
    pub(super) fn new(mut settings: HttpSettings) -> Self {
        // The scheme of each address counts, not the settings'.
        settings.tls.enabled = false;
        if settings.tls.ca_file.is_none() {
            settings.tls.ca_file = authorities_of_environment();
        }
        Self { settings: Arc::new(settings), clients: Arc::default(), patience: None }
    }

    fn client(&self, origin: &str) -> Result<Client, SourceError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(origin) {
            return Ok(client.clone());
        }
        let mut settings = HttpSettings { address: origin.to_owned(), ..(*self.settings).clone() };
        if origin.contains("://169.254.") {
            // Credentials of this machine: no proxy's business.
            settings.proxy = ProxySettings::default();
        }
        let client = Client::new(Backend::Aws, &settings, CONNECTIONS)?;
        clients.insert(origin.to_owned(), client.clone());
        Ok(client)
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, SourceError> {
        let (origin, target) = divided(request.uri()).ok_or_else(|| {
            SourceError::new(Backend::Aws, Cause::BadRequest, format!("{:?} is not a URL", request.uri()))
        })?;
        let client = self.client(origin)?;
        let method = Method::from_bytes(request.method().as_bytes()).unwrap_or(Method::GET);
        let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
        let ours = Request::new(method, target).headers(headers_of(&request)).body(body);
        theirs(&client.send(&ours).await?)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, asked: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let connecting = asked.connect_timeout().unwrap_or_default();
        let patience = asked.read_timeout().map(|reading| reading + connecting);
        SharedHttpConnector::new(Self { patience, ..self.clone() })
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let carried = match wire.patience {
                Some(patience) => timeout(patience, wire.carry(request)).await,
                None => Ok(wire.carry(request).await),
            };
            match carried {
                Ok(answered) => answered.map_err(|error| ConnectorError::io(Box::new(error))),
                Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
            }
        })
    }
}

/// The SDKs' own variable for authorities that are trusted.
fn authorities_of_environment() -> Option<PathBuf> {
    std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The origin of a URL and what is asked there.
fn divided(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let end = url[host..].find(['/', '?']).map_or(url.len(), |slash| host + slash);
    Some((&url[..end], if end == url.len() { "/" } else { &url[end..] }))
}

/// The headers as they were signed. The length is told by whoever sends the body.
fn headers_of(request: &HttpRequest) -> HeaderMap {
    let pairs = request.headers().iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let parsed = pairs.filter_map(|(name, value)| {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
    });
    parsed.collect()
}

fn theirs(response: &Response) -> Result<HttpResponse, SourceError> {
    let status = StatusCode::try_from(response.status.as_u16()).map_err(|error| {
        SourceError::new(Backend::Aws, Cause::BadAnswer, format!("answered with a strange status: {error}"))
    })?;
    let mut answer = HttpResponse::new(status, SdkBody::from(response.body.to_vec()));
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            // Names and values have been through this very check before.
            let _ = answer.headers_mut().try_append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_origin_and_a_target() {
        assert_eq!(
            divided("https://ssm.us-west-2.amazonaws.com/"),
            Some(("https://ssm.us-west-2.amazonaws.com", "/"))
        );
        assert_eq!(divided("http://169.254.170.2/v2/c?x=y"), Some(("http://169.254.170.2", "/v2/c?x=y")));
        assert_eq!(divided("http://host:1"), Some(("http://host:1", "/")));
        assert_eq!(divided("nothing"), None);
    }
}
