//! One process from start to end, and what many of them have in common.

use super::scenario::Contender;
use crate::failure::Failure;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::{ResourceUsage, try_wait4_pid};

/// How long to sleep between two looks whether a process whose memory is measured has ended.
const LOOK: Duration = Duration::from_millis(2);

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// From just before its start until it was waited for.
    pub(super) elapsed: Duration,
    /// The most memory that was resident at once, in bytes, where it was measured: see [`peak`].
    pub(super) peak: Option<u64>,
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
            peak: samples.iter().filter_map(|sample| sample.peak).max().unwrap_or_default(),
        }
    }
}

/// Runs it once with nothing on its standard streams.
///
/// # Errors
/// When it cannot be started, or ends with another exit code than it must: then it did something else than what is
/// to be measured.
pub(super) fn time(contender: &Contender) -> Result<Duration, Failure> {
    let mut command = contender.command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status().map_err(Failure::io("start", contender.program.display()))?;
    let elapsed = began.elapsed();
    if status.code() != Some(contender.exit) {
        return Err(unexpected(&mut contender.command(), &status.to_string()));
    }
    Ok(elapsed)
}

/// Runs it once more for its memory: `ru_maxrss` of wait4(2), in bytes, so that nothing is missed between two looks.
///
/// That figure is never less than what the process held that started it, until it was replaced by the program (Linux
/// counts from the fork on). So a shell is put between, which is smaller than anything that is measured, and this
/// process becomes the one that waits for orphans.
///
/// # Errors
/// When it cannot be started or waited for.
pub(super) fn peak(contender: &Contender) -> Result<u64, Failure> {
    // The program waits for the end of its input, which comes when the shell is gone: else the shell might be the one
    // that waits for it.
    const IN_BACKGROUND: &str =
        r#"exec 3<&0; { read -r _ <&3; exec "$@" 3<&- </dev/null; } >/dev/null 2>&1 & echo $!"#;
    let failed = |action| Failure::io(action, contender.program.display());
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
        .map_err(|error| failed("wait for orphans of")(error.into()))?;
    let command = contender.command();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", IN_BACKGROUND, "sh"]).arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed("start"))?;
    let held_back = shell.stdin.take();
    let output = shell.wait_with_output().map_err(failed("start"))?;
    drop(held_back);
    let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let process = answer.parse().map_err(|_| Failure::Answer { peer: "/bin/sh".to_owned(), answer })?;
    Ok(usage(process).map_err(failed("wait for"))?.maxrss)
}

fn usage(process: u32) -> std::io::Result<ResourceUsage> {
    loop {
        if let Some(ended) = try_wait4_pid(process)? {
            return Ok(ended.rusage);
        }
        std::thread::sleep(LOOK);
    }
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
        let sample = |each: &u64| Sample { elapsed: Duration::from_millis(*each), peak: Some(each * 10) };
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
    fn a_process_is_timed() {
        let sleeps = Contender::new("sleep", "/bin/sleep", &["0.05"], 0);
        assert!(time(&sleeps).unwrap() >= Duration::from_millis(50));
    }

    #[test]
    fn memory_is_that_of_the_program_and_not_of_whoever_started_it() {
        let ballast = vec![1_u8; 64 << 20];
        let small = peak(&Contender::new::<&str>("true", "/bin/true", &[], 0)).unwrap();
        assert!((100_000..8 << 20).contains(&small), "{small} of {}", std::hint::black_box(&ballast).len());
        // The shell reads the whole text before it runs it.
        let large = format!("x={}; true", "0".repeat(100_000));
        let large = peak(&Contender::new("sh", "/bin/sh", &["-c", &large], 0)).unwrap();
        assert!(large > small, "{large} against {small}");
    }

    #[test]
    fn a_program_that_ends_otherwise_than_it_must_is_a_failure_with_its_words() {
        let says = Contender::new("sh", "/bin/sh", &["-c", "echo broken; exit 3"], 0);
        let failure = time(&says).unwrap_err().to_string();
        assert!(failure.contains("exit status: 3") && failure.contains("broken"), "{failure}");
    }
}
