//! The SDK's end of the conversation: an HTTP client that hands each request over and waits for its answer.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::{mpsc, oneshot};

/// A request, and where its answer is waited for.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) request: HttpRequest,
    pub(super) answer: oneshot::Sender<Result<HttpResponse, ConnectorError>>,
}

/// The HTTP client that the SDK is given.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    outbox: mpsc::Sender<Envelope>,
}

impl Wire {
    /// A client, and where its requests come out.
    pub(super) fn new() -> (Self, mpsc::Receiver<Envelope>) {
        let (outbox, inbox) = mpsc::channel(1);
        (Self { outbox }, inbox)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let outbox = self.outbox.clone();
        HttpConnectorFuture::new(async move {
            let over = || ConnectorError::other("the conversation is over".into(), None);
            let (answer, answered) = oneshot::channel();
            outbox.send(Envelope { request, answer }).await.map_err(|_| over())?;
            answered.await.map_err(|_| over())?
        })
    }
}
