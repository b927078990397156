//! The figures as one Markdown table, and what belongs to it.

use super::measure::Summary;
use super::peers::Peers;
use super::scenario::{Scenario, Subject};
use super::target::{Target, Verdict};
use crate::dist::mebibytes;
use std::time::Duration;

const HEAD: &str = "\
| scenario | program | runs | median | min–max | × preflight | peak memory | target | |
|---|---|---|---|---|---|---|---|---|
";

/// One program in one scenario.
#[derive(Debug)]
pub(super) struct Row {
    scenario: &'static str,
    program: &'static str,
    summary: Summary,
    /// Its median over that of `preflight`.
    ratio: f64,
    target: String,
    /// Of `preflight` only.
    pub(super) verdict: Verdict,
}

/// The rows of a scenario, from the figures of its programs in their order.
pub(super) fn rows(scenario: &Scenario, summaries: &[Summary]) -> Vec<Row> {
    let programs: Vec<&'static str> = scenario.contenders.iter().map(|contender| contender.name).collect();
    rows_of(scenario.title, scenario.target, &programs, summaries)
}

/// Rows, from the figures of programs; the first is `preflight`.
pub(super) fn rows_of(
    title: &'static str,
    target: Target,
    programs: &[&'static str],
    summaries: &[Summary],
) -> Vec<Row> {
    let Some(own) = summaries.first() else { return Vec::new() };
    let named = || programs.iter().copied().zip(summaries);
    let other = |wanted: &str| named().find(|(name, _)| *name == wanted).map(|(_, summary)| *summary);
    let verdict = target.judge(own, other);
    named()
        .enumerate()
        .map(|(index, (program, summary))| Row {
            scenario: title,
            program,
            summary: *summary,
            ratio: summary.median.as_secs_f64() / own.median.as_secs_f64(),
            target: if index == 0 { target.to_string() } else { String::new() },
            verdict: if index == 0 { verdict } else { Verdict::None },
        })
        .collect()
}

/// The table, the sizes of the binaries, and the peers that were not there.
pub(super) fn markdown(rows: &[Row], subject: &Subject, peers: &Peers) -> String {
    let mut text = HEAD.to_owned();
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text.push('\n');
    for binary in &subject.binaries {
        text.push_str(&format!("binary: {binary}\n"));
    }
    let missing = peers.missing();
    if !missing.is_empty() {
        let names = missing.join(", ");
        text.push_str(&format!("not measured, because not on this machine (try --peers): {names}\n"));
    }
    let missing = peers.missing_packages();
    if !missing.is_empty() {
        let names = missing.join(" ");
        text.push_str(&format!(
            "not measured, because not on this machine (try apt-get install {names}): {names}\n"
        ));
    }
    text
}

fn line(row: &Row) -> String {
    let Row { scenario, program, summary, ratio, target, verdict } = row;
    let (median, shortest, longest) = (time(summary.median), time(summary.shortest), time(summary.longest));
    // Of what was not measured nothing is said.
    let peak = if summary.peak == 0 { String::new() } else { format!("{:.1} MiB", mebibytes(summary.peak)) };
    format!(
        "| {scenario} | {program} | {} | {median} ms | {shortest}–{longest} ms | {ratio:.2} | {peak} | {target} | {verdict} |\n",
        summary.runs,
    )
}

/// Milliseconds with as many digits as mean something.
fn time(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.2}") } else { format!("{milliseconds:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_cell_for_every_column() {
        let second = Duration::from_secs(1);
        let summary =
            Summary { runs: 3, median: second, shortest: second / 500, longest: 2 * second, peak: 1 << 20 };
        let row = Row {
            scenario: "s",
            program: "p",
            summary,
            ratio: 1.5,
            target: "< 100 ms".to_owned(),
            verdict: Verdict::Missed,
        };
        let line = line(&row);
        assert_eq!(line, "| s | p | 3 | 1000 ms | 2.00–2000 ms | 1.50 | 1.0 MiB | < 100 ms | **missed** |\n");
        assert!(HEAD.lines().all(|head| head.matches('|').count() == line.matches('|').count()));
    }
}
