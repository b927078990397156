//! The contract as it was understood: what a service needs from whoever deploys it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::CheckItem;
use crate::duration;
use crate::render::{ConsulSection, MissingSection, RenderItem, VaultSection};
use crate::services::{SentinelSection, ServiceItem};

/// Everything that one `preflight.yaml` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contract {
    /// The organization that the service belongs to; the first half of the tag on every line.
    pub organization: String,
    /// Who must fix what is wrong, unless a rule names another audience; the second half of the tag.
    pub team: String,
    /// Whether checks that pass are listed as well.
    pub verbose: bool,
    /// The declared variables, in the order of the file.
    pub variables: Vec<Variable>,
    /// Pairs of variables that carry hosts and ports.
    pub tcp: Vec<CheckedTcp>,
    /// Checks that the naming convention cannot say.
    pub checks: Vec<CheckItem>,
    /// Files that are rendered from templates.
    pub render: Vec<RenderItem>,
    /// How Consul is reached, for templates.
    pub consul: Option<ConsulSection>,
    /// How Vault is reached, for templates.
    pub vault: Option<VaultSection>,
    /// What happens when something that a template needs is not there.
    pub missing: Option<MissingSection>,
    /// Programs that are started and looked after, in the order of the file.
    pub services: Vec<ServiceItem>,
    /// What stands in a rendered file in place of a value that is missing.
    pub sentinels: SentinelSection,
    /// How long transient failures may take to heal; zero means one try.
    #[serde(with = "duration")]
    pub wait: Duration,
    /// The longest that one attempt of a network check may take, when the file says so.
    #[serde(with = "duration::optional")]
    pub timeout: Option<Duration>,
}

/// One declared variable with its rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variable {
    /// The variable's name.
    pub name: String,
    /// Whether it must be set and not empty.
    pub required: bool,
    /// Whether the file marks it as secret; see [`crate::is_secret`] for the whole answer.
    pub secret: bool,
    /// What it is for.
    pub description: Option<String>,
    /// What the service uses when it is not set; documentation only.
    pub default: Option<String>,
    /// The values that are allowed; empty when any is.
    pub one_of: Vec<String>,
    /// A regular expression that must match somewhere in the value.
    pub pattern: Option<String>,
    /// What the value must be.
    #[serde(rename = "type")]
    pub kind: VariableType,
    /// The smallest number allowed (seconds for a duration).
    pub min: Option<f64>,
    /// The largest number allowed (seconds for a duration).
    pub max: Option<f64>,
    /// The least number of characters.
    pub min_length: Option<usize>,
    /// The greatest number of characters.
    pub max_length: Option<usize>,
    /// Who must fix it, when it is not the file's team.
    pub audience: Option<String>,
    /// Who owns the value.
    pub owner: Option<String>,
    /// What to use instead, or why it is going away.
    pub deprecated: Option<String>,
    /// Required only if this holds.
    pub when: Option<Condition>,
    /// Not required if this holds.
    pub unless: Option<Condition>,
    /// The line of the file that declares it, from 1.
    pub line: usize,
}

impl Variable {
    /// A required variable without further rules, declared on `line`.
    #[must_use]
    pub fn named(name: impl Into<String>, line: usize) -> Self {
        Self {
            name: name.into(),
            required: true,
            secret: false,
            description: None,
            default: None,
            one_of: Vec::new(),
            pattern: None,
            kind: VariableType::String,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            audience: None,
            owner: None,
            deprecated: None,
            when: None,
            unless: None,
            line,
        }
    }
}

/// What a variable's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VariableType {
    /// Any text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// A number, whole or decimal.
    Number,
    /// true, false, yes, no, on, off, 1 or 0, in any case.
    Boolean,
    /// A TCP or UDP port, 1 to 65535.
    Port,
    /// An absolute URL, with a scheme and a host.
    Url,
    /// An email address.
    Email,
    /// A length of time, such as 500ms, 60s, 5m or 1h30m; a bare number is seconds.
    Duration,
    /// A JSON document.
    Json,
    /// A host name (RFC 1123) or an IP address.
    Hostname,
    /// A path in the file system.
    Path,
    /// An Amazon Resource Name.
    Arn,
}

impl VariableType {
    /// Its name in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Port => "port",
            Self::Url => "url",
            Self::Email => "email",
            Self::Duration => "duration",
            Self::Json => "json",
            Self::Hostname => "hostname",
            Self::Path => "path",
            Self::Arn => "arn",
        }
    }

    pub(crate) const fn with_article(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Port => "a port",
            Self::Url => "a URL",
            Self::Email => "an email address",
            Self::Duration => "a duration",
            Self::Json => "JSON",
            Self::Hostname => "a host name",
            Self::Path => "a path",
            Self::Arn => "an ARN",
        }
    }
}

/// A condition on another variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The other variable's name.
    pub variable: String,
    /// The values that fulfil the condition; empty when any value does.
    pub values: Vec<String>,
}

/// A host and a port in variables of any name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedTcp {
    /// The variable with the host; its value may be `host:port`.
    pub host: String,
    /// The variable with the port, or the port itself; absent when the host's variable holds it.
    pub port: Option<String>,
    /// What to call it in the report.
    pub name: Option<String>,
    /// Who must fix it, when it is not the file's team.
    pub audience: Option<String>,
    /// The line of the file that declares it, from 1.
    pub line: usize,
}
