//! Where a project of Sentry takes events: `https://KEY[:SECRET]@HOST[:PORT]/[PATH/]PROJECT`. Pure.

use std::{fmt, str::FromStr};

/// A data source name, see <https://docs.sentry.io/concepts/key-terms/dsn-explainer/>. Its text and its debug form are the
/// address alone: the keys are in neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn {
    secure: bool,
    public_key: String,
    secret_key: Option<String>,
    /// Host and port.
    host: String,
    /// Empty, or with a slash before it and none behind it.
    path: String,
    project: String,
}

/// It is none. The text is not repeated: it holds keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DsnError {
    /// Neither `http://` nor `https://`.
    #[error("read the DSN of Sentry: it begins with neither http:// nor https://")]
    Scheme,
    /// Nothing before an `@`, or something that cannot be a key.
    #[error("read the DSN of Sentry: missing public key before the @")]
    Key,
    /// Nothing between `@` and `/`, or something that cannot be a host.
    #[error("read the DSN of Sentry: missing host behind the @")]
    Host,
    /// Nothing behind the last `/`.
    #[error("read the DSN of Sentry: missing project at its end")]
    Project,
}

impl Dsn {
    /// The address that takes envelopes.
    pub fn envelope_url(&self) -> String {
        format!("{}/api/{}/envelope/", self.base(), self.project)
    }

    /// The project as the name of a folder, for a [`super::Settings::spool`] that is not shared with other projects'.
    pub fn folder_name(&self) -> String {
        let place = format!("{}{}-{}", self.host, self.path, self.project);
        place
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || "-.".contains(letter) { letter } else { '_' })
            .collect()
    }

    /// The value of the `X-Sentry-Auth` header.
    pub(super) fn authorization(&self) -> String {
        let client = concat!("preflight/", env!("CARGO_PKG_VERSION"));
        let secret = self.secret_key.as_ref().map_or(String::new(), |key| format!(", sentry_secret={key}"));
        format!("Sentry sentry_version=7, sentry_client={client}, sentry_key={}{secret}", self.public_key)
    }

    fn base(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host, self.path)
    }
}

impl FromStr for Dsn {
    type Err = DsnError;

    fn from_str(text: &str) -> Result<Self, DsnError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(DsnError::Scheme)?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(DsnError::Scheme),
        };
        let (keys, rest) = rest.split_once('@').ok_or(DsnError::Key)?;
        let (public, secret) =
            keys.split_once(':').map_or((keys, None), |(public, secret)| (public, Some(secret)));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_matches('/');
        let (path, project) = path.rsplit_once('/').unwrap_or(("", path));
        let secret = secret.filter(|secret| !secret.is_empty());
        if !is_key(public) || !secret.is_none_or(is_key) {
            return Err(DsnError::Key);
        }
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(DsnError::Host);
        }
        if !is_key(project) || !path.chars().all(|letter| is_host(letter) || letter == '/') {
            return Err(DsnError::Project);
        }
        Ok(Self {
            secure,
            public_key: public.into(),
            secret_key: secret.map(Into::into),
            host: host.into(),
            path: if path.is_empty() { String::new() } else { format!("/{path}") },
            project: project.into(),
        })
    }
}

/// Nothing that would end a header's value or add a parameter to it.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

fn is_host(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.:[]%~".contains(letter)
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base())
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dsn").field(&self.base()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_address_is_made_of_host_path_and_project() {
        let cases = [
            ("https://abc@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/envelope/"),
            ("http://abc:def@[::1]:9000/7", "http://[::1]:9000/api/7/envelope/"),
            (" https://abc@host/one/two/7/ ", "https://host/one/two/api/7/envelope/"),
        ];
        for (text, url) in cases {
            assert_eq!(text.parse::<Dsn>().unwrap().envelope_url(), url);
        }
        let dsn: Dsn = "http://abc:def@[::1]:9000/one/7".parse().unwrap();
        assert_eq!(dsn.folder_name(), "___1__9000_one-7");
    }

    #[test]
    fn keys_are_in_the_header_and_nowhere_else() {
        let dsn: Dsn = "https://pub1:sec1@host/7".parse().unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            dsn.authorization(),
            format!(
                "Sentry sentry_version=7, sentry_client=preflight/{version}, sentry_key=pub1, sentry_secret=sec1"
            )
        );
        let shown = format!("{dsn} {dsn:?} {}", dsn.envelope_url());
        assert!(!shown.contains("pub1") && !shown.contains("sec1"), "{shown}");
    }

    #[test]
    fn anything_else_is_refused_with_what_is_missing() {
        let cases = [
            ("", DsnError::Scheme),
            ("ftp://a@b/1", DsnError::Scheme),
            ("https://host/1", DsnError::Key),
            ("https://@host/1", DsnError::Key),
            ("https://a,b=c@host/1", DsnError::Key),
            ("https://a:b\r\nx@host/1", DsnError::Key),
            ("https://a@/1", DsnError::Host),
            ("https://a@ho st/1", DsnError::Host),
            ("https://a@host", DsnError::Project),
            ("https://a@host/1?x", DsnError::Project),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Dsn>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_is_smuggled_into_the_header(text in "(https?://)?\\PC{0,20}@?\\PC{0,20}/?\\PC{0,5}") {
            if let Ok(dsn) = text.parse::<Dsn>() {
                prop_assert!(!dsn.authorization().contains(['\r', '\n']));
                prop_assert!(!dsn.envelope_url().contains(char::is_whitespace));
            }
        }
    }
}
