//! Nomad: services and variables.

use std::fmt;
use std::sync::Arc;

/// What Nomad can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NomadQuery {
    /// All services, of one region.
    Services(Option<Arc<str>>),
}

impl fmt::Display for NomadQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Services(None) => formatter.write_str("nomad.services"),
            Self::Services(Some(region)) => write!(formatter, "nomad.services(@{region})"),
        }
    }
}

/// What Nomad answered.
#[derive(Debug, Clone, PartialEq)]
pub enum NomadAnswer {
    /// The names of all services.
    Services(Arc<[String]>),
}

impl NomadAnswer {
    /// Whether it must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        false
    }
}

/// How Nomad is reached.
#[derive(Debug, Clone, Default)]
pub struct NomadSettings {
    /// The server.
    pub http: crate::HttpSettings,
    /// How failed tries are repeated.
    pub retry: crate::RetrySettings,
}
