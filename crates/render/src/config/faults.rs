//! What is wrong with a configuration: every fault with its place, none with a value that may be secret.

use std::fmt;
use std::sync::Arc;

use preflight_hcl::Position;

use super::exit_code;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's path, `CT_LOCAL_CONFIG`, `command line`, or the variable's name.
    pub origin: Arc<str>,
    /// Line and column, in a file or in `CT_LOCAL_CONFIG`.
    pub position: Option<Position>,
}

impl Place {
    /// A place without line and column.
    pub(crate) fn whole(origin: &str) -> Self {
        Self { origin: origin.into(), position: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(formatter, "{}:{position}", self.origin),
            None => formatter.write_str(&self.origin),
        }
    }
}

/// What a fault is about, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The command line or `CT_LOCAL_CONFIG`: 13.
    CommandLine,
    /// A configuration file or an environment variable: 15.
    Configuration,
    /// A template that cannot be rendered as it is configured: 14.
    Template,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it is about.
    pub kind: FaultKind,
    /// Where it is.
    pub place: Place,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, " — hint: {hint}"))
    }
}

/// All faults of a configuration, one a line; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// consul-template's exit code for the first kind of fault that there is, in the order in which it would meet them.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.0.iter().map(|fault| fault.kind).min() {
            Some(FaultKind::CommandLine) => exit_code::PARSE_FLAGS_ERROR,
            Some(FaultKind::Template) => exit_code::RUNNER_ERROR,
            Some(FaultKind::Configuration) | None => exit_code::CONFIG_ERROR,
        }
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let break_before = if index == 0 { "" } else { "\n" };
            write!(formatter, "{break_before}{fault}")?;
        }
        Ok(())
    }
}
