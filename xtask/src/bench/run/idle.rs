//! What a supervisor holds and does while nothing happens.

use super::SERVICES;
use super::processes::Holds;
use super::scene::{Running, Scene};
use super::supervisor::{Supervisor, Task};
use crate::bench::target::Verdict;
use crate::failure::Failure;
use rustix::process::Signal;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// After the start: until what comes after it is done.
const SETTLING: Duration = Duration::from_secs(3);
/// How long wake-ups are counted.
pub(super) const WATCHED: Duration = Duration::from_secs(20);
/// How long system calls are counted.
pub(super) const TRACED: Duration = Duration::from_secs(10);
/// What the lean build may hold with twenty services.
const MOST: u64 = 4 << 20;

/// One program while nothing happens.
pub(in crate::bench) struct Idle {
    pub(super) title: &'static str,
    pub(super) program: &'static str,
    pub(super) holds: Holds,
    /// Within [`WATCHED`].
    pub(super) wakeups: u64,
    /// Within [`TRACED`]; `None` where strace(1) is not there.
    pub(super) calls: Option<u64>,
    /// Of ours: at most so much memory, and nothing that wakes it.
    pub(super) limit: Option<u64>,
    pub(super) verdict: Verdict,
}

/// One after the other: what two of them had in common would be half as much for each.
///
/// # Errors
/// When a program does not do what it must.
pub(super) fn measure(
    of_services: &[Supervisor],
    of_command: &[Supervisor],
    witness: &Path,
) -> Result<Vec<Idle>, Failure> {
    eprintln!("measuring: idle");
    let mut all = Vec::new();
    for program in of_services {
        let task = Task { services: SERVICES, ..Task::default() };
        let scene = program.services(task, witness)?;
        all.push(watched("20 services", program, &scene, SERVICES)?);
    }
    for program in of_command.iter().filter(|program| program.supervises()) {
        let scene = program.command(Task::default(), witness)?;
        all.push(watched("1 command", program, &scene, 1)?);
    }
    Ok(all)
}

fn watched(
    title: &'static str,
    program: &Supervisor,
    scene: &Scene,
    services: usize,
) -> Result<Idle, Failure> {
    let mut running = scene.start()?;
    running.notes("began", services)?;
    std::thread::sleep(SETTLING);
    let before = running.holds()?;
    std::thread::sleep(WATCHED);
    let holds = running.holds()?;
    let calls = traced(&running)?;
    running.stop()?;
    let wakeups = holds.wakeups.saturating_sub(before.wakeups);
    let limit = program.is_ours().then_some(if program.is_lean() { MOST } else { u64::MAX });
    let is_still = wakeups == 0 && calls.is_none_or(|calls| calls == 0);
    let judge = |limit| if is_still && holds.proportional <= limit { Verdict::Met } else { Verdict::Missed };
    let verdict = limit.map_or(Verdict::None, judge);
    Ok(Idle { title, program: program.name, holds, wakeups, calls, limit, verdict })
}

/// How many system calls end while they are watched; those that only wait do not end.
fn traced(running: &Running<'_>) -> Result<Option<u64>, Failure> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-q", "-U", "name,calls"]);
    for process in running.supervision() {
        strace.args(["-p", &process.to_string()]);
    }
    strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let Ok(strace) = strace.spawn() else { return Ok(None) };
    std::thread::sleep(TRACED);
    super::scene::signal(strace.id(), Signal::INT);
    let output = strace.wait_with_output().map_err(Failure::io("wait for", "strace"))?;
    let summary = String::from_utf8_lossy(&output.stderr);
    Ok(calls(&summary))
}

/// The last line of the summary that `strace -c -U name,calls` writes; with no calls there is none.
fn calls(summary: &str) -> Option<u64> {
    if summary.contains("attach: ") {
        return None;
    }
    let total = summary.lines().find_map(|line| line.trim().strip_prefix("total"));
    total.map_or(Some(0), |count| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_summary_is_read() {
        let summary = "syscall            calls\n---------------- ---------\nread                     2\n---------------- ---------\ntotal                   12\n";
        assert_eq!(calls(summary), Some(12));
        assert_eq!(calls(""), Some(0));
        assert_eq!(calls("strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted\n"), None);
    }
}
