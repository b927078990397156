//! The file as it is written: the types that its JSON Schema is generated from and that its tree is read into.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::checks::{
    ClockCheck, CommandCheck, DiskCheck, FileCheck, GrpcCheck, HttpCheck, MemoryCheck, TlsCheck,
};
use crate::duration::{self, DurationText};
use crate::model::VariableType;
use crate::render::{
    ConsulReference, ConsulSection, MissingReference, MissingSection, RenderItems, VaultReference,
    VaultSection,
};
use crate::services::{SentinelReference, SentinelSection, ServiceMap};

/// What a service needs from whoever deploys it, read by preflight before the service starts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "preflight.yaml")]
pub(crate) struct ContractFile {
    /// The organization that the service belongs to; the first half of the tag on every line.
    #[schemars(length(min = 1))]
    pub(crate) organization: String,
    /// Who must fix what is wrong; the second half of the tag on every line.
    #[schemars(length(min = 1))]
    pub(crate) team: String,
    /// Whether checks that pass are listed as well.
    #[serde(default)]
    pub(crate) verbose: bool,
    /// The variables that the service reads: names, or maps with rules.
    #[serde(default)]
    #[schemars(with = "Vec<VariableItem>")]
    pub(crate) checked_environment_variables: Vec<Value>,
    /// Variables that carry hosts and ports under any name.
    #[serde(default)]
    #[schemars(with = "Vec<TcpItem>")]
    pub(crate) checked_tcp: Vec<Value>,
    /// Checks that the naming convention of variables cannot say.
    #[serde(default)]
    #[schemars(with = "CheckItems")]
    pub(crate) checks: Vec<Value>,
    /// Files that are rendered from templates by `preflight render`.
    #[serde(default)]
    #[schemars(with = "RenderItems")]
    pub(crate) render: Vec<Value>,
    /// How Consul is reached, for templates.
    #[serde(default)]
    #[schemars(with = "ConsulReference")]
    pub(crate) consul: Option<ConsulSection>,
    /// How Vault is reached, for templates.
    #[serde(default)]
    #[schemars(with = "VaultReference")]
    pub(crate) vault: Option<VaultSection>,
    /// What happens when a key or a service that a template needs is not there.
    #[serde(default)]
    #[schemars(with = "MissingReference")]
    pub(crate) missing: Option<MissingSection>,
    /// Programs that are started and looked after by `preflight run`, by their names.
    #[serde(default)]
    #[schemars(with = "ServiceMap")]
    pub(crate) services: Map<String, Value>,
    /// What stands in a rendered file in place of a value that is missing.
    #[serde(default)]
    #[schemars(with = "SentinelReference")]
    pub(crate) sentinels: Option<SentinelSection>,
    /// How long transient failures may take to heal: 60s; 0, one try, when absent.
    #[serde(default, with = "duration::optional")]
    #[schemars(with = "DurationText")]
    pub(crate) wait: Option<Duration>,
    /// The longest that one attempt of a network check may take; 5s when absent.
    #[serde(default, with = "duration::optional")]
    #[schemars(with = "DurationText")]
    pub(crate) timeout: Option<Duration>,
}

/// A variable: its name, or a map with its rules.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum VariableItem {
    /// The name of a variable that must be set and not empty.
    Name(String),
    /// A variable with rules.
    Rules(Box<VariableRules>),
}

/// A variable and what its value must be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableRules {
    /// The variable's name.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// Whether it must be set and not empty; true when absent.
    #[serde(default = "yes")]
    pub(crate) required: bool,
    /// Whether its value must never be shown. Passwords and tokens are secret anyway.
    #[serde(default)]
    pub(crate) secret: bool,
    /// What it is for.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// What the service uses when it is not set; documentation only.
    #[serde(default)]
    #[schemars(with = "Text")]
    pub(crate) default: Option<String>,
    /// The values that are allowed.
    #[serde(default)]
    #[schemars(with = "Vec<Text>", length(min = 1))]
    pub(crate) one_of: Vec<String>,
    /// A regular expression that must match somewhere in the value; ^ and $ pin it to the ends.
    #[serde(default)]
    pub(crate) pattern: Option<String>,
    /// What the value must be; any text when absent.
    #[serde(default, rename = "type")]
    pub(crate) kind: VariableType,
    /// The smallest number allowed; seconds for a duration.
    #[serde(default)]
    pub(crate) min: Option<f64>,
    /// The largest number allowed; seconds for a duration.
    #[serde(default)]
    pub(crate) max: Option<f64>,
    /// The least number of characters.
    #[serde(default)]
    pub(crate) min_length: Option<usize>,
    /// The greatest number of characters.
    #[serde(default)]
    pub(crate) max_length: Option<usize>,
    /// Who must fix it, when it is not the file's team.
    #[serde(default)]
    pub(crate) audience: Option<String>,
    /// Who owns the value.
    #[serde(default)]
    pub(crate) owner: Option<String>,
    /// What to use instead, or true.
    #[serde(default)]
    #[schemars(with = "Text")]
    pub(crate) deprecated: Option<String>,
    /// Required only if this other variable has a value, or has the given one.
    #[serde(default)]
    pub(crate) when: Option<ConditionFile>,
    /// Not required if this other variable has a value, or has the given one.
    #[serde(default)]
    pub(crate) unless: Option<ConditionFile>,
}

/// Another variable: its name, or a map from its name to one value or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ConditionFile {
    /// The other variable has any value.
    Set(String),
    /// The other variable has one of these values.
    Value(#[schemars(extend("minProperties" = 1, "maxProperties" = 1))] BTreeMap<String, OneOrMore>),
}

/// One value or a list of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    /// One value.
    One(#[schemars(with = "Text")] String),
    /// Any of these values.
    More(#[schemars(with = "Vec<Text>")] Vec<String>),
}

/// A host and a port: the name of a variable that holds host:port, or a map.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TcpItem {
    /// The name of a variable that holds host:port.
    Name(String),
    /// Variables that hold the host and the port.
    Pair(TcpPair),
}

/// The variables that hold a host and its port.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TcpPair {
    /// The variable that holds the host, or host:port.
    #[schemars(length(min = 1))]
    pub(crate) host: String,
    /// The variable that holds the port, or the port itself.
    #[serde(default)]
    #[schemars(with = "Text")]
    pub(crate) port: Option<String>,
    /// What to call it in the report.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Who must fix it, when it is not the file's team.
    #[serde(default)]
    pub(crate) audience: Option<String>,
}

/// A list of [`CheckKeys`], whose definition is added only where it is needed: it is the greater part of the schema.
pub(crate) struct CheckItems;

impl JsonSchema for CheckItems {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CheckItems".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "$ref": "#/$defs/CheckKeys" } })
    }
}

/// One check: exactly one kind, and how to report it. The kinds of connection are added to it from the vocabulary.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema only; the values are read as CheckSpec")]
pub(crate) struct CheckKeys {
    /// What to call it in the report.
    name: Option<String>,
    /// Who must fix it, when it is not the file's team.
    audience: Option<String>,
    /// The longest that one attempt may take.
    #[schemars(with = "Option<DurationText>")]
    timeout: Option<Duration>,
    http: Option<HttpCheck>,
    grpc: Option<GrpcCheck>,
    tls: Option<TlsCheck>,
    file: Option<FileCheck>,
    command: Option<CommandCheck>,
    disk: Option<DiskCheck>,
    memory: Option<MemoryCheck>,
    clock: Option<ClockCheck>,
}

/// The keys of a check that are not its kind.
pub(crate) const REPORT_KEYS: [&str; 3] = ["name", "audience", "timeout"];

/// The kinds of check that every vocabulary has.
pub(crate) const OWN_KINDS: [&str; 8] = ["http", "grpc", "tls", "file", "command", "disk", "memory", "clock"];

/// A text that may look like a number or a truth value.
pub(crate) struct Text;

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

const fn yes() -> bool {
    true
}
