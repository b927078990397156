//! A service that crashes again and again, for as long as nobody minds.

use libtest_mimic::Trial;
use rustix::process::Signal;

use crate::container::Container;
use crate::plan::Plan;
use crate::{processes, test};

/// So many services crash once a second each.
const SERVICES: usize = 12;
/// So many crashes are watched.
const CRASHES: usize = 120;
/// What may be taken anew in that time, in KiB: less than a page for each would be more.
const GROWTH: u64 = 384;

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("crashes: memory and descriptors stay what they are", they_stay)]
}

fn contract() -> String {
    let service = |number| format!("  web{number}: {{ command: 'echo a line of output; exit 3' }}\n");
    let services: String = (0..SERVICES).map(service).collect();
    format!("organization: A\nteam: B\nservices:\n{services}")
}

fn they_stay() {
    let mut container = Plan::preflight(&["run"]).file("preflight.yaml", &contract()).start();
    container.wait_for_times(" died: ", 2 * SERVICES);
    let (memory, descriptors) = (memory(&container), descriptors(&container));
    container.wait_for_times(" died: ", 2 * SERVICES + CRASHES);
    let (memory_then, descriptors_then) = (self::memory(&container), self::descriptors(&container));
    assert!(memory_then < memory + GROWTH, "{memory} KiB became {memory_then} KiB");
    // Two pipes of each service that has just been started.
    assert!(descriptors_then <= descriptors + 2 * SERVICES, "{descriptors} became {descriptors_then}");
    container.wait_until("the dead are reaped", || container.processes().iter().all(|seen| !seen.is_dead));
    container.signal(Signal::TERM);
    assert_eq!(container.ends(), 3, "{}", container.said());
}

/// In KiB, see `proc_pid_status(5)`.
fn memory(container: &Container) -> u64 {
    let resident = processes::status(container.first(), "VmRSS").unwrap_or_default();
    resident.trim_end_matches(" kB").parse().expect("a number of KiB")
}

fn descriptors(container: &Container) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", container.first())).expect("it runs").count()
}
