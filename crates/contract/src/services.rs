//! What is looked after while it runs: `services:`, and the words that stand for missing values: `sentinels:`. Texts may
//! hold `${VARIABLE}`, except what the shell expands.

mod enabled;
mod faults;
mod lists;
mod show;
mod texts;
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub use enabled::{Condition, Disabled};
pub use values::{BackoffRange, GiveUpBudget, SignalName};

use crate::checks::CommandLine;
use crate::duration;

pub(crate) use faults::{check_sentinels, check_services};
pub(crate) use show::{markdown_rows, service_line};

/// A program that is started and looked after, or a job that runs at times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceItem {
    /// Its name: the key under which it stands.
    #[serde(skip_deserializing)]
    #[schemars(skip)]
    pub name: String,
    /// The program and its arguments as a list, or one text for the shell.
    pub command: CommandLine,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Variables and what they must be for this service to run in this container; all of them must fit. A * stands for
    /// any characters, a list for any of its items.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enabled_if: BTreeMap<String, Condition>,
    /// Services that must be ready before it is started; those that run once must have ended well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// How it is known to be ready for those that depend on it; as soon as it runs when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<ReadySection>,
    /// What is tried for as long as it runs; it is restarted when that fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthSection>,
    /// When it is started again after its end; when absent always, and never when it is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartSection>,
    /// How it hears that rendered files have changed; not at all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<ReloadSection>,
    /// How it is asked to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopSection>,
    /// Whether its death ends the container, with its exit code; with `restart`, the death after which it is not started again.
    #[serde(default)]
    pub critical: bool,
    /// The user that it runs as, by name or number; ours when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "crate::file::Text")]
    pub user: Option<String>,
    /// The group that it runs as, by name or number; the user's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "crate::file::Text")]
    pub group: Option<String>,
    /// Its working directory; ours when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Variables that it has besides ours.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, crate::file::Text>")]
    pub environment: BTreeMap<String, String>,
    /// A command that is run after each end, with two more arguments: the exit code or -1, and the wait status's low byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<CommandLine>,
    /// What its exit codes mean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, crate::file::Text>")]
    pub exit_codes: BTreeMap<String, String>,
    /// Whether it is a task: done when it ends with 0, and not started again.
    #[serde(default)]
    pub once: bool,
    /// When it is run, as crontab has it: minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, @yearly,
    /// @reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The time zone of the schedule, like UTC or Europe/Paris; the container's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What becomes of a run that is due while the one before still runs; skip when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<OverlapRule>,
    /// How long one run of a job may take, before it is stopped; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub timeout: Option<Duration>,
    /// Each scheduled run begins after a random part of this time.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub jitter: Option<Duration>,
    /// How its output is passed on; as the command line says when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputForm>,
    /// The line of the file that declares it, from 1.
    #[serde(skip_deserializing)]
    #[schemars(skip)]
    pub line: usize,
}

/// How it is known that a service is ready: exactly one of the ways.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadySection {
    /// A URL (http) that answers with a status from 200 to 399.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// host:port that accepts a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<String>,
    /// A command that ends with 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// The file descriptor that the service writes a line to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 3, max = 255))]
    pub notify: Option<u8>,
    /// Whether the service says READY=1 to the socket of NOTIFY_SOCKET.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sd_notify: bool,
    /// A file that appears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How long it may take; 30s when absent. Then it is stopped, and that is a failure.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub timeout: Option<Duration>,
    /// The time between two tries; 500ms when absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub interval: Option<Duration>,
}

/// What is tried for as long as a service runs: exactly one of http, tcp and command.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSection {
    /// A URL (http) that answers with a status from 200 to 399.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// host:port that accepts a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<String>,
    /// A command that ends with 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// The time between two tries; 10s when absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub interval: Option<Duration>,
    /// How long one try may take; 5s when absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub timeout: Option<Duration>,
    /// How many tries in a row must fail; 3 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub failures: Option<u32>,
}

/// When a service is started again after its end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RestartSection {
    /// After which ends; always when absent.
    pub policy: RestartPolicy,
    /// The waits while it keeps dying: from the first one to the longest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<BackoffRange>,
    /// How many ends within which time are too many; then the container fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_up: Option<GiveUpBudget>,
}

/// After which ends a service is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// After each.
    #[default]
    Always,
    /// After each but an exit with code 0.
    OnFailure,
    /// After none.
    Never,
}

/// How a service hears that rendered files have changed: by a signal, or by a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReloadSection {
    /// The rendered files that it reads, by their names or by their whole paths.
    #[schemars(length(min = 1))]
    pub on: Vec<String>,
    /// The signal that tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalName>,
    /// Whether it is stopped and started instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
    /// It is told after a random part of this time; at once when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub splay: Option<Duration>,
}

/// How a service is asked to end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopSection {
    /// The signal that asks it; TERM when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<SignalName>,
    /// How long it may take before it is killed; 10s when absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub grace: Option<Duration>,
}

/// What becomes of a run that is due while the one before still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OverlapRule {
    /// It is left out, and told.
    #[default]
    Skip,
    /// It begins when the one before has ended; one of them waits at most.
    Queue,
    /// The one before is stopped for it.
    Replace,
}

/// How the output of a service is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputForm {
    /// Line by line, with time and name.
    Text,
    /// Line by line, as JSON.
    Json,
    /// Untouched.
    Raw,
}

/// What stands in a rendered file in place of a value that is missing. A text between slashes is a regular expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SentinelSection {
    /// In place of keys; KEYDOESNOTEXIST when absent.
    pub keys: Vec<String>,
    /// In place of services; SERVICEDOESNOTEXIST when absent.
    pub services: Vec<String>,
}

impl Default for SentinelSection {
    fn default() -> Self {
        Self { keys: vec!["KEYDOESNOTEXIST".to_owned()], services: vec!["SERVICEDOESNOTEXIST".to_owned()] }
    }
}

/// The keys of the file whose definitions [`define`] adds.
pub(crate) const KEYS: [&str; 2] = ["services", "sentinels"];

/// Adds the definitions that the references of the file point to.
pub(crate) fn define(generator: &mut SchemaGenerator) {
    generator.subschema_for::<ServiceItem>();
    generator.subschema_for::<SentinelSection>();
}

/// Services by their names; the definition itself is added only where a file needs it.
pub(crate) struct ServiceMap;

/// A [`SentinelSection`], defined in the same way.
pub(crate) struct SentinelReference;

impl JsonSchema for ServiceMap {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServiceMap".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/ServiceItem" } })
    }
}

impl JsonSchema for SentinelReference {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SentinelReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "$ref": "#/$defs/SentinelSection" })
    }
}
