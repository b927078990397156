//! Files on the local disk.

use std::fmt;
use std::sync::Arc;

/// The contents of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileQuery {
    /// Its path as it was written.
    pub path: Arc<str>,
}

impl fmt::Display for FileQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "file({})", self.path)
    }
}
