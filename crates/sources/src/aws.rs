//! AWS: Systems Manager's parameters and Secrets Manager.

use std::fmt;
use std::sync::Arc;

/// What AWS can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AwsQuery {
    /// A parameter.
    Parameter(Arc<str>),
}

impl fmt::Display for AwsQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(formatter, "aws.ssm({name})"),
        }
    }
}

/// What AWS answered.
#[derive(Debug, Clone, PartialEq)]
pub enum AwsAnswer {
    /// A parameter's value.
    Parameter(Option<Arc<str>>),
}

impl AwsAnswer {
    /// Whether it must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        true
    }
}

/// How AWS is reached.
#[derive(Debug, Clone, Default)]
pub struct AwsSettings {
    /// How failed tries are repeated.
    pub retry: crate::RetrySettings,
}
