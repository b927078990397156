//! The short texts of a service's rules: `500ms..30s`, `5 in 60s`, `HUP`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::duration::{format_duration, parse_duration};
use crate::quantity::{NotAQuantity, written_as_text};

/// The waits of a service that keeps dying, written `500ms..30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffRange {
    /// The first one.
    pub first: Duration,
    /// The longest one.
    pub longest: Duration,
}

/// How many ends within which time are too many, written `5 in 60s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiveUpBudget {
    /// So many, at least 1.
    pub times: u32,
    /// Within this time, longer than none.
    pub within: Duration,
}

/// The name of a signal, written `HUP` or `SIGHUP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalName(
    /// In upper case and without `SIG`, such as `HUP`.
    pub String,
);

/// What can be sent to a service on purpose, of `signal(7)`.
const SIGNALS: [&str; 24] = [
    "HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "PIPE", "ALRM", "TERM", "CHLD", "CONT", "STOP",
    "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR",
];

impl FromStr for BackoffRange {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let (first, longest) = text.split_once("..").ok_or(NotAQuantity::Backoff)?;
        let read = |text: &str| parse_duration(text).map_err(|_| NotAQuantity::Backoff);
        let range = Self { first: read(first)?, longest: read(longest)? };
        if range.first.is_zero() || range.first > range.longest {
            Err(NotAQuantity::Backoff)
        } else {
            Ok(range)
        }
    }
}

impl FromStr for GiveUpBudget {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let (times, within) = text.split_once(" in ").ok_or(NotAQuantity::GiveUp)?;
        let times = times.trim().parse().ok().filter(|times| *times > 0).ok_or(NotAQuantity::GiveUp)?;
        let within =
            parse_duration(within).ok().filter(|time| !time.is_zero()).ok_or(NotAQuantity::GiveUp)?;
        Ok(Self { times, within })
    }
}

impl FromStr for SignalName {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let name = text.trim().to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        if SIGNALS.contains(&name) { Ok(Self(name.to_owned())) } else { Err(NotAQuantity::Signal) }
    }
}

impl fmt::Display for BackoffRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}..{}", format_duration(self.first), format_duration(self.longest))
    }
}

impl fmt::Display for GiveUpBudget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} in {}", self.times, format_duration(self.within))
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

written_as_text!(
    BackoffRange,
    "Backoff",
    "string",
    "preflight-backoff",
    "The first and the longest wait: 500ms..30s."
);
written_as_text!(
    GiveUpBudget,
    "GiveUp",
    "string",
    "preflight-give-up",
    "A number of ends in a time: 5 in 60s."
);
written_as_text!(SignalName, "Signal", "string", "preflight-signal", "A signal's name: HUP, TERM, USR1.");
