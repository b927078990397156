//! Vault: secrets, leases, logins.

use std::fmt;
use std::sync::Arc;

/// What Vault can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VaultQuery {
    /// The secret at a path, which may end in a query string.
    Read(Arc<str>),
    /// The names below a path.
    List(Arc<str>),
}

impl fmt::Display for VaultQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path) => write!(formatter, "vault.read({path})"),
            Self::List(path) => write!(formatter, "vault.list({path})"),
        }
    }
}

/// What Vault answered.
#[derive(Debug, Clone, PartialEq)]
pub enum VaultAnswer {
    /// The names below a path.
    Names(Arc<[String]>),
}

/// How Vault is reached.
#[derive(Debug, Clone, Default)]
pub struct VaultSettings {
    /// The server.
    pub http: crate::HttpSettings,
    /// How failed tries are repeated.
    pub retry: crate::RetrySettings,
}
