//! TLS for one server: who is trusted, who we are, and what a refused handshake means.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

use crate::{Backend, Cause, SourceError, TlsSettings};

/// How to begin TLS with one server.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

impl Tls {
    /// Reads the certificates of the settings. `host` is who the server says it is, unless the settings know better.
    pub(super) fn new(backend: Backend, settings: &TlsSettings, host: &str) -> Result<Self, SourceError> {
        let name = settings.server_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            SourceError::new(backend, Cause::Configuration, format!("{name:?} is no name for a certificate"))
        })?;
        let config = config(backend, settings)?;
        Ok(Self { config: Arc::new(config), name })
    }
}

fn config(backend: Backend, settings: &TlsSettings) -> Result<ClientConfig, SourceError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| SourceError::new(backend, Cause::TlsFailed, error.to_string()))?;
    let builder = if settings.verify {
        builder.with_root_certificates(authorities(backend, settings)?)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone { provider }))
    };
    let Some(certificate) = &settings.certificate else { return Ok(builder.with_no_client_auth()) };
    let key = settings.key.as_ref().unwrap_or(certificate);
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(backend, key, &error))?;
    builder
        .with_client_auth_cert(certificates(backend, certificate)?, key)
        .map_err(|error| unusable(backend, certificate, &error))
}

/// Those of the file, else of the text, else of the folder, else the system's, else built-in ones.
fn authorities(backend: Backend, settings: &TlsSettings) -> Result<RootCertStore, SourceError> {
    if let Some(file) = &settings.ca_file {
        return store(backend, file, certificates(backend, file)?);
    }
    if let Some(text) = settings.ca_bytes.as_ref().filter(|text| !text.is_empty()) {
        let found = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
        let place = Path::new("the text of the CA certificate");
        let found = found.map_err(|error| unusable(backend, place, &error))?;
        return store(backend, place, found);
    }
    if let Some(folder) = &settings.ca_folder {
        return store(backend, folder, certificates_below(backend, folder)?);
    }
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(store)
}

fn store(
    backend: Backend,
    place: &Path,
    found: Vec<CertificateDer<'static>>,
) -> Result<RootCertStore, SourceError> {
    if found.is_empty() {
        return Err(unusable(backend, place, &"it holds no PEM certificate"));
    }
    let mut store = RootCertStore::empty();
    for certificate in found {
        store.add(certificate).map_err(|error| unusable(backend, place, &error))?;
    }
    Ok(store)
}

fn certificates(backend: Backend, path: &Path) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(backend, path, &error))?;
    if found.is_empty() {
        return Err(unusable(backend, path, &"it holds no PEM certificate"));
    }
    Ok(found)
}

/// Those of all files of a folder, as Go's clients read it: what holds no certificate is passed over.
fn certificates_below(backend: Backend, folder: &Path) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let entries = std::fs::read_dir(folder).map_err(|error| unusable(backend, folder, &error))?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    Ok(files.flat_map(|path| certificates(backend, &path).unwrap_or_default()).collect())
}

fn unusable(backend: Backend, place: &Path, why: &dyn std::fmt::Display) -> SourceError {
    let evidence = format!("{} cannot be used: {why}", place.display());
    SourceError::new(backend, Cause::Configuration, evidence)
        .with_hint("give a PEM file that this user may read")
}

/// The error of a handshake, or of the first answer after it: TLS 1.3 refuses a client's certificate only then.
pub(super) fn failure(backend: Backend, place: &str, error: &Error) -> SourceError {
    let (cause, evidence) = match error {
        Error::InvalidCertificate(certificate) => refused(place, certificate),
        Error::InvalidMessage(_) => (Cause::TlsFailed, format!("{place} does not speak TLS: {error}")),
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) => (Cause::TlsFailed, format!("{place} does not accept our certificate: {error}")),
        _ => (Cause::TlsFailed, format!("{place} did not agree on TLS: {error}")),
    };
    SourceError::new(backend, cause, evidence)
}

fn refused(place: &str, error: &CertificateError) -> (Cause, String) {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            (Cause::TlsExpired, format!("the certificate of {place} has expired"))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (Cause::TlsExpired, format!("the certificate of {place} is not valid yet"))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (Cause::TlsHostname, format!("the certificate of {place} is for another name: {error}"))
        }
        CertificateError::UnknownIssuer => {
            (Cause::TlsUntrusted, format!("the certificate of {place} is signed by nobody that is trusted"))
        }
        other => (Cause::TlsUntrusted, format!("the certificate of {place} is not accepted: {other}")),
    }
}

/// Accepts every certificate: the settings say not to verify.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
