//! The report of a check, as the status shows it.

use preflight_checks::report::{Detail, Document, Paint, TextReport};
use preflight_status::document::Checks;

/// The counts, and every line that a verbose report has.
pub(super) fn checks(report: &Document) -> Checks {
    let text = TextReport::new(report, Detail::Verbose, Paint::Plain);
    let summary = &report.summary;
    Checks {
        outcome: report.outcome.clone(),
        at: Some(report.started_at.clone()),
        elapsed_ms: report.elapsed_ms,
        passed: summary.passed,
        failed: summary.failed,
        skipped: summary.skipped,
        waited: report.checks.iter().filter(|check| check.tries > 1).count(),
        warnings: summary.warnings,
        lines: text.lines().into_iter().chain(text.verdict()).collect(),
    }
}
