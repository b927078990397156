//! A text that is expected somewhere: a part of it, or a regular expression between slashes.

use std::fmt;

use regex_lite::Regex;

use crate::{Failure, kinds};

/// What a text must hold.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// These characters.
    Part(String),
    /// A match of this expression.
    Expression(Regex),
}

impl Wanted {
    /// Reads `text`, which `parameter` holds: `/…/` is a regular expression, anything else a part.
    ///
    /// # Errors
    /// `check.bad_parameter` when the expression cannot be read.
    pub(crate) fn parse(parameter: &str, text: &str) -> Result<Self, Failure> {
        let inner =
            text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|rest| !rest.is_empty());
        let Some(expression) = inner else { return Ok(Self::Part(text.to_owned())) };
        Regex::new(expression).map(Self::Expression).map_err(|error| {
            let evidence = format!("{parameter} is {text:?}, which is no regular expression: {error}");
            Failure::new(&kinds::general::BAD_PARAMETER, evidence)
        })
    }

    /// Whether `text` holds it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => text.contains(part.as_str()),
            Self::Expression(expression) => expression.is_match(text),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => write!(formatter, "{part:?}"),
            Self::Expression(expression) => write!(formatter, "/{expression}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_make_a_regular_expression_and_a_path_stays_a_text() {
        let is_in = |wanted: &str, text: &str| Wanted::parse("stdout", wanted).expect("readable").is_in(text);
        assert!(is_in("ready", "is ready now"));
        assert!(is_in("/^v[0-9]+$/", "v12"));
        assert!(!is_in("/^v[0-9]+$/", "v12x"));
        assert!(is_in("/etc", "see /etc/hosts"), "one slash is a text");
        assert!(is_in("//", "a//b"), "two slashes are a text");
        let failure = Wanted::parse("expect.body", "/(/").expect_err("not an expression");
        assert_eq!(failure.class.name, "check.bad_parameter");
        assert!(failure.evidence.starts_with("expect.body is"), "{failure}");
    }
}
