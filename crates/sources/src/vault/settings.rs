//! How Vault is reached, as whom, and how its leases are counted.

use std::path::PathBuf;
use std::time::Duration;

use crate::{HttpSettings, RetrySettings, SecretText};

/// How Vault is reached. The defaults are consul-template's.
#[derive(Debug, Clone)]
pub struct VaultSettings {
    /// The server.
    pub http: HttpSettings,
    /// How failed tries are repeated.
    pub retry: RetrySettings,
    /// The namespace that all requests are made in; empty for none.
    pub namespace: String,
    /// How we become someone.
    pub login: VaultLogin,
    /// The token that the login gives is a wrapping one, to be unwrapped first.
    pub unwrap_token: bool,
    /// A token that was given, rather than logged in for, is renewed.
    pub renew_token: bool,
    /// How long a secret without a lease is good for.
    pub default_lease_duration: Duration,
    /// The part of a lease after which a secret that cannot be renewed is read again: between 0 and 1.
    pub lease_renewal_threshold: f64,
    /// The `User-Agent` header, when it is not our own.
    pub user_agent: Option<String>,
}

impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            http: HttpSettings::default(),
            retry: RetrySettings::default(),
            namespace: String::new(),
            login: VaultLogin::Nobody,
            unwrap_token: false,
            renew_token: true,
            default_lease_duration: Duration::from_secs(5 * 60),
            lease_renewal_threshold: 0.9,
            user_agent: None,
        }
    }
}

/// The way to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultLogin {
    /// No token at all: only what Vault gives to anyone.
    Nobody,
    /// This token.
    Token(SecretText),
    /// The token in this file, read again when the file changes; it may be the JSON that Vault's agent writes when it
    /// wraps tokens.
    TokenFile(PathBuf),
    /// A role and its secret.
    AppRole(AppRoleLogin),
    /// The pod's service account.
    Kubernetes(KubernetesLogin),
    /// The AWS identity of the instance, the task or the environment.
    Aws(AwsLogin),
}

/// Login by AppRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRoleLogin {
    /// The role's id.
    pub role_id: Text,
    /// The role's secret; some roles need none.
    pub secret_id: Option<Text>,
    /// Where the method is mounted, usually `approle`.
    pub mount: String,
}

/// Login by a service account of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesLogin {
    /// Vault's role.
    pub role: String,
    /// The service account's token, usually the file `/run/secrets/kubernetes.io/serviceaccount/token`.
    pub token: Text,
    /// Where the method is mounted, usually `kubernetes`.
    pub mount: String,
}

/// Login by AWS identity (the `iam` type).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsLogin {
    /// Vault's role.
    pub role: String,
    /// The region whose STS is asked; the global one's unless given.
    pub region: Option<String>,
    /// The value of `X-Vault-AWS-IAM-Server-ID`, where Vault wants one.
    pub server_id: Option<String>,
    /// Where the method is mounted, usually `aws`.
    pub mount: String,
}

/// A text that is given, or stands in a file that is read at each login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The text itself.
    Given(SecretText),
    /// The path of the file; white space around its text does not count.
    File(PathBuf),
}
