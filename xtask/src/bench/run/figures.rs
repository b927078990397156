//! What is not a time, as tables.

use super::idle::{Idle, TRACED, WATCHED};
use super::output::{BYTES, Passed};
use crate::dist::mebibytes;

/// What is not a time.
#[derive(Default)]
pub(in crate::bench) struct Figures {
    pub(super) idle: Vec<Idle>,
    pub(super) output: Vec<Passed>,
}

impl Figures {
    /// A promise was not kept.
    pub(in crate::bench) fn is_missed(&self) -> bool {
        self.idle.iter().any(|idle| idle.verdict.is_missed())
    }
}

/// Tables of their own; nothing where nothing was measured.
pub(in crate::bench) fn markdown(figures: &Figures) -> String {
    let mut text = String::new();
    if !figures.idle.is_empty() {
        let (watched, traced) = (WATCHED.as_secs(), TRACED.as_secs());
        text.push_str(&format!(
            "\n| idle | program | processes | threads | memory (PSS) | of that its own | wake-ups in {watched} s | system calls in {traced} s | target | |\n|---|---|---|---|---|---|---|---|---|---|\n"
        ));
        figures.idle.iter().for_each(|idle| text.push_str(&idle_line(idle)));
    }
    if !figures.output.is_empty() {
        let said = mebibytes(BYTES as u64);
        text.push_str(&format!(
            "\n| {said:.0} MiB in lines of 100 bytes, to a file | lines a second | MiB a second | processor | memory (PSS) after |\n|---|---|---|---|---|\n"
        ));
        figures.output.iter().for_each(|passed| text.push_str(&output_line(passed)));
    }
    text
}

fn idle_line(idle: &Idle) -> String {
    let Idle { title, program, holds, wakeups, verdict, .. } = idle;
    let (proportional, private) = (mebibytes(holds.proportional), mebibytes(holds.private));
    let calls = idle.calls.map(|calls| calls.to_string()).unwrap_or_default();
    let target = match idle.limit {
        None => String::new(),
        Some(u64::MAX) => "no wake-ups".to_owned(),
        Some(limit) => format!("≤ {} MiB, no wake-ups", mebibytes(limit)),
    };
    format!(
        "| {title} | {program} | {} | {} | {proportional:.1} MiB | {private:.1} MiB | {wakeups} | {calls} | {target} | {verdict} |\n",
        holds.processes, holds.threads
    )
}

#[expect(clippy::cast_precision_loss, reason = "a few million lines")]
fn output_line(passed: &Passed) -> String {
    let seconds = passed.elapsed.as_secs_f64();
    let lines = (BYTES / 100) as f64 / seconds;
    let rate = mebibytes(BYTES as u64) / seconds;
    let (processor, memory) = (passed.processor.as_secs_f64(), mebibytes(passed.proportional));
    format!("| {} | {lines:.0} | {rate:.0} | {processor:.2} s | {memory:.1} MiB |\n", passed.program)
}
