//! TLS with a diagnosis: what the certificate was, and which of the many ways to be wrong it chose.

mod settings;
mod trust;
mod verdict;
mod verifier;

use std::error::Error;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::probe::Warning;
use crate::{Failure, kinds};

pub use settings::{TlsMode, TlsSettings};
pub use trust::Trust;
use verdict::Verdict;

/// A TLS client for one server: its configuration, and what it learned of the server's certificate.
#[derive(Debug)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    verdict: Arc<Verdict>,
    server_name: ServerName<'static>,
}

impl TlsClient {
    /// A client for `host` (or the settings' own server name) that trusts what the settings say.
    ///
    /// # Errors
    /// `tls.bad_file` when a certificate or key file cannot be used, `check.bad_address` for an impossible name.
    pub fn new(settings: &TlsSettings, host: &str, trust: &Trust) -> Result<Self, Failure> {
        let name = settings.server_name.as_deref().unwrap_or(host);
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| {
            Failure::new(
                &kinds::general::BAD_ADDRESS,
                format!("{name:?} is not a name that a certificate can carry"),
            )
        })?;
        let verdict = Arc::new(Verdict::new(name, settings));
        let config = verifier::client_config(settings, trust, Arc::clone(&verdict))?;
        Ok(Self { config: Arc::new(config), verdict, server_name })
    }

    /// For a driver that makes the handshake by itself. The server's name is checked against ours even if the
    /// driver dials an address.
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The name that is sent (SNI) and that the certificate must carry.
    #[must_use]
    pub fn server_name(&self) -> ServerName<'static> {
        self.server_name.clone()
    }

    /// Makes the handshake.
    ///
    /// # Errors
    /// A class of `tls.*`.
    pub async fn handshake(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let peer = stream.peer_addr().map_or_else(|_| String::new(), |address| address.to_string());
        let connector = TlsConnector::from(self.config());
        match connector.connect(self.server_name(), stream).await {
            Ok(stream) => Ok(stream),
            Err(error) => Err(self.failure(&error).unwrap_or_else(|| verdict::of_io(&peer, &error))),
        }
    }

    /// What the certificate or the handshake was refused for: by our verifier, else by what rustls says somewhere in
    /// the causes of a driver's error. None when the error is not about TLS.
    #[must_use]
    pub fn failure(&self, error: &(dyn Error + 'static)) -> Option<Failure> {
        self.verdict.failure().or_else(|| verdict::of_rustls(error, &self.verdict))
    }

    /// Warnings about a certificate that is still good.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        self.verdict.warnings()
    }

    /// The certificate in a few words, once it was seen.
    #[must_use]
    pub fn certificate_summary(&self) -> Option<String> {
        self.verdict.summary()
    }
}
