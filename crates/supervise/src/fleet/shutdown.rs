//! The end, in reverse order, within one deadline.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use preflight_processes::Signal;

use super::{Effect, FleetMachine};
use crate::{
    Cause, Ending, Event, FleetHappened, Name,
    service::{Machine, later},
};

/// What is left then is killed so long before the deadline, at most: a kill takes its time as well.
const FOR_KILLS: Duration = Duration::from_millis(500);
/// Those that end last have this much time of the deadline each, at most, whatever those before them take.
const FOR_THE_LAST: Duration = Duration::from_secs(2);
const KILLED: i32 = 128 + 9;

/// What has left its service, and runs on when all services are gone, may take so long to end where nobody has asked for
/// an end: it holds up an end that has come of itself.
const FOR_ORPHANS: Duration = Duration::from_millis(500);
/// A kill is not instant.
const AFTER_A_KILL: Duration = Duration::from_millis(500);

/// How long what is left when all services are gone may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// To end by itself.
    pub(crate) patience: Duration,
    /// To be gone. Not waited for longer.
    pub(crate) limit: Duration,
}

/// A shutdown that has begun.
#[derive(Debug)]
pub(super) struct Shutdown {
    cause: Cause,
    /// The code that is known from the beginning.
    code: Option<i32>,
    kill_at: Instant,
    until: Instant,
    hurried: bool,
    pub(super) killed: BTreeSet<Name>,
}

impl Shutdown {
    pub(super) fn due(&self) -> Instant {
        if self.hurried { self.until } else { self.kill_at }
    }
}

impl FleetMachine {
    /// Ends everything within the deadline; asked a second time, it hurries.
    pub(super) fn ask_to_end(&mut self, signal: Option<Signal>, deadline: Duration, now: Instant) {
        match &self.shutdown {
            None => self.begin_shutdown(Cause::Requested { signal }, None, deadline, now),
            // The end that came of itself is given the deadline of who asks; the next one hurries.
            Some(shutdown) if matches!(shutdown.cause, Cause::Requested { .. }) => self.hurry(now),
            Some(shutdown) if later(now, deadline) < shutdown.until => self.tighten(deadline, now),
            Some(_) => self.hurry(now),
        }
    }

    pub(super) fn begin_shutdown(
        &mut self,
        cause: Cause,
        code: Option<i32>,
        deadline: Duration,
        now: Instant,
    ) {
        // What has failed for good is forgotten by its machine when it leaves.
        let code = code.or_else(|| self.failed_code().filter(|_| self.main.is_none()));
        let (kill_at, until) = times(deadline, now);
        let told = FleetHappened::ShuttingDown { cause: cause.clone(), deadline };
        self.shutdown =
            Some(Shutdown { cause, code, kill_at, until, hurried: false, killed: BTreeSet::new() });
        self.effects.push_back(Effect::Tell(told));
        self.members.mark_all();
    }

    fn tighten(&mut self, deadline: Duration, now: Instant) {
        let (kill_at, until) = times(deadline, now);
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.kill_at = kill_at;
            shutdown.until = until;
        }
        for at in 0..self.members.len() {
            if self.machine_at(at).is_leaving() {
                self.step(at, Event::Shutdown { until: kill_at }, now);
            }
        }
    }

    /// What is left is killed.
    pub(super) fn hurry(&mut self, now: Instant) {
        let Some(shutdown) = self.shutdown.as_mut().filter(|shutdown| !shutdown.hurried) else { return };
        shutdown.hurried = true;
        self.effects.push_back(Effect::Tell(FleetHappened::Hurried));
        for at in 0..self.members.len() {
            self.step(at, Event::Hurry, now);
        }
    }

    pub(super) fn shutdown_due(&mut self, now: Instant) {
        let Some(shutdown) = &self.shutdown else { return };
        let (kill_at, until) = (shutdown.kill_at, shutdown.until);
        if kill_at <= now {
            self.hurry(now);
        }
        if until <= now {
            self.end();
        }
    }

    /// Each one is asked to end when nothing that depends on it is left. When all are gone it is over.
    pub(super) fn wind_down(&mut self, now: Instant) {
        if self.shutdown.is_none() {
            return;
        }
        // One that leaves without having run tells nobody, and yet another one may have waited for it.
        while let Some(at) = self.members.pop_changed() {
            if self.may_leave(at) {
                let until = self.share(at, now);
                self.step(at, Event::Shutdown { until }, now);
            }
        }
        if self.members.all_over() {
            self.end();
        }
    }

    fn may_leave(&self, at: usize) -> bool {
        let machine = self.machine_at(at);
        !machine.is_leaving_everything()
            && (!machine.has_process() || !self.members.is_needed(&machine.service().name))
    }

    /// The time that one may take, so that those below it have some left.
    fn share(&self, at: usize, now: Instant) -> Instant {
        let Some(shutdown) = &self.shutdown else { return now };
        let below = self.below(at, &mut HashMap::new());
        let left = shutdown.kill_at.saturating_duration_since(now);
        let slice = (left / (below + 1)).min(FOR_THE_LAST);
        now + left.saturating_sub(slice * below)
    }

    fn end(&mut self) {
        let Some(shutdown) = &self.shutdown else { return };
        if self.effects.iter().any(|effect| matches!(effect, Effect::End(_))) {
            return;
        }
        let code = shutdown.code.unwrap_or_else(|| self.requested_code(shutdown));
        let hanging = self.machines().filter(|machine| !machine.is_over());
        let hanging = hanging.map(|machine| machine.service().name.clone());
        let killed = shutdown.killed.iter().cloned().chain(hanging).collect::<BTreeSet<_>>();
        let ending = Ending { cause: shutdown.cause.clone(), code, killed: killed.into_iter().collect() };
        self.effects.push_back(Effect::End(ending));
    }

    /// For what is left when all services are gone: in an end that was asked for, what is left of its one deadline.
    pub(crate) fn rest(&self, now: Instant) -> Rest {
        let Some(shutdown) = &self.shutdown else {
            return Rest { patience: FOR_ORPHANS, limit: FOR_ORPHANS + AFTER_A_KILL };
        };
        let left = shutdown.until.saturating_duration_since(now);
        let patience = shutdown.kill_at.saturating_duration_since(now);
        if shutdown.hurried {
            Rest { patience: Duration::ZERO, limit: left.min(AFTER_A_KILL) }
        } else if matches!(shutdown.cause, Cause::Requested { .. }) {
            Rest { patience, limit: left }
        } else {
            Rest { patience: patience.min(FOR_ORPHANS), limit: left.min(FOR_ORPHANS + AFTER_A_KILL) }
        }
    }

    /// When somebody asks for an end, the code says what became of the command, not that it was asked: 0 when it ended
    /// well, its own code when it says another one, 128 and the signal's number when it died of the signal that we passed
    /// on (143 of a `TERM`) or had to be killed in the end (137). So do Docker and tini, of which platforms know the codes.
    /// Of several services, none speaks for all: 0 when all that ran have ended in time, in whatever way, as systemd has
    /// it with a service that dies of the signal that stops it; and 137 when one had to be killed. One that had failed
    /// before, and did not run when the end was asked for, has given the code already.
    fn requested_code(&self, shutdown: &Shutdown) -> i32 {
        let Some(main) = &self.main else { return if shutdown.killed.is_empty() { 0 } else { KILLED } };
        let signal = match shutdown.cause {
            Cause::Requested { signal } => signal.map_or(0, |signal| 128 + signal.number()),
            Cause::Service { .. } | Cause::AllDone => 0,
        };
        self.machine(main).and_then(Machine::last_code).unwrap_or(signal)
    }

    /// For an end that nobody outside has asked for, there is as much time as the services have together.
    pub(super) fn longest_grace(&self) -> Duration {
        let longest = self.machines().map(|machine| machine.service().stop.grace).max().unwrap_or_default();
        let mut known = HashMap::new();
        let levels = (0..self.members.len()).map(|at| self.below(at, &mut known)).max().unwrap_or(0) + 1;
        longest.saturating_mul(levels) + FOR_KILLS
    }
}

/// When to kill, and when to be gone.
fn times(deadline: Duration, now: Instant) -> (Instant, Instant) {
    let until = later(now, deadline);
    let for_kills = (deadline / 10).min(FOR_KILLS);
    (until.checked_sub(for_kills).unwrap_or(now).max(now), until)
}
