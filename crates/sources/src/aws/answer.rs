//! What AWS answered.

use std::fmt;
use std::sync::Arc;

/// What AWS answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsAnswer {
    /// A parameter; none when there is none.
    Parameter(Option<Arc<Parameter>>),
    /// All parameters below a path, by name.
    Parameters(Arc<[Parameter]>),
    /// A secret; none when there is none.
    Secret(Option<Arc<SecretValue>>),
}

/// A parameter of Systems Manager.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its whole name.
    pub name: String,
    /// Its value, decrypted; that of a `StringList` has commas between its items.
    pub value: String,
    /// Whether it is a `SecureString`, which is never shown.
    pub is_secure: bool,
    /// Its version.
    pub version: i64,
}

/// A secret of Secrets Manager.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretValue {
    /// `SecretString`
    Text(String),
    /// `SecretBinary`
    Bytes(Vec<u8>),
}

impl SecretValue {
    /// The bytes of either.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl AwsAnswer {
    /// Whether it says that there is nothing.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Parameter(parameter) => parameter.is_none(),
            Self::Parameters(parameters) => parameters.is_empty(),
            Self::Secret(value) => value.is_none(),
        }
    }

    /// Whether what is in it must not be shown: all that is encrypted.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Parameter(parameter) => parameter.as_ref().is_some_and(|parameter| parameter.is_secure),
            Self::Parameters(parameters) => parameters.iter().any(|parameter| parameter.is_secure),
            Self::Secret(_) => true,
        }
    }

    /// Calls `found` with every text that must never be shown. Of a secret in JSON these are its values as well.
    pub fn each_sensitive_text(&self, found: &mut dyn FnMut(&str)) {
        match self {
            Self::Parameter(parameter) => {
                parameter.iter().for_each(|parameter| parameter.each_sensitive_text(found));
            }
            Self::Parameters(parameters) => {
                parameters.iter().for_each(|parameter| parameter.each_sensitive_text(found));
            }
            Self::Secret(Some(value)) => {
                if let SecretValue::Text(text) = &**value {
                    text_and_its_parts(text, found);
                }
            }
            Self::Secret(None) => {}
        }
    }
}

impl Parameter {
    fn each_sensitive_text(&self, found: &mut dyn FnMut(&str)) {
        if self.is_secure {
            text_and_its_parts(&self.value, found);
        }
    }
}

fn text_and_its_parts(text: &str, found: &mut dyn FnMut(&str)) {
    if text.is_empty() {
        return;
    }
    found(text);
    if text.trim_start().starts_with(['{', '['])
        && let Ok(json) = crate::vault::Json::parse(text.as_bytes())
    {
        json.each_text(&mut |part| {
            if !part.is_empty() {
                found(part);
            }
        });
    }
}

/// The value stays unsaid.
impl fmt::Debug for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parameter")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The value stays unsaid.
impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensitive(answer: &AwsAnswer) -> Vec<String> {
        let mut found = Vec::new();
        answer.each_sensitive_text(&mut |text| found.push(text.to_owned()));
        found
    }

    #[test]
    fn a_secret_in_json_hides_its_values_as_well() {
        let text = r#"{"user":"pat","port":5432,"password":"hot"}"#;
        let answer = AwsAnswer::Secret(Some(Arc::new(SecretValue::Text(text.to_owned()))));
        assert_eq!(sensitive(&answer), [text, "hot", "pat"]);
        assert!(!format!("{answer:?}").contains("hot"));
    }

    #[test]
    fn of_parameters_only_the_encrypted_are_secret() {
        let parameter =
            |is_secure| Parameter { name: "/a".to_owned(), value: "hot".to_owned(), is_secure, version: 1 };
        let plain = AwsAnswer::Parameter(Some(Arc::new(parameter(false))));
        assert!(!plain.is_secret() && sensitive(&plain).is_empty());
        let mixed = AwsAnswer::Parameters(Arc::new([parameter(false), parameter(true)]));
        assert!(mixed.is_secret());
        assert_eq!(sensitive(&mixed), ["hot"]);
        assert!(!format!("{mixed:?}").contains("hot"));
    }
}
