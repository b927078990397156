//! The faults of a contract: each with its line, its column, an excerpt and what was probably meant.

use std::fmt;

/// One fault of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters the caret underlines, at least 1.
    pub width: usize,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
}

/// All faults of one file, in the order of its lines; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The file's name, as the caller gave it.
    pub file_name: String,
    /// The faults.
    pub faults: Vec<Fault>,
    lines: Vec<String>,
}

impl Faults {
    pub(crate) fn new(file_name: &str, text: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults.dedup();
        Self { file_name: file_name.to_owned(), faults, lines: text.lines().map(str::to_owned).collect() }
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            let Fault { line, column, message, .. } = fault;
            write!(formatter, "{}:{line}:{column}: {}", self.file_name, message)?;
        }
        Ok(())
    }
}
