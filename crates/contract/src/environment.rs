//! The environment as the caller hands it in: a map, and a way to read the files that `*_FILE` variables name.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type ReadFile = dyn Fn(&Path) -> io::Result<Vec<u8>> + Send + Sync;

/// The variables that a service would see, and the files that they name.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    read_file: Arc<ReadFile>,
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The value; of a file, without the line breaks at its end.
    pub value: String,
    /// Where it came from.
    pub source: Source,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The variable itself.
    Variable,
    /// The file that the variable's `*_FILE` sibling names.
    File(PathBuf),
}

/// The file that a `*_FILE` variable names cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{variable} names {path}, which cannot be read", path = path.display())]
pub struct FileUnreadable {
    /// The `*_FILE` variable.
    pub variable: String,
    /// The path that it holds.
    pub path: PathBuf,
    /// Why it cannot be read.
    #[source]
    pub source: io::Error,
}

impl Environment {
    /// An environment of `variables`, whose `*_FILE` variables are read with `read_file`.
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        read_file: impl Fn(&Path) -> io::Result<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self { variables: variables.into_iter().collect(), read_file: Arc::new(read_file) }
    }

    /// An environment without variables and files.
    #[must_use]
    pub fn empty() -> Self {
        Self::new([], |_| Err(io::ErrorKind::NotFound.into()))
    }

    /// The names of all variables that are set, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// The variable's own value, without a look at its `*_FILE` sibling.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The value of `name`: its own if it has one that is not empty, else the content of the file that `name_FILE`
    /// names, else its own empty one.
    ///
    /// # Errors
    /// When the file is needed and cannot be read or is not UTF-8.
    pub fn lookup(&self, name: &str) -> Result<Option<Resolved>, FileUnreadable> {
        let own = self.raw(name);
        if own.is_none_or(str::is_empty)
            && let variable = format!("{name}_FILE")
            && let Some(path) = self.raw(&variable).filter(|path| !path.is_empty())
        {
            return self.read(variable, Path::new(path)).map(Some);
        }
        Ok(own.map(|value| Resolved { value: value.to_owned(), source: Source::Variable }))
    }

    /// Whether the variable or its `*_FILE` sibling is set to something.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        let filled = |name: &str| self.raw(name).is_some_and(|value| !value.is_empty());
        filled(name) || filled(&format!("{name}_FILE"))
    }

    fn read(&self, variable: String, path: &Path) -> Result<Resolved, FileUnreadable> {
        let text = (self.read_file)(path).and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "its content is not UTF-8"))
        });
        match text {
            Ok(text) => Ok(Resolved {
                value: text.trim_end_matches(['\n', '\r']).to_owned(),
                source: Source::File(path.to_owned()),
            }),
            Err(source) => Err(FileUnreadable { variable, path: path.to_owned(), source }),
        }
    }
}

impl fmt::Debug for Environment {
    /// Names only: values may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Environment").field("names", &self.variables.keys()).finish_non_exhaustive()
    }
}
