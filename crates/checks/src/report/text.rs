//! The document as tagged lines for a log or a terminal.

use preflight_logging::{Redactor, Tag};

use super::{CheckDocument, Document, WarningDocument, seconds};
use crate::{Failure, Item};
use std::time::Duration;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Failures only, and nothing at all when there are none.
    Quiet,
    /// The first line, warnings, failures, the last line.
    Normal,
    /// Passes and skips as well, with what was learned.
    Verbose,
}

/// Whether words are coloured as well; never colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// ANSI colours for a terminal.
    Colour,
}

/// Writes a document as text.
#[derive(Debug, Clone)]
pub struct TextReport<'document> {
    document: &'document Document,
    tag: Tag,
    detail: Detail,
    paint: Paint,
}

impl<'document> TextReport<'document> {
    /// A writer of that document.
    #[must_use]
    pub fn new(document: &'document Document, detail: Detail, paint: Paint) -> Self {
        let tag = Tag::new(&document.organization, &document.team);
        Self { document, tag, detail, paint }
    }

    /// The lines of warnings and checks, without the first and the last line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.detail >= Detail::Normal {
            lines
                .extend(self.document.warnings.iter().map(|warning| self.warning("env", warning, &self.tag)));
        }
        for check in &self.document.checks {
            let tag = self.tag.audience(&check.audience);
            if self.detail >= Detail::Normal {
                lines.extend(check.warnings.iter().map(|warning| self.warning(&check.kind, warning, &tag)));
            }
            let shown = check.outcome == "failed" || self.detail == Detail::Verbose;
            if shown {
                lines.push(self.check(check, &tag));
            }
        }
        lines
    }

    /// The last line: the verdict and the counts. None when quiet and well.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        let summary = &self.document.summary;
        let took = seconds(Duration::from_millis(self.document.elapsed_ms));
        let untried = match summary.skipped {
            0 => String::new(),
            1 => ", 1 was not tried".to_owned(),
            several => format!(", {several} were not tried"),
        };
        let warned = match summary.warnings {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            several => format!(", {several} warnings"),
        };
        let text = match self.document.outcome.as_str() {
            "passed" if self.detail == Detail::Quiet => return None,
            "passed" => {
                let word = self.coloured("passed", GREEN);
                format!("preflight {word}: {} in {took}{untried}{warned}", counted(summary.checks, "check"))
            }
            "interrupted" => {
                let word = self.coloured("INTERRUPTED", RED);
                let signal = self.document.interrupted_by.as_deref().unwrap_or("a signal");
                format!("preflight {word} by {signal} after {took}; the service was not started")
            }
            _ => {
                let word = self.coloured("FAILED", RED);
                format!(
                    "preflight {word}: {} of {} failed in {took}{untried}{warned}; the service was not started",
                    summary.failed,
                    counted(summary.checks, "check")
                )
            }
        };
        Some(format!("{} {text}", self.tag))
    }

    fn check(&self, check: &CheckDocument, tag: &Tag) -> String {
        let (word, colour) = match check.outcome.as_str() {
            "failed" => ("FAIL", RED),
            "skipped" => ("SKIP", YELLOW),
            _ => ("PASS", GREEN),
        };
        let mut line = format!("{tag} {} {} {}", self.coloured(word, colour), check.kind, check.id);
        if let Some(class) = &check.class {
            line.push_str(&format!(" [{class}]"));
        }
        if let Some(evidence) = &check.evidence {
            line.push_str(&format!(" {evidence}"));
        }
        if let Some(reason) = &check.reason {
            line.push_str(&format!(" not tried: {reason}"));
        }
        let trace = trace(check);
        if !trace.is_empty() {
            line.push_str(&format!(" ({trace})"));
        }
        if let Some(hint) = &check.hint {
            line.push_str(&format!(" — hint: {hint}"));
        }
        line
    }

    fn warning(&self, kind: &str, warning: &WarningDocument, tag: &Tag) -> String {
        let word = self.coloured("WARN", YELLOW);
        let WarningDocument { id, class, evidence, hint } = warning;
        format!("{tag} {word} {kind} {id} [{class}] {evidence} — hint: {hint}")
    }

    fn coloured(&self, word: &str, colour: &str) -> String {
        match self.paint {
            Paint::Plain => word.to_owned(),
            Paint::Colour => format!("{colour}{word}\u{1b}[0m"),
        }
    }
}

const RED: &str = "\u{1b}[1;31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";

/// `env ok, dns ok 2 ms, …`, how many tries, and what was learned.
fn trace(check: &CheckDocument) -> String {
    let mut parts: Vec<String> = Vec::new();
    if check.layers.len() > 1 {
        parts.extend(check.layers.iter().map(|step| match step.layer.as_str() {
            "env" => "env ok".to_owned(),
            layer => format!("{layer} ok {} ms", step.elapsed_ms),
        }));
    }
    if check.tries > 1 {
        parts.push(format!("{} tries in {}", check.tries, seconds(Duration::from_millis(check.elapsed_ms))));
    }
    if check.outcome == "passed" {
        parts.extend(check.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    }
    parts.join(", ")
}

/// `1 check`, `14 checks`.
#[must_use]
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

impl Document {
    /// The first line: what is about to be checked, and where.
    #[must_use]
    pub fn first_line(tag: &Tag, variables: usize, items: usize, identity_summary: &str) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let mut line = format!("{tag} preflight {version} checking {}", counted(variables, "variable"));
        if items > 0 {
            line.push_str(&format!(", {}", counted(items, "connection")));
        }
        if !identity_summary.is_empty() {
            line.push_str(&format!(" — {identity_summary}"));
        }
        line
    }
}

/// The line that says that an item is waited for; written once for each new class of failure.
#[must_use]
pub fn waiting_line(
    tag: &Tag,
    item: &Item,
    failure: &Failure,
    wait: Duration,
    redactor: &Redactor,
) -> String {
    let tag = item.audience.as_deref().map_or_else(|| tag.clone(), |team| tag.audience(team));
    let id = redactor.clean(&item.id);
    let evidence = redactor.clean(&failure.evidence);
    let (kind, class) = (item.kind.name, failure.class.name);
    format!("{tag} WAIT {kind} {id} [{class}] {evidence} — trying again for up to {}", seconds(wait))
}
