//! What it costs to pass on what a service says, line by line with its time, to a file.

use super::between;
use super::supervisor::{Supervisor, Task};
use crate::failure::Failure;
use std::path::Path;
use std::time::Duration;

/// What is said.
pub(super) const BYTES: usize = 32 << 20;
/// The last of it may stand in a pipe when all has been said.
const REST: Duration = Duration::from_millis(200);

/// One program with a service that talks.
pub(in crate::bench) struct Passed {
    pub(super) program: &'static str,
    /// From the first word to the last.
    pub(super) elapsed: Duration,
    /// Of everything that supervises.
    pub(super) processor: Duration,
    /// Resident memory in bytes, right after.
    pub(super) proportional: u64,
}

/// Each once: it is much, and hardly varies.
///
/// # Errors
/// When a program does not do what it must.
pub(super) fn measure(programs: &[Supervisor], witness: &Path) -> Result<Vec<Passed>, Failure> {
    eprintln!("measuring: output");
    programs.iter().map(|program| passed(program, witness)).collect()
}

fn passed(program: &Supervisor, witness: &Path) -> Result<Passed, Failure> {
    let scene = program.services(Task { services: 1, bytes: BYTES, ..Task::default() }, witness)?;
    let mut running = scene.start()?;
    let began = running.notes("began", 1)?[0].time;
    let said = running.notes("said", 1)?[0].time;
    std::thread::sleep(REST);
    let holds = running.holds()?;
    running.stop()?;
    let (processor, proportional) = (holds.processor, holds.proportional);
    Ok(Passed { program: program.name, elapsed: between(began, said), processor, proportional })
}
