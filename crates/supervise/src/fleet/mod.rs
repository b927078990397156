//! All services together: in order up, in reverse order down, within one deadline, to one code.

mod members;
mod order;
mod requests;
mod shutdown;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Instant};

use preflight_processes::{ExitStatus, Signal};

use crate::{
    Action, Cause, Ending, Event, Fleet, FleetHappened, Name, Service, WhenIdle,
    service::{Machine, Outcome},
};
pub(crate) use members::Unseen;
use members::{Known, Members};
pub(crate) use shutdown::Rest;
use shutdown::Shutdown;

/// Looks after all services.
#[derive(Debug)]
pub(crate) struct FleetMachine {
    members: Members,
    when_idle: WhenIdle,
    main: Option<Name>,
    /// Services that come are held, for this reason.
    holds_new: Option<String>,
    shutdown: Option<Shutdown>,
    began: Instant,
    all_ready_is_told: bool,
    random: fastrand::Rng,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct Member {
    machine: Machine,
    /// It was put in place of this one, which has to leave first.
    successor: Option<Service>,
    known: Known,
}

/// Something to do, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// For one service.
    Of(Name, Action),
    /// It is not in the fleet any more.
    Removed(Box<Service>),
    /// For the listener.
    Tell(FleetHappened),
    /// It is over.
    End(Ending),
}

impl FleetMachine {
    pub(crate) fn new(fleet: Fleet, seed: u64, now: Instant) -> Self {
        let (when_idle, main) = (fleet.when_idle, fleet.main.clone());
        let holds_new = fleet.holds_new().map(str::to_owned);
        let mut random = fastrand::Rng::with_seed(seed);
        let services = fleet.into_services().into_iter();
        let members = Members::new(services.map(|service| Machine::new(service, random.u64(..), now)));
        Self {
            members,
            when_idle,
            main,
            holds_new,
            shutdown: None,
            began: now,
            all_ready_is_told: false,
            random,
            effects: VecDeque::new(),
        }
    }

    /// Begins.
    pub(crate) fn begin(&mut self, now: Instant) -> VecDeque<Effect> {
        for at in 0..self.members.len() {
            let missing = self.missing(at);
            let actions = self.members.at_mut(at).machine.begin(missing, now);
            self.note(at, actions);
        }
        self.follow(now)
    }

    /// Something happened to one service; nothing when there is none of that name.
    pub(crate) fn tell(&mut self, name: &str, event: Event, now: Instant) -> VecDeque<Effect> {
        if let Some(at) = self.place(name) {
            self.step(at, event, now);
        }
        self.follow(now)
    }

    /// The time that [`FleetMachine::due`] told has come.
    pub(crate) fn when_due(&mut self, now: Instant) -> VecDeque<Effect> {
        for at in self.members.due_by(now) {
            self.step(at, Event::Due, now);
        }
        self.shutdown_due(now);
        self.follow(now)
    }

    /// When something is due, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.members.due().into_iter().chain(self.shutdown.as_ref().map(Shutdown::due)).min()
    }

    pub(crate) fn machine(&self, name: &str) -> Option<&Machine> {
        self.place(name).map(|at| self.machine_at(at))
    }

    pub(crate) fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.members.iter().map(|member| &member.machine)
    }

    pub(crate) fn machine_at(&self, at: usize) -> &Machine {
        &self.members.at(at).machine
    }

    /// Whose looks may have changed since this was asked.
    pub(crate) fn take_unseen(&mut self) -> Unseen {
        self.members.take_unseen()
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.shutdown.is_some()
    }

    /// Every service that is wanted is ready or done.
    pub(crate) fn is_ready(&self) -> bool {
        self.shutdown.is_none() && self.members.all_settled()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.members.place(name)
    }

    fn step(&mut self, at: usize, event: Event, now: Instant) {
        let actions = self.members.at_mut(at).machine.step(event, now);
        self.note(at, actions);
    }

    fn note(&mut self, at: usize, actions: Vec<Action>) {
        self.members.note(at, !actions.is_empty());
        let name = self.machine_at(at).service().name.clone();
        let is_kill = |action| matches!(action, &Action::Kill | &Action::SignalFinish(Signal::KILL));
        if let Some(shutdown) = self.shutdown.as_mut().filter(|_| actions.iter().any(is_kill)) {
            shutdown.killed.insert(name.clone());
        }
        self.effects.extend(actions.into_iter().map(|action| Effect::Of(name.clone(), action)));
    }

    /// What follows from a step for the others, until nothing follows any more.
    fn follow(&mut self, now: Instant) -> VecDeque<Effect> {
        loop {
            let before = self.members.changes();
            self.take_leave(now);
            if self.shutdown.is_none() {
                self.let_start(now);
                self.judge(now);
            }
            self.wind_down(now);
            if self.members.changes() == before {
                break;
            }
        }
        self.members.follow_nothing();
        self.tell_all_ready(now);
        std::mem::take(&mut self.effects)
    }

    /// Those that have left are removed, or replaced.
    fn take_leave(&mut self, now: Instant) {
        if self.shutdown.is_some() {
            return;
        }
        let mut from = 0;
        while let Some(at) = self.members.changed_from(from) {
            if !self.machine_at(at).is_over() {
                from = at + 1;
            } else if let Some(service) = self.members.at_mut(at).successor.take() {
                self.members.at_mut(at).machine = Machine::new(service, self.random.u64(..), now);
                let missing = self.missing(at);
                let actions = self.members.at_mut(at).machine.begin(missing, now);
                self.note(at, actions);
            } else {
                let service = self.members.remove(at).service().clone();
                self.effects.push_back(Effect::Removed(Box::new(service)));
            }
        }
    }

    /// Is this the end?
    fn judge(&mut self, now: Instant) {
        let ends = self.members.changed().find_map(|member| {
            let cause = self.fatal(&member.machine)?;
            Some((cause, self.root_code(&member.machine)))
        });
        if let Some((cause, code)) = ends {
            let deadline = self.longest_grace();
            self.begin_shutdown(cause, Some(code), deadline, now);
        } else if self.when_idle == WhenIdle::End && self.members.all_idle() {
            let code = self.failed_code().unwrap_or(0);
            self.begin_shutdown(Cause::AllDone, Some(code), self.longest_grace(), now);
        }
    }

    fn fatal(&self, machine: &Machine) -> Option<Cause> {
        let service = machine.service();
        let cause = |status: Option<ExitStatus>, gave_up| {
            Some(Cause::Service { name: service.name.clone(), status, gave_up })
        };
        match machine.outcome() {
            Some(Outcome::Done) if service.critical && !service.once => {
                cause(machine.view().last.and_then(|last| last.status), false)
            }
            Some(Outcome::Failed { status, gave_up, .. }) => {
                let budget = service.restart.give_up.is_some_and(|budget| budget.ends_all);
                if service.critical || (gave_up && budget) { cause(status, gave_up) } else { None }
            }
            None if service.critical => {
                let failed = self.machine(machine.blocked_by()?)?;
                let status = failed.view().last.and_then(|last| last.status);
                Some(Cause::Service { name: failed.service().name.clone(), status, gave_up: false })
            }
            Some(Outcome::Done) | None => None,
        }
    }

    /// The code of a fatal end; that of what blocks it, when it could not even start.
    fn root_code(&self, machine: &Machine) -> i32 {
        match machine.outcome() {
            Some(Outcome::Done) => 0,
            Some(Outcome::Failed { code, .. }) => not_zero(code),
            None => {
                let root = machine.blocked_by().and_then(|by| self.machine(by));
                root.and_then(Machine::last_code).map_or(1, not_zero)
            }
        }
    }

    /// The code of the first one that has failed for good, or that has failed and does not run again yet. A job never
    /// has: it runs again when it is due.
    fn failed_code(&self) -> Option<i32> {
        let servers = || self.machines().filter(|machine| machine.service().schedule.is_none());
        let for_good = servers().find_map(|machine| match machine.outcome() {
            Some(Outcome::Failed { code, .. }) => Some(not_zero(code)),
            Some(Outcome::Done) | None => None,
        });
        for_good.or_else(|| servers().find_map(|machine| machine.unmended_code().map(not_zero)))
    }

    fn tell_all_ready(&mut self, now: Instant) {
        if !self.all_ready_is_told && self.members.len() > 0 && self.is_ready() {
            self.all_ready_is_told = true;
            let after = now.duration_since(self.began);
            self.effects.push_back(Effect::Tell(FleetHappened::AllReady { after }));
        }
    }
}

/// Never 0 after a failure.
fn not_zero(code: i32) -> i32 {
    if code == 0 { 1 } else { code }
}
