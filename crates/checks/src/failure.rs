//! Why a check failed: its class, the evidence, and what to try.

use std::fmt;

use crate::Class;

/// One broken layer. The texts may still hold secrets; they are redacted where they are written out.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The stable class.
    pub class: &'static Class,
    /// What was seen, in one sentence without a full stop: who said what to whom.
    pub evidence: String,
    /// What to try here, when more can be said than the class's own hint.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure of that class with what was seen.
    #[must_use]
    pub fn new(class: &'static Class, evidence: impl Into<String>) -> Self {
        Self { class, evidence: evidence.into(), hint: None }
    }

    /// The same with a hint that knows more than the class does.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to try: the hint of this failure, else its class's.
    #[must_use]
    pub fn advice(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.class.hint)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}", self.class.name, self.evidence)
    }
}

/// An error with all of its causes on one line, each only once: drivers like to repeat themselves.
#[must_use]
pub fn whole_message(error: &(dyn std::error::Error + 'static)) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        source = cause.source();
    }
    message
}
