//! One template: where it comes from, where it goes, what happens then.

use std::path::PathBuf;
use std::time::Duration;

use super::{Command, Exec};

/// One template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its text, or where that is.
    pub origin: Origin,
    /// The file it becomes. `None` only makes sense with `dry`, `parse_only` or a template used for its effects.
    pub destination: Option<PathBuf>,
    /// The mode of the file. `None`: that of the existing file, else 0644.
    pub perms: Option<u32>,
    /// Owner by name or number. `None`: that of the existing file, else ours.
    pub user: Option<String>,
    /// Group by name or number. `None`: that of the existing file, else ours.
    pub group: Option<String>,
    /// Keep the file before this one as `.bak`.
    pub backup: bool,
    /// When the destination is a symbolic link: write to where it leads, instead of replacing the link.
    pub keep_symlink: bool,
    /// Create the folders above the destination.
    pub create_dest_dirs: bool,
    /// What is run when the file has changed.
    pub exec: Option<Exec>,
    /// What must succeed with the staged file before it goes live; `{{.staged}}` stands for its path.
    pub check: Option<Command>,
    /// A missing field or map key is an error instead of `<no value>`.
    pub error_on_missing_key: bool,
    /// An error of this template ends the run.
    pub error_fatal: bool,
    /// The marks around actions, this template's or the default ones.
    pub delimiters: Delimiters,
    /// Functions that this template may not call.
    pub function_denylist: Vec<String>,
    /// The folder that `file` cannot leave.
    pub sandbox_path: Option<PathBuf>,
    /// How long to wait for the data to come to rest, instead of the run's `wait`; `None` leaves it to that.
    pub wait: Option<Wait>,
    /// A service list that falls to nothing is refused.
    pub protect_empty: bool,
}

impl Template {
    /// How log lines name it: `"in.ctmpl" => "out"`.
    #[must_use]
    pub fn display(&self) -> String {
        let source = match &self.origin {
            Origin::File(path) => path.display().to_string(),
            Origin::Contents(_) => "(dynamic)".to_owned(),
        };
        let destination = self.destination.as_deref().map(|path| path.display().to_string());
        format!("{source:?} => {:?}", destination.unwrap_or_default())
    }
}

/// Where a template's text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// The configuration itself.
    Contents(String),
}

/// The marks around actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiters {
    /// `{{`
    pub left: String,
    /// `}}`
    pub right: String,
}

impl Default for Delimiters {
    fn default() -> Self {
        Self { left: "{{".to_owned(), right: "}}".to_owned() }
    }
}

/// How long to wait for the data to come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Without a change for this long, it is at rest.
    pub min: Duration,
    /// After this long it is written whatever happens. Four times `min` unless asked otherwise.
    pub max: Duration,
}
