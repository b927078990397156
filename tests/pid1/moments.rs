//! A stop at any moment: none is lost, none is obeyed late, and none makes a code of its own.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::Signal;

use crate::plan::Plan;
use crate::test;

/// So many moments, one after the other.
const MOMENTS: u32 = 24;
/// On a quiet machine a start takes less than this.
const SPAN: Duration = Duration::from_millis(240);

const SERVICES: &str = "organization: A\nteam: B\nservices:
  migrate: { command: 'sleep 0.03', once: true, restart: { policy: never } }
  db: { command: 'echo db is up >&3; exec sleep 600', ready: { notify: 3, timeout: 60s }, finish: 'true' }
  web: { command: 'exec sleep 600', depends_on: [db, migrate], finish: 'true' }
  crashes: { command: 'exit 3', restart: { backoff: 10ms..20ms } }
";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("moments: a stop at any moment of a start is obeyed at once", while_it_starts),
        test("moments: a stop at any moment of an end changes nothing but the code", while_it_ends),
        test("moments: two stops at any moment are two", two_at_once),
    ]
}

fn while_it_starts() {
    for moment in moments() {
        let plan = Plan::preflight(&["run", "--stop-deadline", "30s"]).file("preflight.yaml", SERVICES);
        let (code, took, said) = stopped(plan, moment, &[Signal::TERM]);
        // Before anything was started, the signal is the end.
        assert!([0, 3, 143].contains(&code), "{moment:?}: {code} after {took:?}\n{said}");
        assert!(took < Duration::from_secs(8), "{moment:?}: {took:?}\n{said}");
        assert!(!said.contains("was killed\n") && !said.contains("panicked"), "{moment:?}\n{said}");
    }
}

fn while_it_ends() {
    for moment in moments() {
        let plan = Plan::preflight(&["run", "--stop-deadline", "30s", "--", "sh", "-c", "sleep 0.1; exit 7"]);
        let (code, took, said) = stopped(plan, moment, &[Signal::TERM]);
        assert!([7, 143].contains(&code), "{moment:?}: {code} after {took:?}\n{said}");
        assert!(took < Duration::from_secs(8), "{moment:?}: {took:?}\n{said}");
    }
}

fn two_at_once() {
    for moment in moments().filter(|moment| moment.as_millis() % 20 == 0) {
        let script = "trap '' TERM INT; while :; do sleep 0.02; done";
        let plan = Plan::preflight(&["run", "--stop-deadline", "30s", "--", "sh", "-c", script]);
        let (code, took, said) = stopped(plan, moment, &[Signal::TERM, Signal::INT]);
        assert!([137, 143, 130].contains(&code), "{moment:?}: {code} after {took:?}\n{said}");
        assert!(took < Duration::from_secs(8), "{moment:?}: {took:?}\n{said}");
    }
}

fn moments() -> impl Iterator<Item = Duration> {
    (0..MOMENTS).map(|moment| SPAN * moment / MOMENTS)
}

/// Its code, the time between the signals and the end, and what it said.
fn stopped(plan: Plan, moment: Duration, signals: &[Signal]) -> (i32, Duration, String) {
    let mut container = plan.start();
    container.wait_until_caught(Signal::TERM);
    std::thread::sleep(moment);
    signals.iter().for_each(|signal| container.signal(*signal));
    let asked = Instant::now();
    let code = container.ends();
    (code, asked.elapsed(), container.said())
}
