//! What Vault can be asked for, in consul-template's notation.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::consul::QuerySyntaxError;

/// One thing that Vault can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VaultQuery {
    /// `secret "path?version=2"`: the secret at a path.
    Read {
        /// Without slashes at its ends.
        path: Arc<str>,
        /// What stands after the `?`, in its order.
        parameters: Arc<[(String, String)]>,
    },
    /// `secret "path" "key=value"`: what comes of writing these arguments.
    Write {
        /// Without slashes at its ends.
        path: Arc<str>,
        /// What is written.
        arguments: Arguments,
    },
    /// `secrets "path"`: the names below a path.
    List {
        /// Without slashes at its ends.
        path: Arc<str>,
    },
    /// `pkiCert "path" "key=value"`: a certificate, that in the file while it is good.
    Certificate {
        /// Without slashes at its ends.
        path: Arc<str>,
        /// What is asked for.
        arguments: Arguments,
        /// The template's destination.
        file: Arc<str>,
    },
}

/// What is written to Vault, by name. The values may be secrets: they are never shown.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arguments(Arc<BTreeMap<String, String>>);

impl VaultQuery {
    /// The secret at a path, which may end in a query string.
    ///
    /// # Errors
    /// When there is no path.
    pub fn read(text: &str) -> Result<Self, QuerySyntaxError> {
        let (path, parameters) = located("vault.read", text)?;
        Ok(Self::Read { path, parameters })
    }

    /// What comes of writing the arguments to a path.
    ///
    /// # Errors
    /// When there is no path.
    pub fn write(text: &str, arguments: Arguments) -> Result<Self, QuerySyntaxError> {
        Ok(Self::Write { path: bare("vault.write", text)?, arguments })
    }

    /// The names below a path.
    ///
    /// # Errors
    /// When there is no path.
    pub fn list(text: &str) -> Result<Self, QuerySyntaxError> {
        Ok(Self::List { path: bare("vault.list", text)? })
    }

    /// A certificate from a path such as `pki/issue/web`, that in `file` as long as it is good.
    ///
    /// # Errors
    /// When there is no path.
    pub fn certificate(text: &str, arguments: Arguments, file: &str) -> Result<Self, QuerySyntaxError> {
        // consul-template tells of its reading here.
        let (path, _) = located("vault.read", text)?;
        Ok(Self::Certificate { path, arguments, file: file.into() })
    }

    /// The path that is asked.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Read { path, .. }
            | Self::Write { path, .. }
            | Self::List { path }
            | Self::Certificate { path, .. } => path,
        }
    }
}

impl fmt::Display for VaultQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, parameters } => match parameters.iter().find(|(name, _)| name == "version") {
                Some((_, version)) => write!(formatter, "vault.read({path}.v{version})"),
                None => write!(formatter, "vault.read({path})"),
            },
            Self::Write { path, arguments } => {
                write!(formatter, "vault.write({path} -> {})", arguments.fingerprint())
            }
            Self::List { path } => write!(formatter, "vault.list({path})"),
            Self::Certificate { path, file, .. } => write!(formatter, "vault.pki({path}->{file})"),
        }
    }
}

impl Arguments {
    /// These arguments; of two with one name the last counts.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Arc::new(pairs.into_iter().collect()))
    }

    /// The arguments, by name.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one argument.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Eight digits that tell one set of arguments from another, without telling what they are: the beginning of a
    /// SHA-1 of `name="value"`, as consul-template has it.
    fn fingerprint(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.pairs() {
            text.push_str(name);
            text.push('=');
            quote(value, &mut text);
        }
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The values stay unsaid.
impl fmt::Debug for Arguments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// The path without slashes and white space around it.
fn bare(notation: &'static str, text: &str) -> Result<Arc<str>, QuerySyntaxError> {
    let path = text.trim().trim_matches('/');
    if path.is_empty() {
        Err(QuerySyntaxError::Format { kind: notation, text: path.to_owned() })
    } else {
        Ok(path.into())
    }
}

type Located = (Arc<str>, Arc<[(String, String)]>);

/// The path of a relative URL and its parameters.
fn located(notation: &'static str, text: &str) -> Result<Located, QuerySyntaxError> {
    let whole = bare(notation, text)?;
    let without_fragment = whole.split('#').next().unwrap_or_default();
    let (path, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
    let path = percent_decode_str(path).decode_utf8_lossy();
    if path.is_empty() {
        return Err(QuerySyntaxError::Format { kind: notation, text: text.to_owned() });
    }
    let parameters = query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (form_decoded(name), form_decoded(value))
    });
    Ok((path.into(), parameters.collect()))
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A text between quotes with Go's escapes for what cannot be seen.
fn quote(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{b}' => text.push_str("\\v"),
            control if control < ' ' || control == '\u{7f}' => {
                text.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> Arguments {
        Arguments::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn each_has_consul_templates_notation() {
        let shown = |query: Result<VaultQuery, QuerySyntaxError>| query.unwrap().to_string();
        assert_eq!(shown(VaultQuery::read(" /secret/app/ ")), "vault.read(secret/app)");
        assert_eq!(shown(VaultQuery::read("secret/app?version=4")), "vault.read(secret/app.v4)");
        assert_eq!(shown(VaultQuery::read("secret/app?ttl=4")), "vault.read(secret/app)");
        assert_eq!(shown(VaultQuery::list("secret/app/")), "vault.list(secret/app)");
        let written = VaultQuery::write("pki/issue/web", arguments(&[("common_name", "app.local")]));
        assert_eq!(shown(written), "vault.write(pki/issue/web -> 2a0ef802)");
        let certificate = VaultQuery::certificate("pki/issue/web", Arguments::default(), "/etc/app.pem");
        assert_eq!(shown(certificate), "vault.pki(pki/issue/web->/etc/app.pem)");
    }

    #[test]
    fn nothing_is_no_path() {
        for text in ["", "  ", "/", "//"] {
            let error = VaultQuery::read(text).unwrap_err();
            assert_eq!(error.to_string(), "vault.read: invalid format: \"\"");
            assert!(VaultQuery::write(text, Arguments::default()).is_err());
            assert!(VaultQuery::list(text).is_err());
        }
        assert!(VaultQuery::read("?version=1").is_err());
    }

    #[test]
    fn parameters_are_told_from_the_path() {
        let VaultQuery::Read { path, parameters } = VaultQuery::read("a%20b/c?version=2&x=1+2").unwrap()
        else {
            panic!("a reading")
        };
        assert_eq!(&*path, "a b/c");
        let expected = [("version".to_owned(), "2".to_owned()), ("x".to_owned(), "1 2".to_owned())];
        assert_eq!(*parameters, expected);
    }

    #[test]
    fn what_is_written_is_never_shown() {
        let query = VaultQuery::write("transit/encrypt/k", arguments(&[("plaintext", "hunter2")])).unwrap();
        assert!(!format!("{query} {query:?}").contains("hunter2"));
        let other = VaultQuery::write("transit/encrypt/k", arguments(&[("plaintext", "hunter3")])).unwrap();
        assert_ne!(query.to_string(), other.to_string());
    }
}
