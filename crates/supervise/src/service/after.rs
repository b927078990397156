//! What comes after an end.

use std::time::{Duration, Instant};

use super::{
    machine::{Machine, later},
    state::{End, Rest, State},
};
use crate::{Action, Backoff, Happened, Policy, Wanted};

/// What the restart policy says about an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is started again then.
    Again(Instant),
    /// It has ended well, and stays so.
    Done,
    /// It has failed, and stays so.
    Failed,
    /// It has failed too often.
    GaveUp,
}

/// What comes when nothing of it runs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Start(Instant),
    Rest(Rest),
}

impl Machine {
    /// It ended by itself: that counts.
    pub(super) fn judge(&mut self, end: End, now: Instant) {
        let restart = self.service.restart;
        if end.uptime >= restart.throttle {
            self.early = 0;
        }
        let is_final = match restart.policy {
            _ if self.service.once && !end.is_failure => true,
            Policy::Always => false,
            Policy::OnFailure => !end.is_failure,
            Policy::Never => true,
        };
        self.verdict = if is_final {
            if end.is_failure { Verdict::Failed } else { Verdict::Done }
        } else if self.is_too_often(now) {
            Verdict::GaveUp
        } else {
            Verdict::Again(later(now, self.backoff(end.uptime)))
        };
        self.end = Some(end);
    }

    /// It ended because somebody wanted it to: that does not count.
    pub(super) fn pardon(&mut self, end: End) {
        self.early = 0;
        self.verdict = match self.service.restart.policy {
            _ if self.service.once && !end.is_failure => Verdict::Done,
            Policy::Never if end.is_failure => Verdict::Failed,
            Policy::Never => Verdict::Done,
            Policy::OnFailure if !end.is_failure => Verdict::Done,
            Policy::Always | Policy::OnFailure => Verdict::Again(end.at),
        };
        self.end = Some(end);
    }

    /// Somebody gives it another chance.
    pub(super) fn forgive(&mut self) {
        self.early = 0;
        self.ends.clear();
    }

    /// An end with 0 is what it is for.
    pub(super) fn may_end_well(&self) -> bool {
        self.service.once || self.wanted == Wanted::Once || self.service.restart.policy != Policy::Always
    }

    /// In how long it is started again, as far as is known now.
    pub(super) fn next_start(&self, now: Instant) -> Option<Duration> {
        match self.next(now) {
            Next::Start(at) => {
                let started = self.life.map_or(now, |life| life.started);
                let at = at.max(later(started, self.service.restart.throttle));
                Some(at.saturating_duration_since(now))
            }
            Next::Rest(_) => None,
        }
    }

    /// Nothing of it runs any more.
    pub(super) fn settle(&mut self, now: Instant) -> Vec<Action> {
        match self.next(now) {
            Next::Start(at) => self.start(at, now),
            Next::Rest(rest) => {
                let has_given_up = rest == Rest::GaveUp;
                self.go(State::Rest(rest), now);
                if has_given_up { self.tell_gave_up() } else { Vec::new() }
            }
        }
    }

    fn next(&self, now: Instant) -> Next {
        let is_failure = self.end.as_ref().is_some_and(|end| end.is_failure);
        if self.leaving.is_some() {
            Next::Rest(Rest::Over)
        } else if !self.service.is_enabled() {
            Next::Rest(Rest::Disabled)
        } else if self.wanted == Wanted::Down {
            Next::Rest(Rest::Down)
        } else if self.again {
            Next::Start(now)
        } else if self.wanted == Wanted::Once {
            Next::Rest(if is_failure { Rest::Failed } else { Rest::Done })
        } else {
            match self.verdict {
                Verdict::Again(at) => Next::Start(at),
                Verdict::Done => Next::Rest(Rest::Done),
                Verdict::Failed => Next::Rest(Rest::Failed),
                Verdict::GaveUp => Next::Rest(Rest::GaveUp),
            }
        }
    }

    fn tell_gave_up(&self) -> Vec<Action> {
        let Some(budget) = self.service.restart.give_up else { return Vec::new() };
        let (times, within) = (budget.times, budget.within);
        let (status, failure) =
            self.end.as_ref().map_or((None, None), |end| (end.status, end.failure.clone()));
        vec![Action::Tell(Happened::GaveUp { times, within, status, failure })]
    }

    fn is_too_often(&mut self, now: Instant) -> bool {
        let Some(budget) = self.service.restart.give_up else { return false };
        self.ends.push_back(now);
        self.ends.retain(|end| now.duration_since(*end) < budget.within);
        self.ends.len() >= usize::try_from(budget.times).unwrap_or(usize::MAX)
    }

    /// The wait that grows; none for one that lived long enough.
    fn backoff(&mut self, uptime: Duration) -> Duration {
        let Some(Backoff { min, max }) =
            self.service.restart.backoff.filter(|_| uptime < self.service.restart.throttle)
        else {
            return Duration::ZERO;
        };
        let doubled = 2_u32.checked_pow(self.early).and_then(|times| min.checked_mul(times)).unwrap_or(max);
        self.early = self.early.saturating_add(1);
        let by_chance = doubled.min(max).mul_f64(self.random.f64() / 4.0);
        doubled.saturating_add(by_chance).min(max)
    }
}
