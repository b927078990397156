//! The report as a versioned document: every text in it is redacted and escaped, so that whatever is written from it
//! is safe.

use std::collections::BTreeMap;
use std::time::Duration;

use preflight_logging::Redactor;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckResult, Outcome};

/// The version of the document's form; a higher one only for a change that a reader must know of.
pub(super) const VERSION: u32 = 1;

/// What a report needs to know besides the results.
#[derive(Debug, Clone)]
pub struct Context {
    /// The contract's organization.
    pub organization: String,
    /// The contract's team.
    pub team: String,
    /// Where this ran, in the form of the identity document.
    pub identity: serde_json::Value,
    /// The same in a few words.
    pub identity_summary: String,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took.
    pub elapsed: Duration,
    /// How many variables were checked.
    pub variables: usize,
    /// The signal that ended the run, such as `SIGTERM`.
    pub interrupted_by: Option<String>,
}

/// The report of one run of `preflight check`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Document {
    /// The version of this form.
    pub version: u32,
    /// Always `check`.
    pub kind: String,
    /// The version of the program.
    pub preflight: String,
    /// The contract's organization.
    pub organization: String,
    /// The contract's team.
    pub team: String,
    /// `passed`, `failed` or `interrupted`.
    pub outcome: String,
    /// The signal that ended the run, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted_by: Option<String>,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// Where this ran.
    pub identity: serde_json::Value,
    /// The same in a few words.
    pub identity_summary: String,
    /// The counts.
    pub summary: Summary,
    /// Every check: the variables in the contract's order, then connections and checks.
    pub checks: Vec<CheckDocument>,
    /// Warnings about names, which belong to no check.
    pub warnings: Vec<WarningDocument>,
}

/// The counts of a report.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Summary {
    /// All checks.
    pub checks: usize,
    /// Variables among them.
    pub variables: usize,
    /// Those that held.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those that could not be tried.
    pub skipped: usize,
    /// Warnings of all checks and names.
    pub warnings: usize,
}

/// One check.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckDocument {
    /// The kind's name; `env` for a variable.
    pub kind: String,
    /// The variable, or the connection's or check's name.
    pub id: String,
    /// Who must fix it.
    pub audience: String,
    /// `passed`, `failed` or `skipped`.
    pub outcome: String,
    /// The failure's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many tries there were; 0 when none was needed.
    pub tries: u32,
    /// From the first try to the last, in milliseconds.
    pub elapsed_ms: u64,
    /// The layers that held, in their order.
    pub layers: Vec<LayerDocument>,
    /// What was learned, such as the server's version.
    pub facts: BTreeMap<String, String>,
    /// What is not a failure yet.
    pub warnings: Vec<WarningDocument>,
}

/// A layer that held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayerDocument {
    /// `env`, `dns`, `tcp`, `tls`, `login`, `read` or `look`.
    pub layer: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// A warning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WarningDocument {
    /// What it is about: the variable, or the check's name.
    pub id: String,
    /// Its class.
    pub class: String,
    /// What was seen.
    pub evidence: String,
    /// What to try.
    pub hint: String,
}

impl Document {
    /// The document of these results. `notes` are the warnings about names.
    #[must_use]
    pub fn new(
        context: &Context,
        results: &[CheckResult],
        notes: &[CheckResult],
        redactor: &Redactor,
    ) -> Self {
        let clean = |text: &str| redactor.clean(text);
        let checks: Vec<CheckDocument> =
            results.iter().map(|result| check(result, &context.team, &clean)).collect();
        let warnings: Vec<WarningDocument> =
            notes.iter().flat_map(|note| self::warnings(note, &clean)).collect();
        let summary = summarize(results, context.variables, warnings.len());
        let outcome = match (&context.interrupted_by, summary.failed) {
            (Some(_), _) => "interrupted",
            (None, 0) => "passed",
            (None, _) => "failed",
        };
        Self {
            version: VERSION,
            kind: "check".to_owned(),
            preflight: env!("CARGO_PKG_VERSION").to_owned(),
            organization: clean(&context.organization),
            team: clean(&context.team),
            outcome: outcome.to_owned(),
            interrupted_by: context.interrupted_by.clone(),
            started_at: context.started_at.clone(),
            elapsed_ms: milliseconds(context.elapsed),
            identity: clean_value(&context.identity, &clean),
            identity_summary: clean(&context.identity_summary),
            summary,
            checks,
            warnings,
        }
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

fn check(result: &CheckResult, team: &str, clean: &dyn Fn(&str) -> String) -> CheckDocument {
    let outcome = match result.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
    };
    let failure = result.failure.as_ref();
    let layers = result.steps.iter().map(|step| LayerDocument {
        layer: step.layer.name().to_owned(),
        elapsed_ms: milliseconds(step.elapsed),
    });
    CheckDocument {
        kind: result.kind.to_owned(),
        id: id(result, clean),
        audience: clean(result.audience.as_deref().unwrap_or(team)),
        outcome: outcome.to_owned(),
        class: failure.map(|failure| failure.class.name.to_owned()),
        evidence: failure.map(|failure| clean(&failure.evidence)),
        hint: failure.map(|failure| clean(failure.advice())),
        reason: result.reason.as_deref().map(clean),
        tries: result.tries,
        elapsed_ms: milliseconds(result.elapsed),
        layers: layers.collect(),
        facts: result.facts.iter().map(|(name, value)| ((*name).to_owned(), clean(value))).collect(),
        warnings: warnings(result, clean),
    }
}

/// The names of variables come from the contract and hold no secret, even if some secret has the same letters.
fn id(result: &CheckResult, clean: &dyn Fn(&str) -> String) -> String {
    if result.kind == "env" { preflight_logging::escape(&result.id).into_owned() } else { clean(&result.id) }
}

fn warnings(result: &CheckResult, clean: &dyn Fn(&str) -> String) -> Vec<WarningDocument> {
    let about = id(result, clean);
    let document = |warning: &crate::probe::Warning| WarningDocument {
        id: about.clone(),
        class: warning.class.name.to_owned(),
        evidence: clean(&warning.evidence),
        hint: warning.class.hint.to_owned(),
    };
    result.warnings.iter().map(document).collect()
}

fn summarize(results: &[CheckResult], variables: usize, notes: usize) -> Summary {
    let count = |outcome| results.iter().filter(|result| result.outcome == outcome).count();
    Summary {
        checks: results.len(),
        variables,
        passed: count(Outcome::Passed),
        failed: count(Outcome::Failed),
        skipped: count(Outcome::Skipped),
        warnings: notes + results.iter().map(|result| result.warnings.len()).sum::<usize>(),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn clean_value(value: &serde_json::Value, clean: &dyn Fn(&str) -> String) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| clean_value(item, clean)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), clean_value(value, clean))).collect())
        }
        other => other.clone(),
    }
}
