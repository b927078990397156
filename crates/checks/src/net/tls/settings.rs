//! How a connection is to be encrypted, from its attributes.

use std::path::PathBuf;
use std::time::Duration;

use preflight_contract::Attribute;

use crate::{Failure, Item, kinds};

/// A certificate that ends sooner than this is a warning.
const EXPIRES_SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// libpq's words for how much of TLS is wanted; see the PostgreSQL documentation, "SSL Mode Descriptions".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never encrypt.
    Disable,
    /// Encrypt only if the server insists.
    Allow,
    /// Encrypt if the server offers it.
    Prefer,
    /// Encrypt; take any certificate.
    Require,
    /// Encrypt; the certificate must come from a trusted authority.
    VerifyCa,
    /// Encrypt; the certificate must come from a trusted authority and carry the host's name.
    VerifyFull,
}

impl TlsMode {
    /// The mode of that word, in any case. `ca-verify`, the form people write, is `verify-ca`; MySQL's words and
    /// plain yes and no are understood too.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" | "off" | "false" | "no" | "0" | "none" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" | "preferred" => Self::Prefer,
            "require" | "required" | "insecure" | "skip-verify" => Self::Require,
            "verify-ca" | "ca-verify" => Self::VerifyCa,
            "verify-full" | "full-verify" | "verify-identity" | "on" | "true" | "yes" | "1" | "verify" => {
                Self::VerifyFull
            }
            _ => return None,
        })
    }

    /// Whether the connection must be encrypted.
    #[must_use]
    pub fn is_required(self) -> bool {
        self >= Self::Require
    }
}

/// How a connection is to be encrypted.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// How much of TLS is wanted.
    pub mode: TlsMode,
    /// A PEM file with the authorities that are trusted instead of the system's.
    pub authorities: Option<PathBuf>,
    /// A PEM file with the client's certificate chain.
    pub client_certificate: Option<PathBuf>,
    /// A PEM file with the client's private key; the certificate's file when it holds both.
    pub client_key: Option<PathBuf>,
    /// The name that the certificate must carry, when it is not the host's.
    pub server_name: Option<String>,
    /// A certificate that ends sooner than this is a warning.
    pub expires_soon: Duration,
    /// Application protocols that are offered (ALPN), most wanted first.
    pub protocols: Vec<Vec<u8>>,
}

impl TlsSettings {
    /// Settings of that mode that trust the system's authorities.
    #[must_use]
    pub fn new(mode: TlsMode) -> Self {
        Self {
            mode,
            authorities: None,
            client_certificate: None,
            client_key: None,
            server_name: None,
            expires_soon: EXPIRES_SOON,
            protocols: Vec::new(),
        }
    }

    /// The settings that the item's `SSLMODE`, `SSLROOTCERTPATH`, `SSLCERTPATH` and `SSLKEYPATH` say; `default` where
    /// there is no `SSLMODE`. An `SSLCERTPATH` without a key beside it or in it is the authority to trust.
    ///
    /// # Errors
    /// `tls.bad_mode` for a word that is no mode.
    pub fn of(item: &Item, default: TlsMode) -> Result<Self, Failure> {
        let mode = match item.attribute(Attribute::Sslmode) {
            None => default,
            Some(word) => TlsMode::parse(word).ok_or_else(|| {
                Failure::new(
                    &kinds::tls::BAD_MODE,
                    format!("{} is {word:?}, which is no TLS mode", item.name_of(Attribute::Sslmode)),
                )
            })?,
        };
        let mut settings = Self::new(mode);
        let path = |attribute| item.attribute(attribute).map(PathBuf::from);
        settings.authorities = path(Attribute::Sslrootcertpath);
        settings.client_key = path(Attribute::Sslkeypath);
        match path(Attribute::Sslcertpath) {
            Some(certificate) if settings.client_key.is_none() && !super::trust::holds_key(&certificate) => {
                settings.authorities.get_or_insert(certificate);
            }
            certificate => settings.client_certificate = certificate,
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_people_write_is_the_form_libpq_knows() {
        assert_eq!(TlsMode::parse("ca-verify"), Some(TlsMode::VerifyCa));
        assert_eq!(TlsMode::parse("VERIFY_FULL"), Some(TlsMode::VerifyFull));
        assert_eq!(TlsMode::parse("verify"), Some(TlsMode::VerifyFull));
        assert_eq!(TlsMode::parse("maybe"), None);
        assert!(TlsMode::Require.is_required() && !TlsMode::Prefer.is_required());
    }
}
