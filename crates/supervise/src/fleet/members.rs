//! All members of a fleet, by place and by name, and what holds for all of them without a look at each: with a thousand
//! services, most events are about one.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

use super::Member;
use crate::{
    Name,
    service::{Machine, Outcome},
};

/// The members, in the order of the fleet.
#[derive(Debug, Default)]
pub(super) struct Members {
    list: Vec<Member>,
    places: HashMap<Name, usize>,
    /// Who depends on a name and has not gone yet.
    dependents: HashMap<Name, BTreeSet<Name>>,
    dues: BTreeSet<(Instant, Name)>,
    tally: Tally,
    /// From what has happened to these, something may follow.
    changed: BTreeSet<usize>,
    /// Grows with each change from which something may follow.
    changes: u64,
    unseen: Unseen,
    #[cfg(test)]
    looks: std::cell::Cell<usize>,
}

/// Whose looks may have changed since somebody looked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// Their places.
    pub(crate) places: BTreeSet<usize>,
    /// Places themselves have changed.
    pub(crate) order: bool,
}

/// How many of them are not so.
#[derive(Debug, Default)]
struct Tally {
    over: usize,
    idle: usize,
    settled: usize,
}

/// What matters of one to the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Known {
    over: bool,
    idle: bool,
    /// Ready, or nobody waits for that.
    settled: bool,
    leaves: bool,
    has_process: bool,
    standing: Standing,
    due: Option<Instant>,
    /// Of one that has gone: nothing.
    depends_on: Vec<Name>,
}

/// What matters to those that depend on it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Standing {
    ready: bool,
    failed: bool,
    blocked_by: Option<Name>,
}

impl Known {
    fn of(machine: &Machine) -> Self {
        let over = machine.is_over();
        Self {
            over,
            idle: machine.is_idle(),
            settled: machine.is_ready() || machine.is_unwanted(),
            leaves: machine.is_leaving_everything(),
            has_process: machine.has_process(),
            standing: Standing {
                ready: machine.is_ready(),
                failed: matches!(machine.outcome(), Some(Outcome::Failed { .. })),
                blocked_by: machine.blocked_by().cloned(),
            },
            due: machine.due(),
            depends_on: if over { Vec::new() } else { machine.service().depends_on.clone() },
        }
    }
}

impl Members {
    pub(super) fn new(machines: impl Iterator<Item = Machine>) -> Self {
        let mut members = Self::default();
        for machine in machines {
            members.push(machine);
        }
        members
    }

    /// Its place.
    pub(super) fn push(&mut self, machine: Machine) -> usize {
        let at = self.list.len();
        self.places.insert(machine.service().name.clone(), at);
        self.list.push(Member { machine, successor: None, known: Known::default() });
        let tally = &mut self.tally;
        for count in [&mut tally.over, &mut tally.idle, &mut tally.settled] {
            *count += 1;
        }
        self.note(at, true);
        self.unseen.order = true;
        // Who depends on it counted it as ready while it was not there.
        self.mark_dependents(at);
        at
    }

    pub(super) fn remove(&mut self, at: usize) -> Machine {
        self.mark_dependents(at);
        self.account(at, Known { over: true, idle: true, settled: true, ..Known::default() });
        let machine = self.list.remove(at).machine;
        self.find_places();
        machine
    }

    /// Puts them in another order.
    pub(super) fn sort_by_key(&mut self, key: impl FnMut(&Member) -> usize) {
        self.list.sort_by_key(key);
        self.find_places();
    }

    fn find_places(&mut self) {
        let names = self.list.iter().enumerate();
        self.places = names.map(|(at, member)| (member.machine.service().name.clone(), at)).collect();
        self.unseen.order = true;
        self.changed.clear();
        self.mark_all();
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(super) fn at(&self, at: usize) -> &Member {
        self.count(1);
        &self.list[at]
    }

    /// To change it; [`Members::note`] is to be told afterwards.
    pub(super) fn at_mut(&mut self, at: usize) -> &mut Member {
        self.count(1);
        &mut self.list[at]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.count(self.list.len());
        self.list.iter()
    }

    /// Something has happened to this one, and it may look different. `acts`: it wants something done.
    pub(super) fn note(&mut self, at: usize, acts: bool) {
        self.count(1);
        self.changed.insert(at);
        self.unseen.places.insert(at);
        let known = Known::of(&self.list[at].machine);
        let is_new = known != self.list[at].known;
        if is_new {
            let stands_as_before = known.standing == self.list[at].known.standing;
            self.account(at, known);
            if !stands_as_before {
                self.mark_dependents(at);
            }
        }
        self.changes += u64::from(is_new || acts);
    }

    fn account(&mut self, at: usize, new: Known) {
        let name = self.list[at].machine.service().name.clone();
        let old = std::mem::replace(&mut self.list[at].known, new.clone());
        self.tally.count(&old, &new);
        if let Some(due) = old.due {
            self.dues.remove(&(due, name.clone()));
        }
        if let Some(due) = new.due {
            self.dues.insert((due, name.clone()));
        }
        if old.depends_on != new.depends_on {
            for other in old.depends_on {
                if let Some(dependents) = self.dependents.get_mut(&other) {
                    dependents.remove(&name);
                }
                // It may not be needed any more.
                self.changed.extend(self.places.get(&other));
            }
            for other in new.depends_on {
                self.dependents.entry(other).or_default().insert(name.clone());
            }
        }
    }

    fn mark_dependents(&mut self, at: usize) {
        let dependents = self.dependents.get(&self.list[at].machine.service().name);
        let places = dependents.into_iter().flatten().filter_map(|name| self.places.get(name));
        self.changed.extend(places);
    }

    /// From anything something may follow.
    pub(super) fn mark_all(&mut self) {
        self.changed.extend(0..self.list.len());
        self.changes += 1;
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// The first that has changed, from a place on.
    pub(super) fn changed_from(&self, at: usize) -> Option<usize> {
        self.changed.range(at..).next().copied()
    }

    /// Those that have changed, in order.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Member> {
        self.changed.iter().map(|at| self.at(*at))
    }

    /// The first that has changed, which counts as changed no longer.
    pub(super) fn pop_changed(&mut self) -> Option<usize> {
        self.changed.pop_first()
    }

    /// Everything that follows was done.
    pub(super) fn follow_nothing(&mut self) {
        self.changed.clear();
    }

    /// Whose looks may have changed since this was asked.
    pub(super) fn take_unseen(&mut self) -> Unseen {
        std::mem::take(&mut self.unseen)
    }

    /// True when something that depends on it has not gone yet.
    pub(super) fn is_needed(&self, name: &str) -> bool {
        self.dependents.get(name).is_some_and(|dependents| !dependents.is_empty())
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.dues.first().map(|(due, _)| *due)
    }

    /// The places of those that are due.
    pub(super) fn due_by(&self, now: Instant) -> BTreeSet<usize> {
        let due = self.dues.iter().take_while(|(due, _)| *due <= now);
        due.filter_map(|(_, name)| self.place(name)).collect()
    }

    pub(super) fn all_over(&self) -> bool {
        self.tally.over == 0
    }

    pub(super) fn all_idle(&self) -> bool {
        self.tally.idle == 0
    }

    pub(super) fn all_settled(&self) -> bool {
        self.tally.settled == 0
    }

    #[cfg(test)]
    pub(super) fn looks(&self) -> usize {
        self.looks.get()
    }

    /// For tests only.
    #[cfg(test)]
    fn count(&self, looks: usize) {
        self.looks.set(self.looks.get() + looks);
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "only tests want to know")]
    fn count(&self, _: usize) {}
}

impl Tally {
    fn count(&mut self, old: &Known, new: &Known) {
        let facts = [
            (&mut self.over, old.over, new.over),
            (&mut self.idle, old.idle, new.idle),
            (&mut self.settled, old.settled, new.settled),
        ];
        for (count, was, is) in facts {
            *count += usize::from(was && !is);
            *count -= usize::from(!was && is);
        }
    }
}
