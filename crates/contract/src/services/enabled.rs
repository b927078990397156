//! Whether a service runs in this container: one image, many services, chosen by variables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ServiceItem;
use crate::interpolate::interpolate;
use crate::secret::is_secret;

/// What a variable must be: one pattern, or any of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Condition {
    /// One pattern.
    One(#[schemars(with = "crate::file::Text")] String),
    /// Any of these.
    Any(#[schemars(with = "Vec<crate::file::Text>", length(min = 1))] Vec<String>),
}

/// Why a service does not run in this container: a fragment for one line, without values of secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Disabled {
    /// The reason.
    pub reason: String,
}

impl Condition {
    /// The patterns, with their `${VARIABLE}`.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Any(patterns) => patterns,
        }
    }
}

impl ServiceItem {
    /// Whether it runs where variables have these values. A pattern with a variable that has no value fits nothing.
    ///
    /// # Errors
    /// The first reason why it does not.
    pub fn enabled(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<(), Disabled> {
        self.enabled_if.iter().try_for_each(|(variable, condition)| judge(variable, condition, &lookup))
    }
}

fn judge(
    variable: &str,
    condition: &Condition,
    lookup: &impl Fn(&str) -> Option<String>,
) -> Result<(), Disabled> {
    let mut wanted = Vec::new();
    let mut unset = Vec::new();
    for pattern in condition.patterns() {
        match interpolate(pattern, lookup) {
            Ok(pattern) => wanted.push(pattern),
            Err(missing) => unset.push(format!("{pattern} ({missing})")),
        }
    }
    let value = lookup(variable);
    if value.as_ref().is_some_and(|value| wanted.iter().any(|pattern| matches(pattern, value))) {
        return Ok(());
    }
    let secret = is_secret(variable, None);
    let is = match &value {
        None => "is not set".to_owned(),
        Some(_) if secret => "is another one".to_owned(),
        Some(value) => format!("is {value:?}"),
    };
    let wanted = if secret { Vec::new() } else { wanted };
    let wanted: Vec<String> = wanted.iter().map(|pattern| format!("{pattern:?}")).chain(unset).collect();
    let wanted = if wanted.is_empty() { "what it must be".to_owned() } else { wanted.join(" or ") };
    Err(Disabled { reason: format!("{variable} {is}, not {wanted}") })
}

/// Whether the whole text fits the pattern, in which `*` stands for any characters, also for none.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(begin) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "abc"), ("*c", "abc"), ("a*b*c", "a-b-b-c"), ("**", "x")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("", "a"), ("a*a", "a"), ("a*b*c", "a-c"), ("*b", "abc")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
