//! The status of a run as a versioned document: every text in it is redacted and escaped.

mod cleaned;
mod making;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use making::{Facts, Moment, make};

/// The version of the document's form; a higher one only for a change that a reader must know of.
pub const VERSION: u32 = 1;

/// What can be seen of a run at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// The version of this form.
    pub version: u32,
    /// Always `status`.
    pub kind: String,
    /// The version of the program.
    pub preflight: String,
    /// The moment, RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// `checking`, `starting`, `running` or `stopping`.
    pub state: String,
    /// All that is wanted is ready or done. Jobs have no part in it.
    pub ready: bool,
    /// When the run began, RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// For how long it has gone on, in seconds.
    pub uptime_seconds: f64,
    /// The number of the process that looks after all of it.
    pub pid: u32,
    /// The contract, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// The check before the start; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
    /// The files that are rendered; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendering: Option<Rendering>,
    /// Where this runs; absent until it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Every service, in the contract's order.
    pub services: Vec<Service>,
}

/// Whose contract it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contract {
    /// Its organization.
    pub organization: String,
    /// Its team.
    pub team: String,
    /// Its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What the check before the start found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Checks {
    /// `running`, `passed`, `failed` or `interrupted`.
    pub outcome: String,
    /// When it began, RFC 3339 in UTC; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub at: Option<String>,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// How many held.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// How many could not be tried.
    pub skipped: usize,
    /// How many took more than one try.
    pub waited: usize,
    /// How many warnings there were.
    pub warnings: usize,
    /// The report, line by line.
    pub lines: Vec<String>,
}

/// What is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Rendering {
    /// Every file has been rendered, and nothing is missing in it.
    pub complete: bool,
    /// What is waited for, in words.
    pub waits_for: Vec<String>,
    /// The files.
    pub files: Vec<RenderedFile>,
}

/// One file that is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedFile {
    /// Where it is.
    pub path: String,
    /// `awaited`, `complete`, or `incomplete` when values are missing in it.
    pub state: String,
    /// When its content was last replaced, RFC 3339 in UTC; absent when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub changed_at: Option<String>,
}

/// Where this runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// In a few words.
    pub summary: String,
    /// As in the report of a check.
    pub details: serde_json::Value,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub state: State,
    /// Others that depend on it may start; a task is done.
    pub ready: bool,
    /// It counts for whether all are ready: it is wanted to run here, and is no job.
    pub counts: bool,
    /// What is wanted of it: `up`, `once` or `down`.
    pub wanted: String,
    /// The number of what runs of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// When its state began, RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// When what runs of it was started, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub started_at: Option<String>,
    /// For how long it has run, in seconds; absent when it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_seconds: Option<f64>,
    /// How often it was started again.
    pub restarts: u64,
    /// How it ended the last time; absent when it never has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<LastExit>,
    /// When it is started again, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub next_try_at: Option<String>,
    /// The services that it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// Why it is disabled, held or blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// It is stopped where it is (`SIGSTOP`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// When it is run, for a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What it last said, oldest first; empty when its output is passed on untouched.
    pub last_lines: Vec<LastLine>,
}

/// Where a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not run in this container.
    Disabled,
    /// Not started yet: others must be ready first.
    Waiting,
    /// Not started: something outside of it is not there yet, such as a value of its configuration.
    Held,
    /// Never started: what it depends on has failed.
    Blocked,
    /// Not running, because nobody wants it to.
    Down,
    /// Ended as it should.
    Done,
    /// Ended and not started again.
    Failed,
    /// Ended too often to be started again.
    GaveUp,
    /// Started again later.
    BackingOff,
    /// Runs, and is not ready yet.
    Starting,
    /// Runs, and is ready as far as is known.
    Running,
    /// Asked to end.
    Stopping,
    /// Its finish program runs.
    Finishing,
}

/// How a service ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LastExit {
    /// When, RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The exit code, or 128 and the number of the signal; absent when it could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The signal that killed it, such as `SIGSEGV`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// The kernel killed something of it for want of memory.
    pub out_of_memory: bool,
    /// How long it had run, in seconds.
    pub uptime_seconds: f64,
    /// All of it in words.
    pub words: String,
}

/// When a job is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    /// In cron's five fields, or one of its `@` words.
    pub expression: String,
    /// The name of the time zone; absent: the container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// When it is due next, RFC 3339 in UTC; absent when that is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub next_due: Option<String>,
}

/// A line that a service said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastLine {
    /// When, RFC 3339 in UTC.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// The line.
    pub text: String,
}

impl Document {
    /// The service of a name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// As JSON on one line.
    pub fn to_json(&self) -> String {
        // There is no key that is not a string, and no number that JSON lacks.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Service {
    /// It keeps the whole from being ready.
    pub fn hinders(&self) -> bool {
        self.counts && !self.ready
    }
}

impl State {
    /// Every one, in the order of a life.
    pub const ALL: [Self; 13] = [
        Self::Disabled,
        Self::Waiting,
        Self::Held,
        Self::Blocked,
        Self::Down,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Finishing,
        Self::BackingOff,
        Self::Done,
        Self::Failed,
        Self::GaveUp,
    ];

    /// As in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Down => "down",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::GaveUp => "gave_up",
            Self::BackingOff => "backing_off",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Finishing => "finishing",
        }
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::GaveUp => "given up",
            Self::BackingOff => "backing off",
            other => other.name(),
        }
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

#[cfg(test)]
mod tests;
