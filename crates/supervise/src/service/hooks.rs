//! Programs that act in place of signals, or before a start: one after the other, and every signal in its turn. See
//! `control/` in `runsv(8)`.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use preflight_processes::Signal;

use super::{
    machine::{Machine, later},
    state::State,
};
use crate::{Action, Happened, Recipient, Wanted, model::Hook};

/// A hook may take so long, or as long as its service's grace where that is longer; runit's may take for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// What is done one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Hooks {
    running: Option<Running>,
    queue: VecDeque<Step>,
}

/// A program, and what is sent unless it ends with 0; or just one of them.
#[derive(Debug, Clone, Copy)]
struct Step {
    hook: Option<Hook>,
    signal: Option<(Signal, Recipient)>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    step: Step,
    /// It is killed then; `None`: it was.
    until: Option<Instant>,
}

impl Hooks {
    /// One runs, and others may come after it.
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// When the one that runs has had its time.
    pub(super) fn due(&self) -> Option<Instant> {
        self.running.and_then(|running| running.until)
    }
}

impl Machine {
    /// Runs the hook, if there is one, and sends the signal unless it ends with 0; all of it when what was wanted before
    /// is done.
    pub(super) fn in_turn(
        &mut self,
        hook: Option<Hook>,
        signal: Option<(Signal, Recipient)>,
        now: Instant,
    ) -> Vec<Action> {
        self.hooks.queue.push_back(Step { hook, signal });
        self.take_turns(now)
    }

    fn take_turns(&mut self, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        while !self.hooks.is_busy() {
            let Some(step) = self.hooks.queue.pop_front() else { break };
            match step.hook.filter(|hook| self.service.hooks.contains_key(hook)) {
                Some(hook) => {
                    self.hooks.running = Some(Running { step, until: Some(self.hook_limit(step, now)) });
                    actions.push(Action::Hook(hook));
                }
                None => actions.extend(self.turn(step, false)),
            }
        }
        actions
    }

    /// What is being stopped has the time of its stop, and a hook's time is part of it: the signal that it holds back is to
    /// have some as well.
    fn hook_limit(&self, step: Step, now: Instant) -> Instant {
        let own = later(now, LIMIT.max(self.service.stop.grace));
        let State::Stopping(stopping) = &self.state else {
            return self.leaving.and_then(|leaving| leaving.until).map_or(own, |until| own.min(until));
        };
        let left = stopping.until.saturating_duration_since(now);
        own.min(if step.signal.is_some() { later(now, left * 3 / 4) } else { stopping.until })
    }

    /// The signal is sent, unless its hook has done its work.
    fn turn(&mut self, step: Step, is_replaced: bool) -> Option<Action> {
        let (signal, to) = step.signal?;
        if let Some(life) = &mut self.life {
            match signal {
                Signal::STOP => life.paused = true,
                Signal::CONT => life.paused = false,
                Signal::TERM => life.termed |= !is_replaced,
                _ => {}
            }
        }
        (!is_replaced).then_some(Action::Signal { signal, to })
    }

    /// The program of the turn has ended.
    pub(super) fn hook_ended(&mut self, success: bool, now: Instant) -> Vec<Action> {
        let Some(Running { step, .. }) = self.hooks.running.take() else { return Vec::new() };
        let mut actions = Vec::from_iter(self.turn(step, success));
        actions.extend(self.take_turns(now));
        actions.extend(self.go_on(now));
        actions
    }

    /// It takes too long: what waits for it goes on.
    pub(super) fn hook_due(&mut self, now: Instant) -> Vec<Action> {
        let Some(running) = self.hooks.running.as_mut() else { return Vec::new() };
        if running.until.is_none_or(|until| until > now) {
            return Vec::new();
        }
        running.until = None;
        let told = running.step.hook.map(|hook| Action::Tell(Happened::HookKilled(hook)));
        [Action::SignalHook(Signal::KILL)].into_iter().chain(told).collect()
    }

    /// Something waits for the one that runs that cannot wait for long.
    pub(super) fn hurry_hook(&mut self, by: Instant) {
        if let Some(until) = self.hooks.running.as_mut().and_then(|running| running.until.as_mut()) {
            *until = by.min(*until);
        }
    }

    /// Everything of the service is killed.
    pub(super) fn kill_hooks(&mut self) -> Vec<Action> {
        self.hooks.queue.clear();
        match &mut self.hooks.running {
            None => Vec::new(),
            Some(running) => {
                running.until = None;
                // What it stands for is not needed any more.
                running.step.signal = None;
                vec![Action::SignalHook(Signal::KILL)]
            }
        }
    }

    /// The program that is to be run before each start, as by `runsv`; what comes of it does not matter.
    pub(super) fn prepare(&mut self, now: Instant) -> Vec<Action> {
        const BEFORE: Hook = Hook('u');
        if !self.service.hooks.contains_key(&BEFORE) {
            return self.spawn(now);
        }
        self.go(State::Preparing, now);
        self.in_turn(Some(BEFORE), None, now)
    }

    /// It is started, if that is still wanted.
    pub(super) fn prepared(&mut self, now: Instant) -> Vec<Action> {
        let is_wanted = self.leaving.is_none() && self.service.is_enabled() && self.wanted != Wanted::Down;
        match () {
            () if !is_wanted => self.settle(now),
            () if self.held.is_some() => self.wait(now),
            () => self.spawn(now),
        }
    }

    /// The start that is prepared is not wanted any more: the program is asked to end, and has a stop's grace.
    pub(super) fn end_preparing(&mut self, now: Instant) -> Vec<Action> {
        let until = self.grace(now);
        self.hurry_hook(until);
        vec![Action::SignalHook(Signal::TERM)]
    }
}
