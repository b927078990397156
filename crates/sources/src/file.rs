//! Files on the local disk.

mod changes;
mod source;

use std::fmt;
use std::sync::Arc;

use crate::consul::QuerySyntaxError;

pub(crate) use source::FileSource;

/// The contents of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileQuery {
    /// Its path as it was written.
    pub path: Arc<str>,
}

impl FileQuery {
    /// The file at a path, without white space around it.
    ///
    /// # Errors
    /// When there is no path.
    pub fn new(text: &str) -> Result<Self, QuerySyntaxError> {
        match text.trim() {
            "" => Err(QuerySyntaxError::Format { kind: "file", text: String::new() }),
            path => Ok(Self { path: path.into() }),
        }
    }
}

impl fmt::Display for FileQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "file({})", self.path)
    }
}
