//! How Nomad is reached.

use std::time::Duration;

use crate::{HttpSettings, RetrySettings, SecretText};

/// How Nomad is reached. The defaults are consul-template's, except for the bound on connections.
#[derive(Debug, Clone)]
pub struct NomadSettings {
    /// The agent. Its `max_connections`, when 0, is [`NomadSettings::CONNECTIONS`].
    pub http: HttpSettings,
    /// How failed tries are repeated.
    pub retry: RetrySettings,
    /// The namespace of requests that name none; empty for the agent's own.
    pub namespace: String,
    /// The secret id of an ACL token; empty for none.
    pub token: SecretText,
    /// Whether servers that are not the leader may answer.
    pub allow_stale: bool,
    /// How long a blocking query waits at the agent, which adds up to a sixteenth of it.
    pub block_query_wait: Duration,
}

impl NomadSettings {
    /// How many connections are open at most when the settings do not say.
    pub const CONNECTIONS: usize = 16;
}

impl Default for NomadSettings {
    fn default() -> Self {
        Self {
            http: HttpSettings { address: "http://127.0.0.1:4646".to_owned(), ..HttpSettings::default() },
            retry: RetrySettings::default(),
            namespace: String::new(),
            token: SecretText::default(),
            allow_stale: true,
            block_query_wait: Duration::from_secs(60),
        }
    }
}
