//! What others want of a service: commands, dependencies, another configuration, the end.

use std::time::Instant;

use preflight_processes::Signal;

use super::{
    later,
    machine::Machine,
    state::{Leaving, Rest, State},
};
use crate::{Action, Command, Enabled, Happened, Name, Recipient, Service, Wanted, model::Hook};

impl Machine {
    pub(super) fn dependencies(&mut self, missing: Vec<Name>, now: Instant) -> Vec<Action> {
        if self.missing == missing && (!missing.is_empty() || self.held.is_some()) {
            return Vec::new();
        }
        self.missing = missing;
        match self.state {
            State::Rest(Rest::Waiting) => self.start(now, now),
            State::Rest(Rest::Blocked(_)) => self.start(now, now),
            _ => Vec::new(),
        }
    }

    pub(super) fn block(&mut self, by: Name, now: Instant) -> Vec<Action> {
        if self.state != State::Rest(Rest::Waiting) {
            return Vec::new();
        }
        self.go(State::Rest(Rest::Blocked(by.clone())), now);
        vec![Action::Tell(Happened::Blocked { by })]
    }

    pub(super) fn command(&mut self, command: Command, now: Instant) -> Vec<Action> {
        if self.leaving.is_some() || (!self.service.is_enabled() && command != Command::Exit) {
            return Vec::new();
        }
        match command {
            Command::Up => self.up(Wanted::Up, now),
            Command::Once => self.up(Wanted::Once, now),
            Command::Down => self.down(now),
            Command::Restart => self.restart(now),
            Command::Signal(signal) => self.signal(signal, now),
            Command::Pause => self.pause(true, now),
            Command::Continue => self.pause(false, now),
            Command::Exit => self.leave(None, now),
            Command::Hold { reason } => self.hold(reason, now),
            Command::Release => self.release(now),
        }
    }

    fn up(&mut self, wanted: Wanted, now: Instant) -> Vec<Action> {
        self.wanted = wanted;
        self.forgive();
        match self.state {
            State::Running(_) | State::Preparing => Vec::new(),
            State::Stopping(_) | State::Finishing(_) => {
                self.again = true;
                Vec::new()
            }
            State::BackingOff { .. } | State::Rest(_) => self.start(now, now),
        }
    }

    fn down(&mut self, now: Instant) -> Vec<Action> {
        self.wanted = Wanted::Down;
        self.again = false;
        match self.state {
            State::Running(_) => self.stop(None, now),
            State::Preparing => self.end_preparing(now),
            // The finish program does its work to its end, as with runit.
            State::Stopping(_) | State::Finishing(_) => Vec::new(),
            State::BackingOff { .. } | State::Rest(_) => {
                self.go(State::Rest(Rest::Down), now);
                Vec::new()
            }
        }
    }

    fn restart(&mut self, now: Instant) -> Vec<Action> {
        if self.wanted == Wanted::Down {
            self.wanted = Wanted::Up;
        }
        match self.state {
            State::Running(_) => {
                self.forgive();
                self.again = true;
                self.stop(None, now)
            }
            _ => self.up(self.wanted, now),
        }
    }

    fn signal(&mut self, signal: Signal, now: Instant) -> Vec<Action> {
        let is_alive = match &self.state {
            State::Running(_) => true,
            State::Stopping(stopping) => !stopping.ended,
            // One that hangs is in the way; the other signals are not meant for it.
            State::Finishing(_) if signal == Signal::KILL => return vec![Action::SignalFinish(signal)],
            State::Rest(_) | State::BackingOff { .. } | State::Preparing | State::Finishing(_) => false,
        };
        let Some(life) = self.life.as_mut().filter(|_| is_alive) else { return Vec::new() };
        life.sent = Some(signal);
        let mut actions = self.in_turn(letter(signal).map(Hook), Some((signal, Recipient::Process)), now);
        actions.push(Action::Tell(Happened::Signalled(signal)));
        actions
    }

    fn pause(&mut self, paused: bool, now: Instant) -> Vec<Action> {
        if !matches!(self.state, State::Running(_)) {
            return Vec::new();
        }
        let (signal, hook) = if paused { (Signal::STOP, 'p') } else { (Signal::CONT, 'c') };
        let mut actions = self.in_turn(Some(Hook(hook)), Some((signal, Recipient::Group)), now);
        actions.push(Action::Tell(Happened::Paused(paused)));
        actions
    }

    fn hold(&mut self, reason: String, now: Instant) -> Vec<Action> {
        let is_news = self.held.as_ref() != Some(&reason);
        self.held = Some(reason);
        match self.state {
            State::Rest(Rest::Waiting) | State::BackingOff { .. } if is_news => self.start(now, now),
            _ => Vec::new(),
        }
    }

    fn release(&mut self, now: Instant) -> Vec<Action> {
        if self.held.take().is_none() {
            return Vec::new();
        }
        match self.state {
            State::Rest(Rest::Waiting) => self.start(now, now),
            State::Running(_) if std::mem::take(&mut self.owed_reload) => self.reload(now),
            _ => Vec::new(),
        }
    }

    pub(super) fn reconfigure(&mut self, new: Service, now: Instant) -> Vec<Action> {
        if self.leaving.is_some() {
            return Vec::new();
        }
        let is_other = self.service.runs_otherwise(&new);
        let old = std::mem::replace(&mut self.service, new);
        let mut actions = self.rearrange(&old, is_other, now);
        actions.extend(self.adapt(&old, now));
        actions
    }

    fn rearrange(&mut self, old: &Service, is_other: bool, now: Instant) -> Vec<Action> {
        match (&old.enabled, &self.service.enabled) {
            (Enabled::Yes, Enabled::Disabled { reason }) => {
                let told = Action::Tell(Happened::Disabled { reason: reason.clone() });
                self.disable(told, old, now)
            }
            (Enabled::Disabled { .. }, Enabled::Yes) => self.up(self.service.wanted, now),
            (Enabled::Disabled { .. }, Enabled::Disabled { .. }) => Vec::new(),
            (Enabled::Yes, Enabled::Yes) if old.wanted != self.service.wanted => {
                if self.service.wanted == Wanted::Down { self.down(now) } else { self.up(Wanted::Up, now) }
            }
            (Enabled::Yes, Enabled::Yes) if is_other => self.replace(old, now),
            (Enabled::Yes, Enabled::Yes) => Vec::new(),
        }
    }

    /// What runs on does so under the new rules: nothing is waited for that no longer has to come, and its limits count from
    /// its start.
    fn adapt(&mut self, old: &Service, now: Instant) -> Vec<Action> {
        let ready = self.service.ready.as_ref().filter(|_| !self.service.once);
        let (timeout, limit) = (ready.map(|ready| ready.timeout), self.service.limit);
        let (State::Running(running), Some(life)) = (&mut self.state, self.life) else { return Vec::new() };
        if limit != old.limit {
            running.limit = limit.map(|limit| later(life.started, limit));
        }
        match timeout {
            None if running.ready_by.is_some() => return self.ready(now),
            Some(timeout) if old.ready.as_ref().is_some_and(|ready| ready.timeout != timeout) => {
                running.ready_by = running.ready_by.map(|_| later(life.started, timeout));
            }
            _ => {}
        }
        Vec::new()
    }

    fn disable(&mut self, told: Action, old: &Service, now: Instant) -> Vec<Action> {
        let mut actions = vec![told];
        match self.state {
            State::Running(_) => actions.extend(self.stop_as(old, now)),
            State::Rest(_) | State::BackingOff { .. } => self.go(State::Rest(Rest::Disabled), now),
            State::Preparing => actions.extend(self.end_preparing(now)),
            State::Stopping(_) | State::Finishing(_) => {}
        }
        actions
    }

    /// It is run in another way from now on. A job that runs on a schedule is left to its end.
    fn replace(&mut self, old: &Service, now: Instant) -> Vec<Action> {
        if self.service.schedule.is_some() || self.wanted == Wanted::Down {
            return Vec::new();
        }
        self.forgive();
        match self.state {
            State::Running(_) => {
                self.again = true;
                self.stop_as(old, now)
            }
            State::Preparing => Vec::new(),
            State::Stopping(_) | State::Finishing(_) => {
                self.again = true;
                Vec::new()
            }
            State::BackingOff { .. } | State::Rest(_) => self.start(now, now),
        }
    }

    /// What runs is stopped in the way in which it was to be stopped when it was started.
    fn stop_as(&mut self, old: &Service, now: Instant) -> Vec<Action> {
        let new = std::mem::replace(&mut self.service.stop, old.stop);
        let actions = self.stop(None, now);
        self.service.stop = new;
        actions
    }

    /// It is to be gone, and not to come back.
    pub(super) fn leave(&mut self, until: Option<Instant>, now: Instant) -> Vec<Action> {
        let hurried = self.leaving.is_some_and(|leaving| leaving.hurried);
        let before = self.leaving.and_then(|leaving| leaving.until);
        let until = before.into_iter().chain(until).min();
        self.leaving = Some(Leaving { until, hurried });
        self.again = false;
        match &mut self.state {
            State::Running(_) => self.stop(None, now),
            State::Stopping(stopping) => {
                stopping.until = until.map_or(stopping.until, |until| stopping.until.min(until));
                let left = stopping.until.saturating_duration_since(now);
                self.hurry_hook(now + left * 3 / 4);
                Vec::new()
            }
            State::Finishing(_) => self.end_finish(now),
            State::Preparing => self.end_preparing(now),
            State::BackingOff { .. } | State::Rest(_) => {
                self.go(State::Rest(Rest::Over), now);
                Vec::new()
            }
        }
    }

    pub(super) fn hurry(&mut self, now: Instant) -> Vec<Action> {
        if self.leaving.is_some_and(|leaving| leaving.hurried) {
            return Vec::new();
        }
        self.leaving = Some(Leaving { until: Some(now), hurried: true });
        self.again = false;
        match &self.state {
            State::Running(_) => {
                let mut actions = self.stop(None, now);
                actions.extend(self.kill());
                actions
            }
            State::Stopping(stopping) if !stopping.killed => self.kill(),
            State::Stopping(_) => Vec::new(),
            State::Finishing(_) => self.kill_finish(),
            State::Preparing => self.kill_hooks(),
            State::BackingOff { .. } | State::Rest(_) => {
                self.go(State::Rest(Rest::Over), now);
                Vec::new()
            }
        }
    }

    /// A finish program stands in the way of an end: it is asked to end, and has a stop's grace.
    fn end_finish(&mut self, now: Instant) -> Vec<Action> {
        let grace = self.grace(now);
        if let State::Finishing(finishing) = &mut self.state {
            finishing.until = Some(finishing.until.map_or(grace, |until| until.min(grace)));
        }
        vec![Action::SignalFinish(Signal::TERM)]
    }

    fn kill_finish(&mut self) -> Vec<Action> {
        if let State::Finishing(finishing) = &mut self.state {
            finishing.until = None;
        }
        vec![Action::SignalFinish(Signal::KILL)]
    }
}

impl Service {
    /// A process that was started in the old way is not what the new one says.
    fn runs_otherwise(&self, new: &Self) -> bool {
        self.program != new.program
            || self.environment != new.environment
            || self.user != new.user
            || self.folder != new.folder
    }
}

/// runit's letter for a signal, see `runsv(8)`.
fn letter(signal: Signal) -> Option<char> {
    [
        (Signal::TERM, 't'),
        (Signal::HUP, 'h'),
        (Signal::ALRM, 'a'),
        (Signal::INT, 'i'),
        (Signal::QUIT, 'q'),
        (Signal::USR1, '1'),
        (Signal::USR2, '2'),
        (Signal::KILL, 'k'),
    ]
    .into_iter()
    .find(|(known, _)| *known == signal)
    .map(|(_, letter)| letter)
}
