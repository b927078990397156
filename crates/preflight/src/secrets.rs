//! The secrets that are known by now: those of the contract, and those that sources give while something runs.

use std::sync::{Arc, Mutex, PoisonError};

use preflight_logging::Redactor;

/// Grows; whoever prints something asks it each time.
#[derive(Debug)]
pub(crate) struct Secrets(Mutex<State>);

#[derive(Debug)]
struct State {
    known: Vec<String>,
    redactor: Option<Arc<Redactor>>,
}

impl Secrets {
    /// These are known from the beginning.
    pub(crate) fn new(known: Vec<String>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { known, redactor: None })))
    }

    /// From now on, this one must not be shown either.
    pub(crate) fn learn(&self, secret: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.is_empty() && !state.known.iter().any(|known| known == secret) {
            state.known.push(secret.to_owned());
            state.redactor = None;
        }
    }

    /// Takes out all that are known now.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { known, redactor } = &mut *state;
        Arc::clone(redactor.get_or_insert_with(|| Arc::new(Redactor::new(known))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_taken_out_from_then_on() {
        let secrets = Secrets::new(vec!["first-secret".to_owned()]);
        assert_eq!(secrets.redactor().redact("first-secret second-secret"), "[redacted] second-secret");
        secrets.learn("second-secret");
        secrets.learn("");
        assert_eq!(secrets.redactor().redact("first-secret second-secret"), "[redacted] [redacted]");
    }
}
