//! How the backends are reached and how patient the watcher is. Plain data; the defaults are consul-template's.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::aws::AwsSettings;
use crate::consul::ConsulSettings;
use crate::nomad::NomadSettings;
use crate::vault::VaultSettings;

/// Everything the watcher needs to know. A backend that is `None` answers its queries with `source.not_configured`.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Fetch each query once and never wait for a change, except for what was absent.
    pub once: bool,
    /// Consul.
    pub consul: Option<ConsulSettings>,
    /// Vault.
    pub vault: Option<VaultSettings>,
    /// Nomad.
    pub nomad: Option<NomadSettings>,
    /// AWS.
    pub aws: Option<AwsSettings>,
}

/// How failed tries are repeated: after `backoff`, then twice as long, up to `max_backoff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySettings {
    /// Whether failed tries count at all; when not, the first failure is already `is_exhausted`.
    pub enabled: bool,
    /// After how many failed tries in a row an error says `is_exhausted`; 0 is never.
    pub attempts: u32,
    /// The wait after the first failure.
    pub backoff: Duration,
    /// The longest wait; zero is no limit.
    pub max_backoff: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            attempts: 12,
            backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(60),
        }
    }
}

/// How an HTTP server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// `host`, `host:port`, `http://…`, `https://…` or `unix:///path`; without a scheme it is https exactly when TLS
    /// is enabled. What stands before an `@` is taken for basic authentication and never shown.
    pub address: String,
    /// TLS.
    pub tls: TlsSettings,
    /// Basic authentication.
    pub auth: Option<BasicAuth>,
    /// The most connections that are open at any time; 0 is the backend's own default.
    pub max_connections: usize,
    /// How long connecting to one address may take.
    pub dial_timeout: Duration,
    /// How long the TLS handshake may take.
    pub tls_handshake_timeout: Duration,
    /// How long an answer to a request that does not block may take.
    pub answer_timeout: Duration,
    /// How long a connection is kept without a request.
    pub idle_timeout: Duration,
    /// Between two probes of a silent connection by the kernel; zero turns them off.
    pub dial_keep_alive: Duration,
    /// Closes a connection after each answer.
    pub disable_keep_alives: bool,
    /// Whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are heeded. They are read from here, not the environment.
    pub proxy: ProxySettings,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            address: String::new(),
            tls: TlsSettings::default(),
            auth: None,
            max_connections: 0,
            dial_timeout: Duration::from_secs(30),
            tls_handshake_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(30),
            // consul-template's 5 s is shorter than the pause between two renewals, and buys a new handshake each time.
            idle_timeout: Duration::from_secs(30),
            dial_keep_alive: Duration::from_secs(30),
            disable_keep_alives: false,
            proxy: ProxySettings::default(),
        }
    }
}

/// Proxies, in the words of the environment's variables; empty when there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// For `http://` servers: the value of `HTTP_PROXY`.
    pub http: String,
    /// For `https://` servers: the value of `HTTPS_PROXY`.
    pub https: String,
    /// Hosts that are reached directly: the value of `NO_PROXY`.
    pub exceptions: String,
}

/// TLS of one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// Whether an address without a scheme, or with `http://`, is reached by https.
    pub enabled: bool,
    /// Whether the server's certificate is verified.
    pub verify: bool,
    /// The client's certificate, and its key when `key` is empty: the path of a PEM file.
    pub certificate: Option<PathBuf>,
    /// The path of the client's key in PEM.
    pub key: Option<PathBuf>,
    /// The path of a PEM file with the authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Authorities to trust, PEM itself.
    pub ca_bytes: Option<String>,
    /// A folder of PEM files with authorities to trust.
    pub ca_folder: Option<PathBuf>,
    /// The name that the server's certificate is for, when it is not the host of the address.
    pub server_name: Option<String>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            verify: true,
            certificate: None,
            key: None,
            ca_file: None,
            ca_bytes: None,
            ca_folder: None,
            server_name: None,
        }
    }
}

/// A user's name and password, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicAuth {
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BasicAuth").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A text that must never be shown: a token, a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Keeps that text from being shown.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those who must send it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}
