//! Who waits for whom.

use std::{collections::HashMap, time::Instant};

use super::FleetMachine;
use crate::{Event, Name, service::Outcome};

impl FleetMachine {
    /// What a member depends on and is not ready. What is not in the fleet counts as ready.
    pub(super) fn missing(&self, at: usize) -> Vec<Name> {
        let names = &self.machine_at(at).service().depends_on;
        let is_missing = |name: &&Name| self.machine(name).is_some_and(|machine| !machine.is_ready());
        names.iter().filter(is_missing).cloned().collect()
    }

    /// Those whose dependencies are ready start; those whose dependencies have failed for good never will.
    pub(super) fn let_start(&mut self, now: Instant) {
        let mut from = 0;
        while let Some(at) = self.members.changed_from(from) {
            from = at + 1;
            if !self.machine_at(at).is_waiting() {
                continue;
            }
            let missing = self.missing(at);
            let event = match missing.iter().find_map(|name| self.failed(name)) {
                Some(by) => Event::Blocked { by },
                None => Event::Dependencies { missing },
            };
            self.step(at, event, now);
        }
    }

    /// The one at the root of it, when a dependency has failed for good or is blocked by one that has.
    fn failed(&self, name: &str) -> Option<Name> {
        let machine = self.machine(name)?;
        match machine.outcome() {
            Some(Outcome::Failed { .. }) => Some(machine.service().name.clone()),
            Some(Outcome::Done) => None,
            None => machine.blocked_by().cloned(),
        }
    }

    /// How many must end one after the other below this one. What is known already is not counted again.
    pub(super) fn below(&self, at: usize, known: &mut HashMap<usize, u32>) -> u32 {
        if let Some(depth) = known.get(&at) {
            return *depth;
        }
        // Services that are put in later can go in a circle, which has an end here.
        known.insert(at, 0);
        let machine = self.machine_at(at);
        if machine.is_over() {
            return 0;
        }
        let runs = |at: &usize| {
            let machine = self.machine_at(*at);
            !machine.is_over() && machine.has_process()
        };
        let others = machine.service().depends_on.iter().filter_map(|other| self.place(other)).filter(runs);
        let depth = others.map(|other| 1 + self.below(other, known)).max().unwrap_or(0);
        known.insert(at, depth);
        depth
    }
}
