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
