//! How a service hears that its files have changed.

use std::time::{Duration, Instant};

use super::{
    machine::{Machine, later},
    state::State,
};
use crate::{Action, Happened, Reloading};

/// A process that has just started may not mind its reload signal yet, and would die of it.
const TO_GET_READY: Duration = Duration::from_secs(10);
/// Between two looks whether it does.
pub(super) const DEAF: Duration = Duration::from_millis(50);

impl Machine {
    /// It shall hear of a change; changes within a splay join it.
    pub(super) fn changed(&mut self, now: Instant) -> Vec<Action> {
        let Some(reload) = &self.service.reload else { return Vec::new() };
        let State::Running(running) = &mut self.state else { return Vec::new() };
        if running.reload.is_some() {
            return Vec::new();
        }
        if reload.splay.is_zero() {
            return self.reload(now);
        }
        let wait = reload.splay.mul_f64(self.random.f64());
        running.reload = Some(later(now, wait));
        vec![Action::Tell(Happened::Splaying(wait))]
    }

    pub(super) fn reload(&mut self, now: Instant) -> Vec<Action> {
        if let State::Running(running) = &mut self.state {
            running.reload = None;
        }
        if self.held.is_some() {
            self.owed_reload = true;
            return Vec::new();
        }
        match self.service.reload.as_ref().map(|reload| reload.how) {
            None => Vec::new(),
            Some(Reloading::Restart) => {
                self.again = true;
                self.stop(None, now)
            }
            Some(Reloading::Signal(signal)) => {
                let started = self.life.map_or(now, |life| life.started);
                let when_minded = now.duration_since(started) < TO_GET_READY;
                vec![Action::Reload { signal, when_minded }]
            }
        }
    }
}
