//! What goes wrong: while parsing, within a function, while running.

use std::error::Error;
use std::fmt;

/// A text is not a template. Its `Display` is Go's: `template: name:line: message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}: {message}")]
pub struct ParseError {
    /// Name of the text.
    pub name: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// A function failed. Its `Display` is the message alone; where it was called from is added by [`ExecError`].
#[derive(Debug)]
pub struct CallError {
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl CallError {
    /// A failure with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None }
    }

    /// A failure whose message is that of `cause`; whoever runs the template finds `cause` with [`ExecError::find`].
    pub fn caused_by(cause: impl Error + Send + Sync + 'static) -> Self {
        Self { message: cause.to_string(), cause: Some(Box::new(cause)) }
    }

    /// A failure with a message of its own and a cause.
    pub fn with_cause(message: impl Into<String>, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { message: message.into(), cause: Some(Box::new(cause)) }
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The cause if it is an `E`, or one of the causes behind it.
    pub fn find<E: Error + 'static>(&self) -> Option<&E> {
        find(self.cause.as_deref()?)
    }

    /// The same failure with more words before its message.
    #[must_use]
    pub fn prefixed(self, prefix: &str) -> Self {
        Self { message: format!("{prefix}{}", self.message), cause: self.cause }
    }

    pub(crate) fn into_parts(self) -> (String, Option<Box<dyn Error + Send + Sync>>) {
        (self.message, self.cause)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for CallError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

/// A template failed while it ran. Its `Display` is Go's:
/// `template: file:line:column: executing "name" at <context>: message`.
#[derive(Debug)]
pub struct ExecError {
    /// Name of the template that was running.
    pub template: String,
    /// Where; nothing if no part of the template had begun.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// Whether the message stands alone, without the template's name.
    pub(crate) bare: bool,
    pub(crate) cause: Option<Box<dyn Error + Send + Sync>>,
}

/// The part of a template that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the text that it stands in.
    pub file: Box<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 0.
    pub column: usize,
    /// The part, as Go prints it.
    pub context: Box<str>,
}

impl ExecError {
    /// The error of the function that failed, if it is an `E`; also when templates ran within functions.
    pub fn find<E: Error + 'static>(&self) -> Option<&E> {
        find(self.cause.as_deref()?)
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None if self.bare => write!(formatter, "template: {}", self.message),
            None => write!(formatter, "template: {}: {}", self.template, self.message),
            Some(Place { file, line, column, context }) => {
                let name = crate::strconv::quote(self.template.as_bytes());
                let message = &self.message;
                write!(
                    formatter,
                    "template: {file}:{line}:{column}: executing {name} at <{context}>: {message}"
                )
            }
        }
    }
}

impl Error for ExecError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

fn find<'e, E: Error + 'static>(outermost: &'e (dyn Error + Send + Sync + 'static)) -> Option<&'e E> {
    let mut error: &'e (dyn Error + 'static) = outermost;
    loop {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        error = error.source()?;
    }
}
