//! What to do when: a state, an event and the time give the next state and the actions.

use std::time::{Duration, Instant};

use preflight_processes::{ExitStatus, Signal};

use super::Settings;

/// After a kill; a process that hangs in the kernel for longer is given up.
const AFTER_A_KILL: Duration = Duration::from_secs(5);

/// A child that has just started may not mind its reload signal yet, and would die of it.
const TO_GET_READY: Duration = Duration::from_secs(10);
/// Between two looks whether it does.
const NOT_READY: Duration = Duration::from_millis(50);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Every template is rendered; some file is another than before.
    Rendered {
        /// False when all files were already as they should be.
        changed: bool,
    },
    /// The configuration was read again, and is good.
    Reconfigured(Box<Settings>),
    /// The child could not be started; nothing runs.
    NotStarted,
    /// The child would die of the signal that was to tell it of a change: it was not sent.
    NotReady,
    /// The child itself ended.
    Exited {
        /// How.
        status: ExitStatus,
        /// Something else still runs in its process group.
        leftovers: bool,
    },
    /// Nothing runs in its process group any more.
    Gone,
    /// The program received a signal.
    Signal(Signal),
    /// The time that [`Machine::due`] told has come.
    Due,
    /// The caller wants to end.
    Stop,
}

/// Something to do, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start the child. There is none when this is said.
    Spawn,
    /// Tell its group that something changed.
    Reload {
        /// How.
        signal: Signal,
        /// Only when the child minds it; else the answer is [`Event::NotReady`].
        when_ready: bool,
    },
    /// Pass a signal on to its group.
    Forward(Signal),
    /// Ask its group to end.
    Ask {
        /// How.
        signal: Signal,
        /// A new one is started after it.
        to_restart: bool,
    },
    /// Kill everything in its group.
    Kill,
    /// Read the configuration again.
    ReadConfiguration,
    /// The child will hear of a change after this time.
    Wait(Duration),
    /// It is over.
    End(End),
}

/// How it is over, as far as can be said without a child's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The child's status is the program's.
    Child(ExitStatus),
    /// The program was stopped.
    Stopped {
        /// By which signal; `None` by [`Event::Stop`].
        signal: Option<Signal>,
        /// The child's status, when there was one.
        child: Option<ExitStatus>,
        /// By force.
        killed: bool,
    },
    /// The child could not be started.
    NotStarted,
}

/// The machine.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    state: State,
    /// When the child that runs was started.
    started: Option<Instant>,
    random: fastrand::Rng,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Splaying { until: Instant },
    Stopping(Stopping),
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stopping {
    then: Then,
    status: Option<ExitStatus>,
    until: Instant,
    killed: bool,
}

/// What comes after the child is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Restart,
    /// The program ends as the child did.
    AsChild,
    /// The program was stopped.
    Stopped(Option<Signal>),
}

impl Machine {
    /// Waits for everything to be rendered. The seed is for the splay.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self { settings, state: State::Waiting, started: None, random: fastrand::Rng::with_seed(seed) }
    }

    /// How the child is to be run now.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When [`Event::Due`] is wanted, if nothing else happens before.
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Splaying { until } => Some(until),
            // A child that even a kill does not end is not started a second time: there is nothing to do but to wait.
            State::Stopping(Stopping { killed: true, then: Then::Restart, .. }) => None,
            State::Stopping(Stopping { until, .. }) => Some(until),
            State::Waiting | State::Running | State::Ended => None,
        }
    }

    /// One step. An event that cannot happen in the state (a child's end without a child) does nothing.
    pub fn step(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match (self.state, event) {
            (State::Ended, _) => Vec::new(),
            (_, Event::Reconfigured(settings)) => self.reconfigure(*settings, now),
            (State::Waiting, event) => self.while_waiting(event, now),
            (State::Running | State::Splaying { .. }, event) => self.while_running(event, now),
            (State::Stopping(stopping), event) => self.while_stopping(stopping, event, now),
        }
    }

    fn while_waiting(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Rendered { .. } => self.start(now),
            Event::Stop => self.end(End::Stopped { signal: None, child: None, killed: false }),
            Event::Signal(signal) if self.is_own_reload(signal) => vec![Action::ReadConfiguration],
            // Nobody is there to pass them on to: they mean us.
            Event::Signal(signal) if self.is_stop(signal) || matches!(signal, Signal::INT | Signal::QUIT) => {
                self.end(End::Stopped { signal: Some(signal), child: None, killed: false })
            }
            _ => Vec::new(),
        }
    }

    fn while_running(&mut self, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Rendered { changed: true } => self.plan(now),
            Event::Due => match self.state {
                State::Splaying { .. } => self.tell(now),
                _ => Vec::new(),
            },
            Event::Exited { status, leftovers: false } => self.end(End::Child(status)),
            // What a shell has in the background minds no INT.
            Event::Exited { status, leftovers: true } => {
                self.stop(Signal::TERM, Then::AsChild, Some(status), now)
            }
            Event::NotStarted => self.end(End::NotStarted),
            Event::NotReady => {
                self.state = State::Splaying { until: later(now, NOT_READY) };
                Vec::new()
            }
            Event::Stop => self.stop(self.settings.kill_signal, Then::Stopped(None), None, now),
            Event::Signal(signal) => self.running_signal(signal, now),
            Event::Rendered { changed: false } | Event::Gone | Event::Reconfigured(_) => Vec::new(),
        }
    }

    fn running_signal(&mut self, signal: Signal, now: Instant) -> Vec<Action> {
        if self.is_own_reload(signal) {
            vec![Action::ReadConfiguration]
        } else if signal == self.settings.own_kill_signal {
            self.stop(self.settings.kill_signal, Then::Stopped(Some(signal)), None, now)
        } else if signal == Signal::TERM || signal == self.settings.kill_signal {
            self.stop(signal, Then::AsChild, None, now)
        } else if Some(signal) == self.settings.reload_signal() {
            self.plan(now)
        } else {
            vec![Action::Forward(signal)]
        }
    }

    fn while_stopping(&mut self, stopping: Stopping, event: Event, now: Instant) -> Vec<Action> {
        match event {
            Event::Exited { status, leftovers } => {
                let stopping = Stopping { status: Some(status), ..stopping };
                self.state = State::Stopping(stopping);
                match leftovers {
                    false => self.after(stopping, now),
                    true if stopping.killed => Vec::new(),
                    // The child's own signal was for the child: it has done its work.
                    true => vec![Action::Forward(Signal::TERM)],
                }
            }
            Event::Gone if stopping.status.is_some() => self.after(stopping, now),
            Event::Due if !stopping.killed => self.kill(stopping, now),
            Event::Due if stopping.then != Then::Restart => self.after(stopping, now),
            Event::Stop => self.stop_instead(stopping, None, now),
            Event::Signal(signal) if self.is_own_reload(signal) => {
                if stopping.then == Then::Restart {
                    vec![Action::ReadConfiguration]
                } else {
                    Vec::new()
                }
            }
            Event::Signal(signal) if self.is_stop(signal) || signal == self.settings.kill_signal => {
                self.stop_instead(stopping, Some(signal), now)
            }
            Event::Signal(signal) if Some(signal) != self.settings.reload_signal() => {
                vec![Action::Forward(signal)]
            }
            _ => Vec::new(),
        }
    }

    fn reconfigure(&mut self, new: Settings, now: Instant) -> Vec<Action> {
        let needs_restart = self.settings.needs_restart(&new);
        let old_signal = self.settings.kill_signal;
        self.settings = new;
        match self.state {
            State::Running | State::Splaying { .. } if needs_restart => {
                self.stop(old_signal, Then::Restart, None, now)
            }
            _ => Vec::new(),
        }
    }

    /// The child shall hear of a change; changes within a splay join it.
    fn plan(&mut self, now: Instant) -> Vec<Action> {
        if matches!(self.state, State::Splaying { .. }) {
            return Vec::new();
        }
        if self.settings.splay.is_zero() {
            return self.tell(now);
        }
        let wait = self.settings.splay.mul_f64(self.random.f64());
        self.state = State::Splaying { until: later(now, wait) };
        vec![Action::Wait(wait)]
    }

    fn tell(&mut self, now: Instant) -> Vec<Action> {
        match self.settings.reload_signal() {
            Some(signal) => {
                self.state = State::Running;
                let when_ready =
                    self.started.is_some_and(|started| now.duration_since(started) < TO_GET_READY);
                vec![Action::Reload { signal, when_ready }]
            }
            None => self.stop(self.settings.kill_signal, Then::Restart, None, now),
        }
    }

    fn start(&mut self, now: Instant) -> Vec<Action> {
        self.state = State::Running;
        self.started = Some(now);
        vec![Action::Spawn]
    }

    fn stop(&mut self, signal: Signal, then: Then, status: Option<ExitStatus>, now: Instant) -> Vec<Action> {
        let until = later(now, self.settings.kill_timeout);
        self.state = State::Stopping(Stopping { then, status, until, killed: false });
        vec![Action::Ask { signal, to_restart: then == Then::Restart }]
    }

    /// A restart becomes a stop; a second stop hurries.
    fn stop_instead(&mut self, stopping: Stopping, signal: Option<Signal>, now: Instant) -> Vec<Action> {
        if stopping.then != Then::Restart {
            return if stopping.killed { Vec::new() } else { self.kill(stopping, now) };
        }
        let is_own = signal.is_none_or(|signal| signal == self.settings.own_kill_signal);
        let then = if is_own { Then::Stopped(signal) } else { Then::AsChild };
        self.state = State::Stopping(Stopping { then, ..stopping });
        match signal {
            Some(signal) if !is_own && !stopping.killed => vec![Action::Ask { signal, to_restart: false }],
            _ => Vec::new(),
        }
    }

    fn kill(&mut self, stopping: Stopping, now: Instant) -> Vec<Action> {
        self.state = State::Stopping(Stopping { killed: true, until: later(now, AFTER_A_KILL), ..stopping });
        vec![Action::Kill]
    }

    /// Nothing is left of the child, or it was given up.
    fn after(&mut self, stopping: Stopping, now: Instant) -> Vec<Action> {
        match stopping.then {
            Then::Restart => self.start(now),
            Then::AsChild => self.end(End::Child(stopping.status.unwrap_or(ExitStatus::Lost))),
            Then::Stopped(signal) => {
                // A child that ended by itself ended in order, even if what it had started did not.
                let by_itself = matches!(stopping.status, Some(ExitStatus::Code(_)));
                let killed = stopping.killed && !by_itself;
                self.end(End::Stopped { signal, child: stopping.status, killed })
            }
        }
    }

    fn end(&mut self, end: End) -> Vec<Action> {
        self.state = State::Ended;
        vec![Action::End(end)]
    }

    fn is_own_reload(&self, signal: Signal) -> bool {
        signal == self.settings.own_reload_signal
            && signal != self.settings.own_kill_signal
            && signal != Signal::TERM
    }

    fn is_stop(&self, signal: Signal) -> bool {
        signal == Signal::TERM || signal == self.settings.own_kill_signal
    }
}

/// A time beyond all clocks is as good as a year.
fn later(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait).unwrap_or(now + Duration::from_secs(365 * 24 * 3_600))
}
