//! The attributes of a connection: the last part of a variable's name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The last part of a variable's name in the grammar `CLIENT_ID…_ATTRIBUTE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attribute {
    /// Who logs in.
    Username,
    /// The password; secret.
    Password,
    /// The host, or `host:port`.
    Address,
    /// The TCP port.
    Port,
    /// How TLS is used, in libpq's words.
    Sslmode,
    /// The path of the client's certificate, PEM.
    Sslcertpath,
    /// The version that the server must have.
    Version,
    /// What the connection is for.
    Description,
    /// A token that stands for a login; secret.
    Token,
    /// The longest that one attempt may take.
    Timeout,
    /// The database's name or number.
    Database,
    /// Everything in one: `scheme://user:password@host:port/database`.
    Url,
    /// The path of the client's private key, PEM.
    Sslkeypath,
    /// The path of the certificate authorities that are trusted, PEM.
    Sslrootcertpath,
    /// The virtual host of a message broker.
    Vhost,
    /// A topic.
    Topic,
    /// A queue.
    Queue,
    /// A bucket.
    Bucket,
    /// A cloud region.
    Region,
    /// The scheme of the URL that is built: `http` or `https`.
    Scheme,
    /// A path: of the URL that is built, or of a parameter or secret.
    Path,
}

/// Last parts that people write for a reserved attribute, and the attribute that they mean.
const NEAR: [(&str, Attribute); 26] = [
    ("USER", Attribute::Username),
    ("LOGIN", Attribute::Username),
    ("PASS", Attribute::Password),
    ("PASSWD", Attribute::Password),
    ("PWD", Attribute::Password),
    ("PASSPHRASE", Attribute::Password),
    ("HOST", Attribute::Address),
    ("HOSTNAME", Attribute::Address),
    ("HOSTS", Attribute::Address),
    ("ENDPOINT", Attribute::Address),
    ("SERVER", Attribute::Address),
    ("SERVERS", Attribute::Address),
    ("BROKERS", Attribute::Address),
    ("ADDR", Attribute::Address),
    ("DB", Attribute::Database),
    ("DBNAME", Attribute::Database),
    ("SCHEMA", Attribute::Database),
    ("URI", Attribute::Url),
    ("DSN", Attribute::Url),
    ("SSLCERT", Attribute::Sslcertpath),
    ("SSLKEY", Attribute::Sslkeypath),
    ("SSLROOTCERT", Attribute::Sslrootcertpath),
    ("CACERT", Attribute::Sslrootcertpath),
    ("VIRTUALHOST", Attribute::Vhost),
    ("TLSMODE", Attribute::Sslmode),
    ("TLS", Attribute::Sslmode),
];

impl Attribute {
    /// Every attribute there is.
    pub const ALL: [Self; 21] = [
        Self::Username,
        Self::Password,
        Self::Address,
        Self::Port,
        Self::Sslmode,
        Self::Sslcertpath,
        Self::Version,
        Self::Description,
        Self::Token,
        Self::Timeout,
        Self::Database,
        Self::Url,
        Self::Sslkeypath,
        Self::Sslrootcertpath,
        Self::Vhost,
        Self::Topic,
        Self::Queue,
        Self::Bucket,
        Self::Region,
        Self::Scheme,
        Self::Path,
    ];

    /// Its name in a variable: upper case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "USERNAME",
            Self::Password => "PASSWORD",
            Self::Address => "ADDRESS",
            Self::Port => "PORT",
            Self::Sslmode => "SSLMODE",
            Self::Sslcertpath => "SSLCERTPATH",
            Self::Version => "VERSION",
            Self::Description => "DESCRIPTION",
            Self::Token => "TOKEN",
            Self::Timeout => "TIMEOUT",
            Self::Database => "DATABASE",
            Self::Url => "URL",
            Self::Sslkeypath => "SSLKEYPATH",
            Self::Sslrootcertpath => "SSLROOTCERTPATH",
            Self::Vhost => "VHOST",
            Self::Topic => "TOPIC",
            Self::Queue => "QUEUE",
            Self::Bucket => "BUCKET",
            Self::Region => "REGION",
            Self::Scheme => "SCHEME",
            Self::Path => "PATH",
        }
    }

    /// What it holds, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Username => "Who logs in.",
            Self::Password => "The password; secret.",
            Self::Address => "The host, or host:port.",
            Self::Port => "The TCP port.",
            Self::Sslmode => "How TLS is used, in libpq's words.",
            Self::Sslcertpath => "The path of the client's certificate, PEM.",
            Self::Version => "The version that the server must have.",
            Self::Description => "What the connection is for.",
            Self::Token => "A token that stands for a login; secret.",
            Self::Timeout => "The longest that one attempt may take.",
            Self::Database => "The database's name or number.",
            Self::Url => "Everything in one: scheme://user:password@host:port/database.",
            Self::Sslkeypath => "The path of the client's private key, PEM.",
            Self::Sslrootcertpath => "The path of the certificate authorities that are trusted, PEM.",
            Self::Vhost => "The virtual host of a message broker.",
            Self::Topic => "A topic.",
            Self::Queue => "A queue.",
            Self::Bucket => "A bucket.",
            Self::Region => "A cloud region.",
            Self::Scheme => "The scheme of the URL that is built: http or https.",
            Self::Path => "A path: of the URL that is built, or of a parameter or secret.",
        }
    }

    /// Its name in a file: lower case.
    #[must_use]
    pub fn lower(self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// The attribute of that name, which must be in upper case.
    #[must_use]
    pub fn named(part: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.as_str() == part)
    }

    /// The attribute that `part`, which is none, was probably meant to be.
    #[must_use]
    pub fn nearest(part: &str) -> Option<Self> {
        let known = NEAR.iter().find(|(written, _)| *written == part).map(|(_, meant)| *meant);
        known.or_else(|| {
            crate::nearest::nearest(part, Self::ALL.iter().map(|a| a.as_str())).and_then(Self::named)
        })
    }

    /// Whether its value is always secret.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Token)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
