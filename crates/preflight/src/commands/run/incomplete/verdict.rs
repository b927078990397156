//! The exit code of a run in which something was rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use preflight_processes::Signal;
use preflight_supervise::{Cause, Ending, FleetHappened, Happened, Listener, Name, Service};

/// Hears who waits, knows for what, and judges at the end.
#[derive(Clone, Default)]
pub(in super::super) struct Verdict(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Those that would run if they were not held.
    waiting: BTreeSet<Name>,
    /// Those that are held because values are missing, and the code for it.
    missing: BTreeMap<Name, u8>,
    /// The same for all services.
    missing_for_all: Option<u8>,
    has_started: bool,
    is_ending: bool,
    /// It is known from the beginning of the end.
    code: Option<u8>,
}

impl Verdict {
    /// A service is held from the beginning.
    pub(super) fn waits(&self, name: &Name) {
        self.state().waiting.insert(name.clone());
    }

    /// One service is held because values are missing; `None`: it is not.
    pub(super) fn missing(&self, name: &Name, code: Option<u8>) {
        let mut state = self.state();
        match code {
            Some(code) => state.missing.insert(name.clone(), code),
            None => state.missing.remove(name),
        };
    }

    /// All services are.
    pub(super) fn missing_for_all(&self, code: Option<u8>) {
        self.state().missing_for_all = code;
    }

    /// It ends now, with this code; unless something else has ended it before. Says whether it has not.
    pub(super) fn fail(&self, code: u8) -> bool {
        let mut state = self.state();
        let is_first = !state.is_ending;
        if is_first {
            state.is_ending = true;
            state.code = Some(code);
        }
        is_first
    }

    /// The code of the run.
    pub(in super::super) fn code(&self, ending: &Ending) -> i32 {
        self.state().code.map_or(ending.code, i32::from)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Somebody has asked for the end: what waits for missing values makes its code; else, when nothing ever ran, that of
    /// the signal.
    fn requested(&mut self, signal: Option<Signal>) {
        let of = |name: &Name| self.missing.get(name).copied().or(self.missing_for_all);
        let missing = self.waiting.iter().filter_map(of).min();
        let unstarted = signal.filter(|_| !self.has_started && !self.waiting.is_empty());
        self.code = missing.or_else(|| u8::try_from(128 + unstarted?.number()).ok());
    }
}

impl Listener for Verdict {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        let mut state = self.state();
        match happened {
            Happened::Waiting { held: Some(_), .. } => {
                state.waiting.insert(service.name.clone());
            }
            Happened::Started { .. } => {
                state.has_started = true;
                state.waiting.remove(&service.name);
            }
            Happened::NotStarted { .. } | Happened::Removed => {
                state.waiting.remove(&service.name);
            }
            _ => {}
        }
    }

    fn hear_fleet(&mut self, happened: &FleetHappened) {
        if let FleetHappened::ShuttingDown { cause, .. } = happened {
            let mut state = self.state();
            if std::mem::replace(&mut state.is_ending, true) {
                return;
            }
            if let Cause::Requested { signal } = cause {
                state.requested(*signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use preflight_processes::Program;

    use super::*;

    fn service(name: &str) -> Service {
        Service::new(name, Program::Direct(vec!["x".into()]))
    }

    fn waiting(verdict: &mut Verdict, name: &str) {
        let held = Some("values are missing".to_owned());
        verdict.hear(&service(name), &Happened::Waiting { dependencies: Vec::new(), held });
    }

    /// The code when a `TERM` comes now and the end would have code 0 by itself.
    fn code(verdict: &mut Verdict) -> i32 {
        end(verdict, Cause::Requested { signal: Some(Signal::TERM) })
    }

    fn end(verdict: &mut Verdict, cause: Cause) -> i32 {
        verdict.hear_fleet(&FleetHappened::ShuttingDown { cause: cause.clone(), deadline: Duration::ZERO });
        verdict.code(&Ending { cause, code: 0, killed: Vec::new() })
    }

    #[test]
    fn who_waits_for_missing_values_makes_the_code_and_keys_come_first() {
        let mut verdict = Verdict::default();
        for (name, code) in [("a", 11), ("b", 10), ("runs", 10)] {
            waiting(&mut verdict, name);
            verdict.missing(&name.into(), Some(code));
        }
        verdict.hear(&service("runs"), &Happened::Started { pid: 7, restarts: 0 });
        assert_eq!(code(&mut verdict), 10);
        let mut services = Verdict::default();
        waiting(&mut services, "a");
        services.missing_for_all(Some(11));
        assert_eq!(code(&mut services), 11);
    }

    #[test]
    fn who_runs_on_with_old_files_does_not() {
        let mut verdict = Verdict::default();
        verdict.hear(&service("web"), &Happened::Started { pid: 7, restarts: 0 });
        verdict.missing(&"web".into(), Some(10));
        assert_eq!(code(&mut verdict), 0);
    }

    #[test]
    fn a_signal_is_the_code_while_nothing_ever_ran() {
        let mut nothing = Verdict::default();
        nothing.waits(&"web".into());
        assert_eq!(code(&mut nothing), 143);
        let mut something = Verdict::default();
        something.waits(&"web".into());
        something.hear(&service("other"), &Happened::Started { pid: 7, restarts: 0 });
        assert_eq!(code(&mut something), 0);
    }

    #[test]
    fn what_ended_it_first_counts() {
        let mut failed = Verdict::default();
        assert!(failed.fail(14));
        assert_eq!(code(&mut failed), 14);
        let mut done = Verdict::default();
        waiting(&mut done, "web");
        done.missing(&"web".into(), Some(10));
        assert_eq!(end(&mut done, Cause::AllDone), 0);
        assert!(!done.fail(14), "it is ending already");
    }
}
