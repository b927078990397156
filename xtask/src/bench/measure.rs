//! One process from start to end, and what many of them have in common.

use super::scenario::Contender;
use crate::failure::Failure;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// From just before its start until it was waited for.
    pub(super) elapsed: Duration,
    /// The most memory that was resident at once, in bytes: `ru_maxrss` of wait4(2), so nothing is missed between
    /// two looks. It is never less than
    /// what this process holds as it starts the other, which is what `/bin/true` shows in the table.
    pub(super) peak: u64,
}

/// What all runs of one program have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Summary {
    pub(super) runs: usize,
    pub(super) median: Duration,
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
    /// The largest peak, in bytes.
    pub(super) peak: u64,
}

impl Summary {
    /// Sums up; of no samples it is all zero.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let mut times: Vec<Duration> = samples.iter().map(|sample| sample.elapsed).collect();
        times.sort_unstable();
        Self {
            runs: times.len(),
            median: median(&times),
            shortest: times.first().copied().unwrap_or_default(),
            longest: times.last().copied().unwrap_or_default(),
            peak: samples.iter().map(|sample| sample.peak).max().unwrap_or_default(),
        }
    }
}

/// Runs it once with nothing on its standard streams.
///
/// # Errors
/// When it cannot be started, or ends with another exit code than it must: then it did something else than what is
/// to be measured.
pub(super) fn measure(contender: &Contender) -> Result<Sample, Failure> {
    let mut command = contender.command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let failed = |action| Failure::io(action, contender.program.display());
    let began = Instant::now();
    let child = command.spawn().map_err(failed("start"))?;
    let used = child.wait4().map_err(failed("wait for"))?;
    let elapsed = began.elapsed();
    if used.status.code() != Some(contender.exit) {
        return Err(unexpected(&mut contender.command(), &used.status.to_string()));
    }
    Ok(Sample { elapsed, peak: used.rusage.maxrss })
}

/// Once more, to show what it says.
fn unexpected(command: &mut Command, status: &str) -> Failure {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_or_else(
        |error| error.to_string(),
        |output| {
            let text = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&text).chars().take(2000).collect()
        },
    );
    let program = command.get_program().display().to_string();
    Failure::Command { program, status: status.to_owned(), output }
}

fn median(sorted: &[Duration]) -> Duration {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => Duration::ZERO,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(milliseconds: &[u64]) -> Vec<Sample> {
        let sample = |each: &u64| Sample { elapsed: Duration::from_millis(*each), peak: each * 10 };
        milliseconds.iter().map(sample).collect()
    }

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        let summary = Summary::of(&samples(&[3, 900, 1, 2, 4]));
        assert_eq!(summary.median, Duration::from_millis(3));
        assert_eq!(
            (summary.shortest, summary.longest),
            (Duration::from_millis(1), Duration::from_millis(900))
        );
        assert_eq!((summary.runs, summary.peak), (5, 9000));
    }

    #[test]
    fn an_even_number_of_runs_has_its_median_between_two() {
        assert_eq!(Summary::of(&samples(&[10, 20])).median, Duration::from_millis(15));
        assert_eq!(Summary::of(&[]).median, Duration::ZERO);
    }

    #[test]
    fn a_process_is_timed_and_its_memory_known() {
        let sleeps = Contender::new("sleep", "/bin/sleep", &["0.05"], 0);
        let sample = measure(&sleeps).unwrap();
        assert!(sample.elapsed >= Duration::from_millis(50));
        assert!(sample.peak > 100_000, "{}", sample.peak);
    }

    #[test]
    fn a_program_that_ends_otherwise_than_it_must_is_a_failure_with_its_words() {
        let says = Contender::new("sh", "/bin/sh", &["-c", "echo broken; exit 3"], 0);
        let failure = measure(&says).unwrap_err().to_string();
        assert!(failure.contains("exit status: 3") && failure.contains("broken"), "{failure}");
    }
}
