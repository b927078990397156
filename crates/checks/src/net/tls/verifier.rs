//! A certificate verifier that remembers what it saw, so that a driver's "handshake failed" can be explained.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::verdict::Verdict;
use super::{TlsMode, TlsSettings, Trust, trust};
use crate::Failure;

/// The client configuration of these settings; what its verifier sees goes into `verdict`.
pub(super) fn client_config(
    settings: &TlsSettings,
    trust: &Trust,
    verdict: Arc<Verdict>,
) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Diagnosing::new(settings, trust, verdict, Arc::clone(&provider))?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(&crate::kinds::general::ERROR, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &settings.client_certificate {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let key = trust::private_key(settings.client_key.as_deref().unwrap_or(path))?;
            builder
                .with_client_auth_cert(trust::certificates(path)?, key)
                .map_err(|error| trust::bad_file(path, &error.to_string()))?
        }
    };
    config.alpn_protocols.clone_from(&settings.protocols);
    Ok(config)
}

#[derive(Debug)]
struct Diagnosing {
    /// None when any certificate is taken.
    strict: Option<Arc<WebPkiServerVerifier>>,
    check_name: bool,
    server_name: Option<ServerName<'static>>,
    verdict: Arc<Verdict>,
    provider: Arc<CryptoProvider>,
}

impl Diagnosing {
    fn new(
        settings: &TlsSettings,
        trust: &Trust,
        verdict: Arc<Verdict>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Failure> {
        // libpq: a root certificate file turns `require` into `verify-ca`.
        let mode = match settings.mode {
            TlsMode::Require if settings.authorities.is_some() => TlsMode::VerifyCa,
            mode => mode,
        };
        let strict = if mode >= TlsMode::VerifyCa {
            let authorities = trust.authorities(settings.authorities.as_deref())?;
            verdict.trusts(&authorities.origin);
            let verifier =
                WebPkiServerVerifier::builder_with_provider(authorities.store, Arc::clone(&provider))
                    .build()
                    .map_err(|error| Failure::new(&crate::kinds::tls::BAD_FILE, error.to_string()))?;
            Some(verifier)
        } else {
            None
        };
        let server_name = ServerName::try_from(verdict.name().to_owned()).ok();
        Ok(Self { strict, check_name: mode == TlsMode::VerifyFull, server_name, verdict, provider })
    }
}

impl ServerCertVerifier for Diagnosing {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verdict.saw(end_entity, now);
        let Some(strict) = &self.strict else { return Ok(ServerCertVerified::assertion()) };
        // A driver that dials an address hands in the address; the name that was asked for is the one that counts.
        let name = self.server_name.as_ref().unwrap_or(server_name);
        let outcome = strict.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        match outcome {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.check_name => Ok(ServerCertVerified::assertion()),
            Err(error) => {
                self.verdict.refused(&error);
                Err(error)
            }
            accepted => accepted,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
