//! Why a query has no answer: the cause as a stable class, the evidence, what to try, and whether it can heal.

use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::{Backend, Query};

/// One failed try. Never holds a token, a password or a secret: addresses are masked before they come here. Cheap to
/// clone; what is known of it are the fields of [`Details`].
#[derive(Debug, Clone)]
pub struct SourceError(Arc<Details>);

/// What is known of a failed try.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Details {
    /// Who was asked.
    pub backend: Backend,
    /// What was asked, once that is known.
    pub query: Option<Query>,
    /// What kind of failure it is.
    pub cause: Cause,
    /// What was seen, in one sentence without a full stop: who said what.
    pub evidence: Arc<str>,
    /// What to try here, where more can be said than the cause's own hint.
    pub hint: Option<Arc<str>>,
    /// How many tries have failed in a row, this one included; 0 where it was not a try.
    pub attempt: u32,
    /// In how long it is tried again; none when it is not.
    pub next_try: Option<Duration>,
    /// The tries that the configuration allows are used up. Whether that ends anything is the owner's decision: the
    /// watcher goes on at its slowest pace.
    pub is_exhausted: bool,
    /// How long the backend asked us to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The error below, if there is one.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Deref for SourceError {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for SourceError {
    fn deref_mut(&mut self) -> &mut Details {
        Arc::make_mut(&mut self.0)
    }
}

impl SourceError {
    /// An error of that cause with what was seen.
    #[must_use]
    pub fn new(backend: Backend, cause: Cause, evidence: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Details {
            backend,
            query: None,
            cause,
            evidence: evidence.into(),
            hint: None,
            attempt: 0,
            next_try: None,
            is_exhausted: false,
            retry_after: None,
            source: None,
        }))
    }

    /// The same with a hint that knows more than the cause does.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Arc<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the error that it came from.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same, of that query.
    #[must_use]
    pub fn of(mut self, query: &Query) -> Self {
        self.query = Some(query.clone());
        self
    }

    /// What to try: the hint of this error, else its cause's.
    #[must_use]
    pub fn advice(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.cause.hint())
    }

    /// Whether waiting can help without anyone changing a configuration, a policy or a certificate.
    #[must_use]
    pub fn heals(&self) -> bool {
        self.cause.heals()
    }
}

/// A lowercase fragment, with the query in front where it is known: `kv.block(app/port): 127.0.0.1:8500 refused …`.
impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(query) = &self.query {
            write!(formatter, "{query}: ")?;
        }
        formatter.write_str(&self.evidence)
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

macro_rules! causes {
    ($($name:ident $class:literal $heals:literal $hint:literal;)*) => {
        /// What kind of failure it is. Its class is a public contract: never renamed, only added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Cause {
            $(#[doc = concat!("`", $class, "`: ", $hint)] $name,)*
        }

        impl Cause {
            /// Every cause, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable class, `layer.cause`.
            #[must_use]
            pub fn class(self) -> &'static str {
                match self { $(Self::$name => $class,)* }
            }

            /// Whether it can go away by itself.
            #[must_use]
            pub fn heals(self) -> bool {
                match self { $(Self::$name => $heals,)* }
            }

            /// What to try.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

causes! {
    Configuration "source.configuration" false "correct the backend's settings";
    NotConfigured "source.not_configured" false "give the backend's address in the configuration";
    NxDomain "dns.nxdomain" true "correct the host name, or the search list and name servers of /etc/resolv.conf";
    NoAddress "dns.no_address" true "give the name an A or AAAA record";
    DnsFailed "dns.failed" true "look at the name servers of /etc/resolv.conf";
    Refused "tcp.refused" true "start the server, or correct the address and port";
    Unreachable "tcp.unreachable" true "look at routes, security groups and firewalls";
    ConnectTimeout "tcp.timeout" true "look at security groups and firewalls, which drop what they do not let through";
    NoSocket "tcp.no_socket" true "correct the path of the socket, or start the server that makes it";
    TlsUntrusted "tls.untrusted" false "give the authority that signed the server's certificate as the CA certificate";
    TlsHostname "tls.hostname_mismatch" false "use a name that the certificate is for, or set server_name";
    TlsExpired "tls.expired" true "renew the server's certificate, or set the clock right";
    TlsFailed "tls.failed" false "use https only with a port that speaks TLS, and a client certificate if it asks for one";
    Closed "http.closed" true "look at the server's log, and at proxies in between";
    AnswerTimeout "http.timeout" true "look at the server's load, and at proxies in between";
    NotHttp "http.wrong_protocol" false "correct the scheme and the port";
    TooLarge "http.too_large" false "ask for less: a narrower prefix";
    BadAnswer "http.bad_answer" true "look at what answers on this address: it is not the server that was expected";
    BadRequest "http.bad_request" false "correct the query";
    Denied "acl.denied" false "give the token a policy that allows reading this";
    NotFound "http.not_found" true "create it, or correct its name";
    Throttled "http.throttled" true "raise the server's limits, or ask it less often";
    ServerFailed "http.server_failed" true "look at the server's log";
    NoLeader "consul.no_leader" true "wait for the servers to elect a leader, or look at their logs";
    VaultSealed "vault.sealed" true "unseal it: `vault operator unseal`";
    VaultUninitialised "vault.uninitialised" true "initialise it: `vault operator init`";
    VaultStandby "vault.standby" true "wait for a node to become active, or look at Vault's log and storage";
    BadToken "vault.bad_token" false "give a token that is known and has not expired: `vault token lookup` tells";
    LoginRefused "vault.login_refused" false "correct the role and its credentials, and the method's mount";
    AwsNoRegion "aws.no_region" false "set AWS_REGION, or name the region in the configuration";
    AwsNoCredentials "aws.no_credentials" true "give the task, the instance or the environment AWS credentials";
    AwsBadCredentials "aws.bad_credentials" false "correct the access key and its secret";
    AwsExpiredToken "aws.expired_token" true "renew the session's credentials";
    AwsClockSkew "aws.clock_skew" true "set this machine's clock right";
    AwsKeyDenied "aws.key_denied" false "allow kms:Decrypt with the key that encrypts it";
    NotSupported "source.not_supported" false "upgrade the server, or its licence";
    NoFile "file.missing" true "create the file, or correct its path";
    Unreadable "file.unreadable" true "let this user read the file";
}

impl Cause {
    /// Whether the backend as a whole is away, rather than this one query refused.
    #[must_use]
    pub fn is_outage(self) -> bool {
        use Cause::{
            AnswerTimeout, BadAnswer, Closed, ConnectTimeout, DnsFailed, NoAddress, NoLeader, NoSocket,
            NotHttp, NxDomain, Refused, ServerFailed, TlsExpired, TlsFailed, TlsHostname, TlsUntrusted,
            Unreachable, VaultSealed, VaultStandby, VaultUninitialised,
        };
        matches!(
            self,
            NxDomain
                | NoAddress
                | DnsFailed
                | Refused
                | Unreachable
                | ConnectTimeout
                | NoSocket
                | TlsUntrusted
                | TlsHostname
                | TlsExpired
                | TlsFailed
                | Closed
                | AnswerTimeout
                | NotHttp
                | BadAnswer
                | ServerFailed
                | NoLeader
                | VaultSealed
                | VaultStandby
                | VaultUninitialised
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn classes_are_unique_and_in_their_form() {
        let mut seen = HashSet::new();
        for cause in Cause::ALL {
            let class = cause.class();
            assert!(seen.insert(class), "{class} is there twice");
            let (layer, name) = class.split_once('.').expect("layer.cause");
            let is_word = |text: &str| {
                !text.is_empty() && text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
            };
            assert!(is_word(layer) && is_word(name), "{class}");
        }
    }

    #[test]
    fn an_error_names_its_query_and_advises() {
        let error = SourceError::new(Backend::Consul, Cause::Refused, "127.0.0.1:1 refused the connection");
        assert_eq!(error.to_string(), "127.0.0.1:1 refused the connection");
        assert_eq!(error.advice(), Cause::Refused.hint());
        assert_eq!(error.with_hint("start it").advice(), "start it");
    }
}
