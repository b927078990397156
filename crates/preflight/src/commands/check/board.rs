//! What is finished, written down as it comes: so that a run that overruns its deadline can still be reported.

use std::sync::{Mutex, PoisonError};

use preflight_checks::kinds::general;
use preflight_checks::report::CheckResult;
use preflight_checks::{Failure, Plan};

/// The results so far.
#[derive(Debug, Default)]
pub(super) struct Board {
    finished: Mutex<Vec<CheckResult>>,
}

impl Board {
    /// Writes a result down.
    pub(super) fn note(&self, result: &CheckResult) {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).push(result.clone());
    }

    /// The results of a run that did not end by its deadline: what is not finished has failed for that.
    pub(super) fn overrun(&self, plan: &Plan) -> Vec<CheckResult> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let result = |item: &preflight_checks::Item| {
            let known = finished.iter().find(|result| result.kind == item.kind.name && result.id == item.id);
            known.cloned().unwrap_or_else(|| {
                let evidence = "was not done by the deadline, and did not stop when it was told to";
                let failure = Failure::new(&general::TIMEOUT, evidence);
                CheckResult::failed(item.kind.name, item.id.clone(), item.audience.clone(), failure)
            })
        };
        plan.items.iter().map(result).collect()
    }
}

#[cfg(test)]
mod tests {
    use preflight_checks::plan::plan;
    use preflight_checks::registry;
    use preflight_contract::{Environment, parse};

    use super::*;

    #[test]
    fn what_was_not_finished_has_failed_and_what_was_keeps_its_result() {
        let text =
            "organization: A\nteam: B\nchecked_environment_variables: [TCP_A_ADDRESS, TCP_B_ADDRESS]\n";
        let contract = parse("preflight.yaml", text, &registry::vocabulary()).expect("a good contract");
        let set = ["TCP_A_ADDRESS", "TCP_B_ADDRESS"].map(|name| (name.to_owned(), "h:1".to_owned()));
        let plan = plan(&contract, &Environment::new(set, |_| Err(std::io::ErrorKind::NotFound.into())));
        let board = Board::default();
        board.note(&CheckResult::passed("tcp", "A".to_owned(), None));
        let classes: Vec<Option<&str>> = board
            .overrun(&plan)
            .iter()
            .map(|result| result.failure.as_ref().map(|why| why.class.name))
            .collect();
        assert_eq!(classes, [None, Some("check.timeout")]);
    }
}
