//! How Consul is reached and how it is asked.

use std::path::PathBuf;
use std::time::Duration;

use crate::{HttpSettings, RetrySettings, SecretText};

/// Consul's settings; the defaults are consul-template's, except for the bound on connections, which it does not have.
#[derive(Debug, Clone)]
pub struct ConsulSettings {
    /// The server. Its `max_connections`, when 0, is [`ConsulSettings::CONNECTIONS`].
    pub http: HttpSettings,
    /// The ACL token.
    pub token: SecretText,
    /// A file that holds the token; read again whenever it changes. It counts when `token` is empty.
    pub token_file: Option<PathBuf>,
    /// The namespace of queries that name none (Enterprise).
    pub namespace: Option<String>,
    /// The partition of queries that name none (Enterprise).
    pub partition: Option<String>,
    /// How failed tries are repeated.
    pub retry: RetrySettings,
    /// How old an answer of a server that is not the leader may be; zero asks the leader each time.
    pub max_stale: Duration,
    /// How long a blocking query waits at the server, which adds up to a sixteenth of it.
    pub block_query_wait: Duration,
    /// How long what cannot be blocked on (datacenters, partitions) is left alone.
    pub poll_interval: Duration,
}

impl ConsulSettings {
    /// How many connections are open at most when the settings do not say.
    pub const CONNECTIONS: usize = 16;
}

impl Default for ConsulSettings {
    fn default() -> Self {
        Self {
            http: HttpSettings { address: "127.0.0.1:8500".to_owned(), ..HttpSettings::default() },
            token: SecretText::default(),
            token_file: None,
            namespace: None,
            partition: None,
            retry: RetrySettings::default(),
            max_stale: Duration::from_secs(2),
            block_query_wait: Duration::from_secs(60),
            poll_interval: Duration::from_secs(15),
        }
    }
}
