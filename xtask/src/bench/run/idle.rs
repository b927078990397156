//! What a supervisor holds and does while nothing happens.

use super::SERVICES;
use super::processes::Holds;
use super::scene::{Running, Scene};
use super::supervisor::{Supervisor, Task};
use crate::bench::target::Verdict;
use crate::failure::Failure;
use rustix::process::Signal;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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

/// Memory one after the other, for what two of them had in common would be half as much for each; the rest together.
///
/// # Errors
/// When a program does not do what it must.
pub(super) fn measure(
    of_services: &[Supervisor],
    of_command: &[Supervisor],
    witness: &Path,
) -> Result<Vec<Idle>, Failure> {
    eprintln!("measuring: idle");
    let mut kinds = Vec::new();
    for program in of_services {
        let task = Task { services: SERVICES, ..Task::default() };
        kinds.push(Kind {
            title: "20 services",
            program,
            scene: program.services(task, witness)?,
            services: SERVICES,
        });
    }
    for program in of_command.iter().filter(|program| program.supervises()) {
        let scene = program.command(Task::default(), witness)?;
        kinds.push(Kind { title: "1 command", program, scene, services: 1 });
    }
    let memory = kinds.iter().map(Kind::holds).collect::<Result<Vec<_>, _>>()?;
    let running = kinds.iter().map(Kind::start).collect::<Result<Vec<_>, _>>()?;
    let wakeups = woken(&running)?;
    let calls = traced(&running)?;
    running.into_iter().try_for_each(|running| running.stop().map(drop))?;
    let rows = kinds.iter().zip(memory).zip(wakeups).zip(calls);
    Ok(rows.map(|(((kind, holds), wakeups), calls)| kind.judged(holds, wakeups, calls)).collect())
}

/// A program with its task.
struct Kind<'bench> {
    title: &'static str,
    program: &'bench Supervisor,
    scene: Scene,
    services: usize,
}

impl Kind<'_> {
    fn start(&self) -> Result<Running<'_>, Failure> {
        let mut running = self.scene.start()?;
        running.notes("began", self.services)?;
        Ok(running)
    }

    /// What was written a moment ago, as a program that was just built, is held in larger pieces than what was read.
    fn holds(&self) -> Result<Holds, Failure> {
        self.scene.forget_program()?;
        let running = self.start()?;
        std::thread::sleep(SETTLING);
        let holds = running.holds()?;
        running.stop()?;
        Ok(holds)
    }

    fn judged(&self, holds: Holds, wakeups: u64, calls: Option<u64>) -> Idle {
        let limit = self.program.is_ours().then_some(if self.program.is_lean() { MOST } else { u64::MAX });
        let is_still = wakeups == 0 && calls.is_none_or(|calls| calls == 0);
        let judge =
            |limit| if is_still && holds.proportional <= limit { Verdict::Met } else { Verdict::Missed };
        let verdict = limit.map_or(Verdict::None, judge);
        Idle { title: self.title, program: self.program.name, holds, wakeups, calls, limit, verdict }
    }
}

fn woken(running: &[Running<'_>]) -> Result<Vec<u64>, Failure> {
    let count =
        || running.iter().map(|running| Ok(running.holds()?.wakeups)).collect::<Result<Vec<_>, Failure>>();
    std::thread::sleep(SETTLING);
    let before = count()?;
    std::thread::sleep(WATCHED);
    Ok(count()?.into_iter().zip(before).map(|(after, before)| after.saturating_sub(before)).collect())
}

/// How many system calls end while they are watched; those that only wait do not end. `None` where strace(1) is not there.
fn traced(running: &[Running<'_>]) -> Result<Vec<Option<u64>>, Failure> {
    let mut tracers = Vec::new();
    for running in running {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-c", "-q", "-U", "name,calls"]);
        for process in running.supervision() {
            strace.args(["-p", &process.to_string()]);
        }
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        tracers.push(strace.spawn().ok());
    }
    std::thread::sleep(TRACED);
    tracers.iter().flatten().for_each(|strace| super::scene::signal(strace.id(), Signal::INT));
    let summary = |strace: Option<Child>| {
        let output =
            strace.map(Child::wait_with_output).transpose().map_err(Failure::io("wait for", "strace"))?;
        Ok(output.and_then(|output| calls(&String::from_utf8_lossy(&output.stderr))))
    };
    tracers.into_iter().map(summary).collect()
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
