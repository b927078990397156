//! The outcome of a run, and the formats it is written in. All come from one [`Document`].

mod document;
mod json;
mod junit;
mod tap;
mod text;

use std::time::Duration;

use crate::probe::{Step, Warning};
use crate::{Class, Failure, Item, Probe};

pub use document::{CheckDocument, Context, Document, LayerDocument, Summary, WarningDocument, json_schema};
pub use text::{Detail, Paint, TextReport, waiting_line};

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not.
    Failed,
    /// It could not be tried, because something before it failed or it is not configured.
    Skipped,
}

/// One check and what became of it. The texts may still hold secrets.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The kind's name; `env` for a variable.
    pub kind: &'static str,
    /// The variable, or the connection's or check's name.
    pub id: String,
    /// Who must fix it, when it is not the contract's team.
    pub audience: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// What is not a failure yet.
    pub warnings: Vec<Warning>,
    /// The layers that held.
    pub steps: Vec<Step>,
    /// What was learned on the way.
    pub facts: Vec<(&'static str, String)>,
    /// How many tries there were; 0 when none was needed.
    pub tries: u32,
    /// From the first try to the last.
    pub elapsed: Duration,
}

impl CheckResult {
    /// A check that held without a try.
    #[must_use]
    pub fn passed(kind: &'static str, id: String, audience: Option<String>) -> Self {
        Self {
            kind,
            id,
            audience,
            outcome: Outcome::Passed,
            failure: None,
            reason: None,
            warnings: Vec::new(),
            steps: Vec::new(),
            facts: Vec::new(),
            tries: 0,
            elapsed: Duration::ZERO,
        }
    }

    /// A check that failed without a try.
    #[must_use]
    pub fn failed(kind: &'static str, id: String, audience: Option<String>, failure: Failure) -> Self {
        Self { outcome: Outcome::Failed, failure: Some(failure), ..Self::passed(kind, id, audience) }
    }

    /// A check that could not be tried.
    #[must_use]
    pub fn skipped(kind: &'static str, id: String, audience: Option<String>, reason: String) -> Self {
        Self { outcome: Outcome::Skipped, reason: Some(reason), ..Self::passed(kind, id, audience) }
    }

    /// A warning about a name, which is no check of its own.
    #[must_use]
    pub fn noted(id: String, class: &'static Class, evidence: String) -> Self {
        Self { warnings: vec![Warning { class, evidence }], ..Self::passed("env", id, None) }
    }

    /// The result of an item's last try.
    #[must_use]
    pub fn of(
        item: &Item,
        outcome: Result<(), Failure>,
        probe: &Probe,
        tries: u32,
        elapsed: Duration,
    ) -> Self {
        let (outcome, failure) = match outcome {
            Ok(()) => (Outcome::Passed, None),
            Err(failure) => (Outcome::Failed, Some(failure)),
        };
        Self {
            outcome,
            failure,
            warnings: probe.warnings().to_vec(),
            steps: probe.steps().to_vec(),
            facts: probe.facts().to_vec(),
            tries,
            elapsed,
            ..Self::passed(item.kind.name, item.id.clone(), item.audience.clone())
        }
    }
}

/// A length of time as people write it: `41 ms`, `2.5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        let tenths = (duration.as_secs_f64() * 10.0).round() / 10.0;
        format!("{tenths} s")
    }
}
