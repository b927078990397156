//! What was seen of the server's certificate and what was wrong with it, in words.

use std::error::Error as StdError;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{AlertDescription, CertificateError, Error};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::TlsSettings;
use crate::probe::Warning;
use crate::{Class, Failure, kinds};

/// Filled by the verifier during the handshake, read afterwards.
#[derive(Debug)]
pub(super) struct Verdict {
    name: String,
    expires_soon: Duration,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    certificate: Option<Certificate>,
    failure: Option<Failure>,
    authorities: String,
}

/// The few facts of a certificate that a person asks for.
#[derive(Debug, Clone)]
struct Certificate {
    subject: String,
    issuer: String,
    names: Vec<String>,
    not_before: String,
    not_after: String,
    remaining: Option<Duration>,
}

impl Verdict {
    pub(super) fn new(name: &str, settings: &TlsSettings) -> Self {
        Self { name: name.to_owned(), expires_soon: settings.expires_soon, seen: Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn trusts(&self, authorities: &str) {
        self.lock().authorities = authorities.to_owned();
    }

    pub(super) fn saw(&self, certificate: &CertificateDer<'_>, now: UnixTime) {
        self.lock().certificate = read(certificate, now);
    }

    pub(super) fn refused(&self, error: &Error) {
        let failure = self.explain(error);
        self.lock().failure = Some(failure);
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let seen = self.lock();
        let Some(certificate) = &seen.certificate else { return Vec::new() };
        let Some(remaining) = certificate.remaining.filter(|remaining| *remaining < self.expires_soon) else {
            return Vec::new();
        };
        let days = remaining.as_secs() / 86_400;
        let evidence = format!(
            "the certificate of {} ends in {days} days, on {} ({})",
            self.name, certificate.not_after, certificate.subject
        );
        vec![Warning { class: &kinds::tls::EXPIRES_SOON, evidence }]
    }

    pub(super) fn summary(&self) -> Option<String> {
        let seen = self.lock();
        let certificate = seen.certificate.as_ref()?;
        Some(format!(
            "{}, issued by {}, until {}",
            certificate.subject, certificate.issuer, certificate.not_after
        ))
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // What is in it is whole after a panic: each write is one assignment.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn explain(&self, error: &Error) -> Failure {
        let seen = self.lock();
        let name = &self.name;
        let Error::InvalidCertificate(why) = error else {
            return Failure::new(
                &kinds::tls::BAD_CERTIFICATE,
                format!("the certificate of {name} is refused: {error}"),
            );
        };
        let Some(certificate) = &seen.certificate else {
            return Failure::new(
                &kinds::tls::BAD_CERTIFICATE,
                format!("the certificate of {name} cannot be read: {error}"),
            );
        };
        let subject = &certificate.subject;
        let (class, evidence): (&'static Class, String) = match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                &kinds::tls::EXPIRED,
                format!("the certificate of {name} ({subject}) expired on {}", certificate.not_after),
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                &kinds::tls::NOT_YET_VALID,
                format!(
                    "the certificate of {name} ({subject}) is valid only from {}",
                    certificate.not_before
                ),
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
                &kinds::tls::HOSTNAME_MISMATCH,
                format!("the certificate is for {}, not for {name}", certificate.valid_for()),
            ),
            _ if certificate.issuer == *subject && is_about_the_issuer(why) => (
                &kinds::tls::SELF_SIGNED,
                format!(
                    "the certificate of {name} ({subject}) is signed by itself and not among {}",
                    seen.authorities
                ),
            ),
            CertificateError::UnknownIssuer => (
                &kinds::tls::UNKNOWN_ISSUER,
                format!(
                    "the certificate of {name} ({subject}) was issued by {}, which is not among {}",
                    certificate.issuer, seen.authorities
                ),
            ),
            CertificateError::Revoked => {
                (&kinds::tls::REVOKED, format!("the certificate of {name} ({subject}) has been revoked"))
            }
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => (
                &kinds::tls::SELF_SIGNED,
                format!("the certificate of {name} ({subject}) is an authority's own, used as a server's"),
            ),
            other => (
                &kinds::tls::BAD_CERTIFICATE,
                format!("the certificate of {name} ({subject}) is refused: {other}"),
            ),
        };
        Failure::new(class, evidence)
    }
}

/// Whether the certificate's signature is what was refused. When a trusted authority happens to have the same name as
/// a certificate that signed itself, the refusal is about the signature and not about an unknown issuer.
fn is_about_the_issuer(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
    )
}

impl Certificate {
    fn valid_for(&self) -> String {
        if self.names.is_empty() {
            format!("{} (no alternative names)", self.subject)
        } else {
            self.names.join(", ")
        }
    }
}

fn read(der: &CertificateDer<'_>, now: UnixTime) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let mut names = Vec::new();
    if let Ok(Some(alternative)) = parsed.subject_alternative_name() {
        names.extend(alternative.value.general_names.iter().filter_map(general_name));
    }
    let validity = parsed.validity();
    let remaining =
        u64::try_from(validity.not_after.timestamp()).ok().and_then(|end| end.checked_sub(now.as_secs()));
    Some(Certificate {
        subject: non_empty(parsed.subject().to_string(), "no subject"),
        issuer: non_empty(parsed.issuer().to_string(), "no issuer"),
        names,
        not_before: date(validity.not_before.timestamp()),
        not_after: date(validity.not_after.timestamp()),
        remaining: remaining.map(Duration::from_secs),
    })
}

fn general_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => <[u8; 4]>::try_from(*octets)
            .map(|four| std::net::IpAddr::from(four).to_string())
            .or_else(|_| {
                <[u8; 16]>::try_from(*octets).map(|sixteen| std::net::IpAddr::from(sixteen).to_string())
            })
            .ok(),
        _ => None,
    }
}

fn non_empty(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} s"), |time| time.to_string())
}

/// What a rustls error somewhere in the causes of `error` means.
pub(super) fn of_rustls(error: &(dyn StdError + 'static), verdict: &Verdict) -> Option<Failure> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<Error>() {
            return Some(of_handshake(found, verdict));
        }
        if let Some(wrapped) = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // io::Error does not show what it wraps as its source, but as its inner error.
            if let Some(found) = of_rustls(wrapped, verdict) {
                return Some(found);
            }
        }
        next = current.source();
    }
    None
}

fn of_handshake(error: &Error, verdict: &Verdict) -> Failure {
    let name = verdict.name();
    match error {
        Error::InvalidMessage(_) => Failure::new(
            &kinds::tls::NOT_TLS,
            format!("{name} answered the TLS greeting with something that is not TLS"),
        ),
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::BadCertificate) => {
            Failure::new(
                &kinds::tls::CLIENT_CERTIFICATE,
                format!("{name} wants a client certificate, or does not take the one it got ({error})"),
            )
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => Failure::new(
            &kinds::tls::INCOMPATIBLE,
            format!("{name} and this program have no TLS version or cipher in common ({error})"),
        ),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            Failure::new(&kinds::tls::HOSTNAME_MISMATCH, format!("{name} does not serve that name ({error})"))
        }
        Error::InvalidCertificate(_) => verdict.explain(error),
        other => {
            Failure::new(&kinds::tls::HANDSHAKE, format!("the TLS handshake with {name} failed: {other}"))
        }
    }
}

/// What an input or output error during the handshake means.
pub(super) fn of_io(peer: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            Failure::new(
                &kinds::tls::CLOSED,
                format!("{peer} closed the connection during the TLS handshake"),
            )
        }
        _ => Failure::new(&kinds::tls::HANDSHAKE, format!("the TLS handshake with {peer} failed: {error}")),
    }
}
