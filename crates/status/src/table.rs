//! The status as a table, for a terminal.

use std::time::Duration;

use jiff::Timestamp;
use preflight_supervise::crash::in_words;

use crate::document::{Document, Service, State};

/// What stands between two columns.
const GAP: &str = "  ";
/// A remark has at least this width, even if the terminal has less.
const NARROWEST: usize = 24;

/// The status, with a line for each service, or for each of `names`; no line is longer than `width` columns unless a name
/// is. Names that are not there are left out.
pub fn table(document: &Document, names: &[String], width: usize) -> String {
    let is_shown = |service: &&Service| names.is_empty() || names.contains(&service.name);
    let rows: Vec<[String; 6]> =
        document.services.iter().filter(is_shown).map(|service| row(service, document)).collect();
    let mut lines = Vec::new();
    if names.is_empty() {
        lines.extend(summary(document).into_iter().flat_map(|line| wrapped(&line, width)));
    }
    if !rows.is_empty() {
        let titles = ["SERVICE", "STATE", "PID", "UP", "RESTARTS", ""].map(str::to_owned);
        lines.extend(laid_out(&titles, &rows, width));
    }
    lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Whose it is, how it is as a whole, and what the check found.
fn summary(document: &Document) -> Vec<String> {
    let whose = document.contract.as_ref();
    let whose = whose.map_or_else(String::new, |whose| format!("[{}:{}] ", whose.organization, whose.team));
    let readiness = if document.ready { "ready" } else { "not ready" };
    let up = up(document.uptime_seconds);
    let mut lines =
        vec![format!("{whose}{}, {readiness}, for {up}; preflight {}", document.state, document.preflight)];
    lines.extend(document.identity.as_ref().map(|identity| identity.summary.clone()));
    lines.extend(document.checks.as_ref().map(|checks| match checks.outcome.as_str() {
        "running" => "the contract is being checked".to_owned(),
        outcome => format!(
            "checks {outcome}: {} passed, {} failed, {} skipped, {} waited for",
            checks.passed, checks.failed, checks.skipped, checks.waited
        ),
    }));
    lines.push(String::new());
    lines
}

fn row(service: &Service, document: &Document) -> [String; 6] {
    let state = if service.paused { "paused" } else { shown_state(service) };
    [
        service.name.clone(),
        state.to_owned(),
        service.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
        service.uptime_seconds.map_or_else(|| "-".to_owned(), up),
        service.restarts.to_string(),
        remarks(service, document).join("; "),
    ]
}

/// One that runs, and is known to be ready, says so.
pub(crate) fn shown_state(service: &Service) -> &'static str {
    match service.state {
        State::Running if service.ready => "ready",
        State::Down if service.schedule.is_some() => "scheduled",
        state => state.words(),
    }
}

/// Everything else that is worth a word.
pub(crate) fn remarks(service: &Service, document: &Document) -> Vec<String> {
    let mut remarks = Vec::new();
    if !service.waits_for.is_empty() {
        remarks.push(format!("waits for {}", service.waits_for.join(", ")));
    }
    remarks.extend(service.reason.clone());
    remarks.extend(service.last_exit.as_ref().map(|exit| {
        let ago = until(&exit.at, &document.at).map(|ago| format!(", {} ago", in_words(ago)));
        format!("{}{}", exit.words, ago.unwrap_or_default())
    }));
    remarks.extend(service.next_try_at.as_deref().map(|at| match until(&document.at, at) {
        Some(wait) if wait >= Duration::from_millis(1) => format!("next try in {}", in_words(wait)),
        _ => "next try now".to_owned(),
    }));
    remarks.extend(service.schedule.as_ref().map(|schedule| {
        let due = schedule.next_due.as_deref().and_then(|due| until(&document.at, due));
        let due = due.map_or_else(|| "never due".to_owned(), |due| format!("due in {}", in_words(due)));
        format!("{due} ({})", schedule.expression)
    }));
    remarks
}

/// The state of one that is not ready, and why, on one line.
pub(crate) fn condition(service: &Service, document: &Document) -> String {
    let remarks = remarks(service, document);
    let state = shown_state(service).to_owned();
    std::iter::once(state).chain(remarks).collect::<Vec<_>>().join(", ")
}

/// From one moment of the document to another; `None` when it is the other way round.
pub(crate) fn until(from: &str, to: &str) -> Option<Duration> {
    let (from, to) = (from.parse::<Timestamp>().ok()?, to.parse::<Timestamp>().ok()?);
    Duration::try_from(to.duration_since(from)).ok()
}

/// Seconds in words.
pub(crate) fn up(seconds: f64) -> String {
    in_words(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Columns as wide as they must be; the last one goes on below itself.
fn laid_out(titles: &[String; 6], rows: &[[String; 6]], width: usize) -> Vec<String> {
    let mut widths = [0; 5];
    for row in std::iter::once(titles).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let before = widths.iter().map(|width| width + GAP.len()).sum::<usize>();
    // Where there is no room beside, remarks stand below.
    let is_narrow = before + NARROWEST > width;
    let indent = if is_narrow { 2 * GAP.len() } else { before };
    let mut lines = Vec::new();
    for row in std::iter::once(titles).chain(rows) {
        let cells: String =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}{GAP}")).collect();
        let mut remarks = wrapped(&row[5], width.saturating_sub(indent).max(NARROWEST)).into_iter();
        let first = if is_narrow { None } else { remarks.next() };
        lines.push(cells + &first.unwrap_or_default());
        lines.extend(remarks.filter(|line| !line.is_empty()).map(|line| " ".repeat(indent) + &line));
    }
    lines
}

/// A text in lines of at most that width, broken between words; a longer word is broken within.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        for (number, piece) in letters.chunks(width).enumerate() {
            let line = lines.last_mut().map_or(0, |line| line.chars().count());
            let space = usize::from(line > 0 && number == 0);
            if line > 0 && (number > 0 || line + space + piece.len() > width) {
                lines.push(String::new());
            } else if space > 0
                && let Some(line) = lines.last_mut()
            {
                line.push(' ');
            }
            if let Some(line) = lines.last_mut() {
                line.extend(piece);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_long_words_within() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("ab cdefgh", 4), ["ab", "cdef", "gh"]);
    }
}
