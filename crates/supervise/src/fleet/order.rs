//! Who waits for whom.

use std::time::Instant;

use super::FleetMachine;
use crate::{Event, Name, service::Outcome};

impl FleetMachine {
    /// What a member depends on and is not ready. What is not in the fleet counts as ready.
    pub(super) fn missing(&self, at: usize) -> Vec<Name> {
        let names = &self.members[at].machine.service().depends_on;
        let is_missing = |name: &&Name| self.machine(name).is_some_and(|machine| !machine.is_ready());
        names.iter().filter(is_missing).cloned().collect()
    }

    /// Those whose dependencies are ready start; those whose dependencies have failed for good never will.
    pub(super) fn let_start(&mut self, now: Instant) {
        for at in 0..self.members.len() {
            if !self.members[at].machine.is_waiting() {
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

    /// True when something that depends on it has not gone yet.
    pub(super) fn is_needed(&self, name: &str) -> bool {
        self.members
            .iter()
            .filter(|member| !member.machine.is_over())
            .any(|member| member.machine.service().depends_on.iter().any(|other| &**other == name))
    }

    /// How many must end one after the other below this one.
    pub(super) fn below(&self, name: &str) -> u32 {
        self.depth(name, self.members.len())
    }

    fn depth(&self, name: &str, limit: usize) -> u32 {
        let Some(machine) = self.machine(name).filter(|machine| limit > 0 && !machine.is_over()) else {
            return 0;
        };
        let below =
            machine.service().depends_on.iter().filter(|other| {
                self.machine(other).is_some_and(|other| !other.is_over() && other.has_process())
            });
        below.map(|other| 1 + self.depth(other, limit - 1)).max().unwrap_or(0)
    }
}
