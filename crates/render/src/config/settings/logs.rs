//! Where log lines go.

use std::path::PathBuf;
use std::time::Duration;

use super::super::go_text::quote;

/// Where log lines go, and from which level. Standard error always gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The least level that is written. `warn` unless asked otherwise.
    pub level: LogLevel,
    /// A file that gets them too.
    pub file: Option<LogFile>,
    /// The syslog that gets them too. A syslog that is not there never stops a start.
    pub syslog: Option<Syslog>,
}

/// The levels of consul-template, from the most talkative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// What helps to find a fault.
    Debug,
    /// What happened.
    Info,
    /// What should be looked at.
    #[default]
    Warn,
    /// What failed.
    Error,
}

impl LogLevel {
    /// Reads a level in any case.
    ///
    /// # Errors
    /// consul-template's words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.to_uppercase().as_str() {
            "TRACE" => Ok(Self::Trace),
            "DEBUG" => Ok(Self::Debug),
            "INFO" => Ok(Self::Info),
            "WARN" => Ok(Self::Warn),
            "ERR" => Ok(Self::Error),
            _ => {
                let given = quote(&text.to_uppercase());
                Err(format!("invalid log level {given}, valid log levels are TRACE, DEBUG, INFO, WARN, ERR"))
            }
        }
    }
}

/// A log file and its rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The file; a path that ends with `/` is a folder for `consul-template.log`.
    pub path: PathBuf,
    /// The size in bytes that starts a new file; `None` is no limit.
    pub rotate_bytes: Option<u64>,
    /// The age that starts a new file. 24 h unless asked otherwise.
    pub rotate_after: Duration,
    /// How many older files are kept. `None`: all of them; 0: none.
    pub keep: Option<u32>,
}

/// The syslog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// The facility's name in upper case. `LOCAL0` unless asked otherwise.
    pub facility: String,
    /// The program's name in the lines. `consul-template` unless asked otherwise.
    pub name: String,
}
