//! How Consul, Vault and Nomad are reached.

use std::path::PathBuf;
use std::time::Duration;

use super::Secret;

/// How Consul is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Consul {
    /// `host:port`, or a URL with `http`, `https` or `unix`. `127.0.0.1:8500` if nothing else was said.
    pub address: String,
    /// Whether anything named an address: file, flag or environment.
    pub address_given: bool,
    /// The Enterprise namespace.
    pub namespace: Option<String>,
    /// The Enterprise admin partition (`CONSUL_PARTITION`).
    pub partition: Option<String>,
    /// HTTP basic authentication.
    pub auth: Option<BasicAuth>,
    /// The ACL token.
    pub token: Option<Secret>,
    /// The file that holds the ACL token; it wins over `token` unless it is empty.
    pub token_file: Option<PathBuf>,
    /// When to try again.
    pub retry: Retry,
    /// TLS; `tls.enabled` is true as well when the address begins with `https` or the environment asks for it.
    pub tls: Tls,
    /// Connections and their limits.
    pub transport: Transport,
}

/// How Vault is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Vault {
    /// A URL; empty if nothing was said.
    pub address: String,
    /// Whether Vault is used at all: by default, when there is an address.
    pub enabled: bool,
    /// The Enterprise namespace.
    pub namespace: Option<String>,
    /// How we become someone.
    pub login: VaultLogin,
    /// The token is a wrapping one and must be unwrapped first.
    pub unwrap_token: bool,
    /// The token is renewed in good time.
    pub renew_token: bool,
    /// How long a secret without a lease is good for. 5 minutes unless asked otherwise.
    pub default_lease_duration: Duration,
    /// The part of a lease after which a secret that cannot be renewed is read again. 0.9 unless asked otherwise.
    pub lease_renewal_threshold: f64,
    /// The `User-Agent` that is sent.
    pub client_user_agent: Option<String>,
    /// When to try again.
    pub retry: Retry,
    /// TLS, for an address that begins with `https`.
    pub tls: Tls,
    /// Connections and their limits.
    pub transport: Transport,
}

/// How Nomad is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Nomad {
    /// A URL; empty if nothing was said.
    pub address: String,
    /// Whether Nomad is used at all: by default, when there is an address.
    pub enabled: bool,
    /// The namespace.
    pub namespace: Option<String>,
    /// The ACL token.
    pub token: Option<Secret>,
    /// HTTP basic authentication.
    pub auth: Option<BasicAuth>,
    /// When to try again.
    pub retry: Retry,
    /// TLS.
    pub tls: Tls,
    /// Connections and their limits.
    pub transport: Transport,
}

/// The way to a Vault token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultLogin {
    /// No token at all: only what Vault gives to anyone.
    Nobody,
    /// This token.
    Token(Secret),
    /// The token in this file, read again when the file changes (Vault's agent keeps it fresh).
    TokenFile(PathBuf),
    /// A role and its secret.
    AppRole(AppRole),
    /// The pod's service account.
    Kubernetes(KubernetesLogin),
    /// The instance's or task's AWS identity.
    Aws(AwsLogin),
}

/// Login by AppRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRole {
    /// The role's id.
    pub role_id: String,
    /// The role's secret.
    pub secret_id: Option<Secret>,
    /// The file that holds the role's secret, read at every login.
    pub secret_id_file: Option<PathBuf>,
    /// Where the method is mounted: `approle`.
    pub mount: String,
}

/// Login by the pod's service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubernetesLogin {
    /// Vault's role.
    pub role: String,
    /// The service account's token, if it was given directly.
    pub token: Option<Secret>,
    /// Else the file that holds it: `/run/secrets/kubernetes.io/serviceaccount/token`.
    pub token_path: PathBuf,
    /// Where the method is mounted: `kubernetes`.
    pub mount: String,
}

/// Login by AWS identity (the `iam` type).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsLogin {
    /// Vault's role.
    pub role: String,
    /// The region whose STS is named; the default chain's unless given.
    pub region: Option<String>,
    /// The value of `X-Vault-AWS-IAM-Server-ID`, where Vault asks for one.
    pub server_id: Option<String>,
    /// Where the method is mounted: `aws`.
    pub mount: String,
}

/// HTTP basic authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The user.
    pub username: String,
    /// The password, possibly empty.
    pub password: Secret,
}

/// When to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Whether at all.
    pub enabled: bool,
    /// How many times; 0 is without end. 12 unless asked otherwise.
    pub attempts: u32,
    /// The first pause, doubled each time. 250 ms unless asked otherwise.
    pub backoff: Duration,
    /// The longest pause; zero is no limit. 1 minute unless asked otherwise.
    pub max_backoff: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            enabled: true,
            attempts: 12,
            backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(60),
        }
    }
}

/// TLS to one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Whether it is asked for.
    pub enabled: bool,
    /// Whether the server's certificate is verified.
    pub verify: bool,
    /// A file of authorities in PEM; it wins over the others.
    pub ca_cert: Option<PathBuf>,
    /// Authorities in PEM, inline.
    pub ca_cert_bytes: Option<String>,
    /// A folder of files of authorities in PEM.
    pub ca_path: Option<PathBuf>,
    /// Our certificate in PEM; with our key in the same file when `key` is not given.
    pub cert: Option<PathBuf>,
    /// Our key in PEM.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must have.
    pub server_name: Option<String>,
}

/// Connections and their limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// The pause between TCP keep-alive probes. 30 s unless asked otherwise.
    pub dial_keep_alive: Duration,
    /// How long a connection may take to come about. 30 s unless asked otherwise.
    pub dial_timeout: Duration,
    /// One request a connection.
    pub disable_keep_alives: bool,
    /// How long an idle connection is kept. 5 s unless asked otherwise.
    pub idle_conn_timeout: Duration,
    /// Idle connections in all; 0 is no limit.
    pub max_idle_conns: u32,
    /// Idle connections to one host. 100 unless asked otherwise.
    pub max_idle_conns_per_host: u32,
    /// Connections to one host; 0 is no limit.
    pub max_conns_per_host: u32,
    /// How long the TLS handshake may take. 10 s unless asked otherwise.
    pub tls_handshake_timeout: Duration,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            dial_keep_alive: Duration::from_secs(30),
            dial_timeout: Duration::from_secs(30),
            disable_keep_alives: false,
            idle_conn_timeout: Duration::from_secs(5),
            max_idle_conns: 0,
            max_idle_conns_per_host: 100,
            max_conns_per_host: 0,
            tls_handshake_timeout: Duration::from_secs(10),
        }
    }
}
