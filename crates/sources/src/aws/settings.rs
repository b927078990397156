//! How AWS is reached and as whom.

use std::time::Duration;

use crate::{HttpSettings, RetrySettings, SecretText};

/// How AWS is reached. What is not said here is found as the AWS tools find it: environment, profile, web identity,
/// container, instance.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// The region; an ARN's own counts more.
    pub region: Option<String>,
    /// The address of all services, when it is not AWS's own.
    pub endpoint: Option<String>,
    /// The keys, when they are not to be looked for.
    pub keys: Option<AwsKeys>,
    /// How long a value is left alone: AWS cannot tell of changes. Moved by up to a tenth each time.
    pub poll_interval: Duration,
    /// How failed tries are repeated.
    pub retry: RetrySettings,
    /// TLS, proxies and limits; the address does not count.
    pub http: HttpSettings,
}

/// A pair of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: SecretText,
    /// The token of a session, empty for none.
    pub session_token: SecretText,
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            region: None,
            endpoint: None,
            keys: None,
            poll_interval: Duration::from_secs(60),
            retry: RetrySettings::default(),
            http: HttpSettings::default(),
        }
    }
}
