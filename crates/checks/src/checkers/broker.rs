//! What the checkers of message brokers share: whether TLS is meant, and where the server is then.

#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) mod watched;

use std::{fmt, io};

use preflight_contract::Attribute;
use rustls::AlertDescription;

use crate::net::Reached;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Endpoint, Failure, Item, Probe, kinds};

/// Whether the item's scheme, or the client's name in its variables, is one of `names` (`amqps`, `AMQPS_…`).
pub(crate) fn is_called(item: &Item, names: &[&str]) -> bool {
    let client = item.connection.client.trim_end_matches(|last: char| last.is_ascii_digit());
    item.scheme().is_some_and(|scheme| names.contains(&scheme.as_str()))
        || names.iter().any(|name| client.eq_ignore_ascii_case(name))
}

/// Where the server is and how it is spoken to, for a protocol whose TLS comes before its first byte: as `SSLMODE`
/// says, else with full verification when the item is called one of `names` or names the port `tls_port`, else in
/// plain. `tls_port` is the default port of the encrypted form.
///
/// # Errors
/// `tls.bad_mode`, or `check.bad_address`.
pub(crate) fn target(
    item: &Item,
    names: &[&str],
    tls_port: Option<u16>,
) -> Result<(Endpoint, TlsSettings), Failure> {
    let plain = item.endpoint()?;
    let encrypted = is_called(item, names) || tls_port == Some(plain.port);
    let default = if encrypted { TlsMode::VerifyFull } else { TlsMode::Disable };
    let settings = TlsSettings::of(item, default)?;
    let endpoint =
        if settings.mode.is_required() && tls_port.is_some() { item.endpoint_or(tls_port)? } else { plain };
    Ok((endpoint, settings))
}

/// The failure that an error of an open connection means. In TLS 1.3 the server judges our certificate after the
/// handshake is over for us, so that its alert comes with the first answer.
pub(crate) fn below(item: &Item, probe: &Probe, reached: &Reached, error: &io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::AlertReceived(alert)) = inner else { return probe.broken(item, error) };
    let class = match alert {
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::UnknownCA => &kinds::tls::CLIENT_CERTIFICATE,
        _ => &kinds::tls::HANDSHAKE,
    };
    let evidence =
        format!("{reached} wants a client certificate, or does not take the one it got ({alert:?})");
    Failure::new(class, evidence)
}

/// The failure of a parameter that the protocol cannot carry.
pub(crate) fn bad_parameter(item: &Item, attribute: Attribute, why: impl fmt::Display) -> Failure {
    Failure::new(&kinds::general::BAD_PARAMETER, format!("{}: {why}", item.name_of(attribute)))
}
