//! The machine: a state, an event and the time give the next state and the actions.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use preflight_processes::{ExitStatus, Signal};

use super::{
    after::Verdict,
    changes::DEAF,
    hooks::Hooks,
    state::{End, Finishing, Leaving, Life, Rest, Running, State, Stopping},
};
use crate::{
    Action, Enabled, Event, Exited, Failure, Happened, Name, Recipient, Service, Wanted, model::Hook,
};

/// Looks after one service.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(super) service: Service,
    pub(super) state: State,
    /// When the state began.
    pub(super) since: Instant,
    pub(super) wanted: Wanted,
    /// Somebody wants it to be started when it is gone, whatever its policy says.
    pub(super) again: bool,
    /// What it still waits for.
    pub(super) missing: Vec<Name>,
    pub(super) held: Option<String>,
    /// Files have changed while it was held: it hears of that when it is released.
    pub(super) owed_reload: bool,
    pub(super) life: Option<Life>,
    /// Why it is not ready yet, as far as that is known.
    pub(super) unready: Option<String>,
    pub(super) hooks: Hooks,
    pub(super) end: Option<End>,
    pub(super) verdict: Verdict,
    /// When it ended without being asked to, within the time of its budget.
    pub(super) ends: VecDeque<Instant>,
    /// How often in a row it ended before its throttle.
    pub(super) early: u32,
    pub(super) restarts: u64,
    /// It is not to be started any more: by then (or whenever) it is to be gone.
    pub(super) leaving: Option<Leaving>,
    pub(super) random: fastrand::Rng,
}

impl Machine {
    /// At rest, waiting for its dependencies (or, when it is not to be started, for a command). The seed is for chance.
    pub(crate) fn new(service: Service, seed: u64, now: Instant) -> Self {
        let wanted = service.wanted;
        let rest = match wanted {
            _ if !service.is_enabled() => Rest::Disabled,
            Wanted::Down => Rest::Down,
            Wanted::Up | Wanted::Once => Rest::Waiting,
        };
        let held = service.held.clone();
        Self {
            missing: service.depends_on.clone(),
            service,
            state: State::Rest(rest),
            since: now,
            wanted,
            again: false,
            held,
            owed_reload: false,
            life: None,
            unready: None,
            hooks: Hooks::default(),
            end: None,
            verdict: Verdict::Done,
            ends: VecDeque::new(),
            early: 0,
            restarts: 0,
            leaving: None,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Begins: it starts, or says why not.
    pub(crate) fn begin(&mut self, missing: Vec<Name>, now: Instant) -> Vec<Action> {
        self.missing = missing;
        match (&self.state, &self.service.enabled) {
            (State::Rest(Rest::Disabled), Enabled::Disabled { reason }) => {
                vec![Action::Tell(Happened::Disabled { reason: reason.clone() })]
            }
            // Who holds it from the beginning knows that it waits.
            (State::Rest(Rest::Waiting), _) if self.held.is_some() && self.missing.is_empty() => Vec::new(),
            (State::Rest(Rest::Waiting), _) => self.start(now, now),
            _ => Vec::new(),
        }
    }

    /// How it is to be run now.
    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    /// When [`Event::Due`] is wanted, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        let of_state = match &self.state {
            State::Rest(_) | State::Preparing => None,
            State::BackingOff { until } => Some(*until),
            State::Running(running) => {
                [running.ready_by, running.limit, running.reload].into_iter().flatten().min()
            }
            // What even a kill does not end is waited for: there are never two of one service.
            State::Stopping(stopping) => (!stopping.killed).then_some(stopping.until),
            State::Finishing(finishing) => finishing.until,
        };
        of_state.into_iter().chain(self.hooks.due()).min()
    }

    /// One step. What cannot happen in a state does nothing.
    pub(crate) fn step(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Dependencies { missing } => self.dependencies(missing, now),
            Event::Blocked { by } => self.block(by, now),
            Event::Command(command) => self.command(command, now),
            Event::Shutdown { until } => self.leave(Some(until), now),
            Event::Hurry => self.hurry(now),
            Event::Reconfigured(service) => self.reconfigure(*service, now),
            Event::FinishStarted { pid } => {
                if let State::Finishing(finishing) = &mut self.state {
                    finishing.pid = Some(pid);
                }
                Vec::new()
            }
            Event::Finished if matches!(self.state, State::Finishing(_)) => self.settle(now),
            Event::Finished => Vec::new(),
            Event::HookEnded { success } => self.hook_ended(success, now),
            Event::Started { .. }
            | Event::NotStarted { .. }
            | Event::Exited { .. }
            | Event::Gone
            | Event::Ready
            | Event::Unready { .. }
            | Event::Unhealthy { .. }
            | Event::Changed
            | Event::Deaf => self.of_process(event, now),
            Event::Due => {
                let mut actions = self.hook_due(now);
                actions.extend(self.when_due(now));
                actions
            }
        }
    }

    fn of_process(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match (&mut self.state, event) {
            (State::Running(_), Event::Started { pid }) => self.started(pid, now),
            (State::Running(_), Event::NotStarted { reason, code }) => self.not_started(reason, code, now),
            (State::Running(_), Event::Exited { status, out_of_memory, leftovers }) => {
                self.exited(status, out_of_memory, leftovers, None, now)
            }
            (State::Stopping(stopping), Event::Exited { status, out_of_memory, leftovers })
                if !stopping.ended =>
            {
                stopping.ended = true;
                let stopping = stopping.clone();
                self.exited(status, out_of_memory, leftovers, Some(stopping), now)
            }
            (State::Stopping(stopping), Event::Gone) if stopping.ended => {
                stopping.swept = true;
                self.go_on(now)
            }
            (State::Running(running), Event::Ready) if !running.ready => self.ready(now),
            (State::Running(_), Event::Unready { evidence }) => {
                self.unready = Some(evidence);
                Vec::new()
            }
            (State::Running(_), Event::Unhealthy { evidence }) => {
                self.stop(Some(Failure::Unhealthy { evidence }), now)
            }
            (State::Running(_), Event::Changed) if self.service.schedule.is_none() => self.changed(now),
            (State::Running(running), Event::Deaf) => {
                running.reload = Some(later(now, DEAF));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn when_due(&mut self, now: Instant) -> Vec<Action> {
        match &self.state {
            State::BackingOff { until } if *until <= now => self.prepare(now),
            State::Running(running) => self.running_due(*running, now),
            State::Stopping(stopping) if !stopping.killed && stopping.until <= now => self.kill(),
            State::Finishing(Finishing { until: Some(until), pid }) if *until <= now => {
                self.state = State::Finishing(Finishing { until: None, pid: *pid });
                vec![Action::SignalFinish(Signal::KILL), Action::Tell(Happened::FinishKilled)]
            }
            State::Rest(_)
            | State::BackingOff { .. }
            | State::Preparing
            | State::Stopping(_)
            | State::Finishing(_) => Vec::new(),
        }
    }

    fn running_due(&mut self, running: Running, now: Instant) -> Vec<Action> {
        let is_due = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        let failure = if is_due(running.limit) {
            self.service.limit.map(|limit| Failure::TooLong { limit })
        } else if is_due(running.ready_by) {
            let evidence = self.unready.take();
            self.service.ready.as_ref().map(|ready| Failure::NotReady { timeout: ready.timeout, evidence })
        } else {
            None
        };
        match failure {
            Some(failure) => self.stop(Some(failure), now),
            None if is_due(running.reload) => self.reload(now),
            None => Vec::new(),
        }
    }

    pub(super) fn go(&mut self, state: State, now: Instant) {
        self.state = state;
        self.since = now;
    }

    /// Starts it as soon as it may be: when it waits for nothing, and not before its throttle.
    pub(super) fn start(&mut self, not_before: Instant, now: Instant) -> Vec<Action> {
        if self.held.is_some() || !self.missing.is_empty() {
            return self.wait(now);
        }
        let throttled = self.life.map(|life| later(life.started, self.service.restart.throttle));
        let at = throttled.map_or(not_before, |throttled| throttled.max(not_before));
        if at <= now {
            return self.prepare(now);
        }
        self.go(State::BackingOff { until: at }, now);
        Vec::new()
    }

    pub(super) fn wait(&mut self, now: Instant) -> Vec<Action> {
        self.go(State::Rest(Rest::Waiting), now);
        let (dependencies, held) = (self.missing.clone(), self.held.clone());
        vec![Action::Tell(Happened::Waiting { dependencies, held })]
    }

    pub(super) fn spawn(&mut self, now: Instant) -> Vec<Action> {
        self.again = false;
        self.owed_reload = false;
        self.unready = None;
        if self.life.is_some() {
            self.restarts += 1;
        }
        self.life = Some(Life { pid: 0, started: now, paused: false, termed: false, sent: None });
        self.go(State::Running(Running::default()), now);
        vec![Action::Spawn]
    }

    fn started(&mut self, pid: i32, now: Instant) -> Vec<Action> {
        if let Some(life) = &mut self.life {
            life.pid = pid;
        }
        let ready = self.service.ready.as_ref().filter(|_| !self.service.once);
        let running = Running {
            ready: ready.is_none(),
            ready_by: ready.map(|ready| later(now, ready.timeout)),
            limit: self.service.limit.map(|limit| later(now, limit)),
            reload: None,
        };
        let awaits = ready.is_some();
        self.state = State::Running(running);
        let mut actions = vec![Action::Tell(Happened::Started { pid, restarts: self.restarts })];
        if awaits {
            actions.push(Action::AwaitReady);
        } else if self.service.health.is_some() {
            actions.push(Action::WatchHealth);
        }
        actions
    }

    pub(super) fn ready(&mut self, now: Instant) -> Vec<Action> {
        if let State::Running(running) = &mut self.state {
            running.ready = true;
            running.ready_by = None;
        }
        let after = self.life.map_or(Duration::ZERO, |life| now.duration_since(life.started));
        let mut actions = vec![Action::Tell(Happened::Ready { after })];
        if self.service.health.is_some() {
            actions.push(Action::WatchHealth);
        }
        actions
    }

    fn not_started(&mut self, reason: String, code: i32, now: Instant) -> Vec<Action> {
        let end = End {
            status: None,
            failure: None,
            code,
            out_of_memory: false,
            at: now,
            uptime: Duration::ZERO,
            is_failure: true,
        };
        self.judge(end, now);
        let next = self.next_start(now);
        let mut actions = vec![Action::Tell(Happened::NotStarted { reason, next })];
        actions.extend(self.gone(now));
        actions
    }

    fn exited(
        &mut self,
        status: ExitStatus,
        out_of_memory: bool,
        leftovers: bool,
        stopping: Option<Stopping>,
        now: Instant,
    ) -> Vec<Action> {
        let life = self.life;
        let uptime = life.map_or(Duration::ZERO, |life| now.duration_since(life.started));
        let failure = stopping.as_ref().and_then(|stopping| stopping.failure.clone());
        let was_sent = life.and_then(|life| life.sent).is_some_and(|sent| status.signal() == Some(sent));
        let was_asked = stopping.is_some() && failure.is_none();
        let is_done = status.is_success() && failure.is_none() && self.may_end_well();
        let expected = was_asked || was_sent || is_done;
        let is_failure = failure.is_some() || !(status.is_success() || was_asked);
        let end = End {
            status: Some(status),
            failure: failure.clone(),
            // That it died of the signal that we sent it says nothing of what it died for.
            code: if failure.is_some() && status.signal().is_some() { 1 } else { status.shell_code() },
            out_of_memory,
            at: now,
            uptime,
            is_failure,
        };
        if was_asked || was_sent {
            self.pardon(end);
        } else {
            self.judge(end, now);
        }
        let is_last = !leftovers && !self.hooks.is_busy();
        let exited = Exited {
            pid: life.map_or(0, |life| life.pid),
            status,
            out_of_memory,
            uptime,
            restarts: self.restarts,
            expected,
            failure: failure.clone(),
            next: self.next_start(now),
        };
        let mut actions = Vec::new();
        if stopping.is_none() {
            actions.push(Action::StopProbes);
        }
        actions.push(Action::Tell(Happened::Exited(exited)));
        actions.extend(if is_last { self.gone(now) } else { self.sweep(stopping, leftovers, now) });
        actions
    }

    /// What its process has left behind is to end as well, and hooks are waited for.
    fn sweep(&mut self, stopping: Option<Stopping>, leftovers: bool, now: Instant) -> Vec<Action> {
        let swept = !leftovers;
        if let Some(stopping) = stopping {
            self.state = State::Stopping(Stopping { swept, ..stopping });
            return Vec::new();
        }
        let until = self.grace(now);
        let failure = None;
        self.go(State::Stopping(Stopping { ended: true, swept, until, killed: false, failure }), now);
        if leftovers { self.ask(None, now) } else { Vec::new() }
    }

    /// What comes after its group, and after its hooks, when both have ended.
    pub(super) fn go_on(&mut self, now: Instant) -> Vec<Action> {
        match &self.state {
            _ if self.hooks.is_busy() => Vec::new(),
            State::Preparing => self.prepared(now),
            State::Stopping(Stopping { ended: true, swept: true, .. }) => self.gone(now),
            _ => Vec::new(),
        }
    }

    /// Nothing of it is left: the finish program has its turn, unless time is up.
    fn gone(&mut self, now: Instant) -> Vec<Action> {
        let is_late = self
            .leaving
            .is_some_and(|leaving| leaving.hurried || leaving.until.is_some_and(|until| until <= now));
        let Some(finish) = self.service.finish.as_ref().filter(|_| !is_late) else { return self.settle(now) };
        let own = finish.timeout.map(|timeout| later(now, timeout));
        let until = own.into_iter().chain(self.leaving.and_then(|leaving| leaving.until)).min();
        self.go(State::Finishing(Finishing { until, pid: None }), now);
        let (code, status) = self.end.as_ref().map_or((111, 0), |end| arguments(end.status));
        vec![Action::Finish { code, status }]
    }

    /// Asks its whole group to end.
    pub(super) fn stop(&mut self, failure: Option<Failure>, now: Instant) -> Vec<Action> {
        let until = self.grace(now);
        let to_restart = failure.is_some() || self.again;
        let told = Happened::Stopping {
            signal: self.service.stop.signal,
            grace: until.saturating_duration_since(now),
            failure: failure.clone(),
            to_restart: to_restart && self.leaving.is_none() && self.wanted != Wanted::Down,
        };
        self.hurry_hook(now + until.saturating_duration_since(now) / 2);
        let stopping = Stopping { ended: false, swept: false, until, killed: false, failure };
        self.go(State::Stopping(stopping), now);
        let mut actions = vec![Action::StopProbes, Action::Tell(told)];
        actions.extend(self.ask(Some(Hook('t')), now));
        actions
    }

    /// One that is stopped (`SIGSTOP`) could not obey.
    pub(super) fn ask(&mut self, hook: Option<Hook>, now: Instant) -> Vec<Action> {
        let then = match (hook, self.leaving.is_some(), self.wanted) {
            (None, ..) => None,
            (Some(_), true, _) => Some(Hook('x')),
            (Some(_), false, Wanted::Down) => Some(Hook('d')),
            (Some(_), false, _) => None,
        };
        let group = |signal| Some((signal, Recipient::Group));
        let mut actions = self.in_turn(hook, group(self.service.stop.signal), now);
        actions.extend(self.in_turn(None, group(Signal::CONT), now));
        actions.extend(self.in_turn(then, None, now));
        actions
    }

    pub(super) fn kill(&mut self) -> Vec<Action> {
        if let State::Stopping(stopping) = &mut self.state {
            stopping.killed = true;
        }
        let mut actions = self.kill_hooks();
        actions.extend([Action::Kill, Action::Tell(Happened::Killed)]);
        actions
    }

    /// When its time to end is over.
    pub(super) fn grace(&self, now: Instant) -> Instant {
        let own = later(now, self.service.stop.grace);
        self.leaving.and_then(|leaving| leaving.until).map_or(own, |until| own.min(until))
    }
}

/// What the finish program is told: runit's exit code, and the low byte of the wait status (`wait(2)`).
fn arguments(status: Option<ExitStatus>) -> (i32, i32) {
    match status {
        None => (111, 0),
        Some(ExitStatus::Code(code)) => (code, 0),
        Some(ExitStatus::Signal { signal, core }) => (-1, signal.number() | if core { 128 } else { 0 }),
        Some(ExitStatus::Lost) => (-1, 0),
    }
}

/// A time beyond all clocks is as good as a year.
pub(crate) fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now + Duration::from_secs(365 * 24 * 3_600))
}
