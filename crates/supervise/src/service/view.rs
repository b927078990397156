//! What can be seen of a machine.

use std::time::{Duration, Instant};

use preflight_processes::ExitStatus;

use super::{
    machine::Machine,
    state::{Rest, State},
};
use crate::{Enabled, Name, Phase, Wanted};

/// What can be seen of a machine, without the clock on the wall.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(crate) phase: Phase,
    pub(crate) pid: Option<i32>,
    pub(crate) since: Instant,
    pub(crate) restarts: u64,
    pub(crate) last: Option<Last>,
    pub(crate) wanted: Wanted,
    pub(crate) paused: bool,
    pub(crate) termed: bool,
    pub(crate) ready: bool,
}

/// How it ended the last time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Last {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) out_of_memory: bool,
    pub(crate) at: Instant,
    pub(crate) uptime: Duration,
}

/// An end that stays, for those that depend on it and for the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It has ended as it should.
    Done,
    /// It has failed for good.
    Failed {
        /// How; `None`: it could not be started.
        status: Option<ExitStatus>,
        /// As a shell would say it; 0 for one that gave up though it ended with 0.
        code: i32,
        gave_up: bool,
    },
}

impl Machine {
    pub(crate) fn view(&self) -> View {
        let life = self.life.filter(|_| self.runs());
        View {
            phase: self.phase(),
            pid: match &self.state {
                State::Finishing(finishing) => finishing.pid,
                _ => life.map(|life| life.pid),
            },
            since: self.since,
            restarts: self.restarts,
            last: self.end.as_ref().map(|end| Last {
                status: end.status,
                out_of_memory: end.out_of_memory,
                at: end.at,
                uptime: end.uptime,
            }),
            wanted: self.wanted,
            paused: life.is_some_and(|life| life.paused),
            termed: life.is_some_and(|life| life.termed),
            ready: self.is_ready(),
        }
    }

    /// Its own process runs.
    pub(crate) fn runs(&self) -> bool {
        match &self.state {
            State::Running(_) => true,
            State::Stopping(stopping) => !stopping.ended,
            State::Rest(_) | State::BackingOff { .. } | State::Preparing | State::Finishing(_) => false,
        }
    }

    /// Nothing of it runs, and it will not come back.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Rest(Rest::Over)
    }

    /// Something of it runs: itself, what it left behind, or a program of its directory.
    pub(crate) fn has_process(&self) -> bool {
        match self.state {
            State::Running(_) | State::Stopping(_) | State::Preparing | State::Finishing(_) => true,
            State::Rest(_) | State::BackingOff { .. } => false,
        }
    }

    /// Everything ends, and it knows.
    pub(crate) fn is_leaving_everything(&self) -> bool {
        self.is_over() || self.leaving.is_some_and(|leaving| leaving.hurried || leaving.until.is_some())
    }

    /// What has failed and keeps it from ever being started.
    pub(crate) fn blocked_by(&self) -> Option<&Name> {
        match &self.state {
            State::Rest(Rest::Blocked(by)) => Some(by),
            _ => None,
        }
    }

    /// It is to leave the fleet, or everything ends.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Others may start.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.state {
            State::Running(running) => running.ready && !self.service.once && self.has_started(),
            State::Rest(rest) => *rest == Rest::Done || *rest == Rest::Disabled,
            State::BackingOff { .. } | State::Preparing | State::Stopping(_) | State::Finishing(_) => false,
        }
    }

    /// It waits for what it depends on.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Rest(Rest::Waiting | Rest::Blocked(_)))
    }

    /// It has no part in whether all are ready: nobody wants it to run, or it is a job, which comes and goes.
    pub(crate) fn is_unwanted(&self) -> bool {
        self.wanted == Wanted::Down || self.service.schedule.is_some()
    }

    /// Nothing runs, nothing is due, and it waits for nothing that could still happen.
    pub(crate) fn is_idle(&self) -> bool {
        let State::Rest(rest) = &self.state else { return false };
        match (rest, &self.service.schedule) {
            (Rest::Waiting, _) => false,
            (Rest::Disabled | Rest::Blocked(_) | Rest::Over, _) | (_, None) => true,
            // It will run again when it is due, and one for the start was due once.
            (_, Some(schedule)) => schedule.is_at_start() && self.end.is_some(),
        }
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let State::Rest(rest) = &self.state else { return None };
        let failed = |gave_up| {
            let end = self.end.as_ref();
            let (status, code) = (end.and_then(|end| end.status), end.map_or(1, |end| end.code));
            Some(Outcome::Failed { status, code, gave_up })
        };
        match rest {
            Rest::Done => Some(Outcome::Done),
            Rest::Failed => failed(false),
            Rest::GaveUp => failed(true),
            Rest::Disabled | Rest::Waiting | Rest::Blocked(_) | Rest::Down | Rest::Over => None,
        }
    }

    /// How it failed the last time, when it has not been started since and shall be.
    pub(crate) fn unmended_code(&self) -> Option<i32> {
        let is_between = match &self.state {
            State::BackingOff { .. } | State::Preparing | State::Finishing(_) => true,
            State::Stopping(stopping) => stopping.ended,
            State::Rest(rest) => *rest == Rest::Waiting,
            State::Running(_) => false,
        };
        self.end.as_ref().filter(|end| is_between && end.is_failure).map(|end| end.code)
    }

    /// How it ended the last time, as a shell would say it.
    pub(crate) fn last_code(&self) -> Option<i32> {
        self.end.as_ref().map(|end| end.code)
    }

    fn has_started(&self) -> bool {
        self.life.is_some_and(|life| life.pid != 0)
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Rest(rest) => self.resting(rest),
            State::BackingOff { until } => Phase::BackingOff { until: *until },
            State::Running(running) if running.ready => Phase::Running,
            State::Running(_) | State::Preparing => Phase::Starting,
            State::Stopping(_) => Phase::Stopping,
            State::Finishing(_) => Phase::Finishing,
        }
    }

    fn resting(&self, rest: &Rest) -> Phase {
        match rest {
            Rest::Disabled => {
                let reason = match &self.service.enabled {
                    Enabled::Disabled { reason } => reason.clone(),
                    Enabled::Yes => String::new(),
                };
                Phase::Disabled { reason }
            }
            Rest::Waiting => Phase::Waiting { dependencies: self.missing.clone(), held: self.held.clone() },
            Rest::Blocked(by) => Phase::Blocked { by: by.clone() },
            Rest::Down | Rest::Over => Phase::Down,
            Rest::Done => Phase::Done,
            Rest::Failed => Phase::Failed,
            Rest::GaveUp => Phase::GaveUp,
        }
    }
}
