//! The document is made of what is known at one moment. Pure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use preflight_logging::{Redactor, escape};
use preflight_supervise::output::{LastLine as Said, Stream};
use preflight_supervise::{
    LastExit as Ended, Name, Phase, ServiceSnapshot, Snapshot, Wanted, crash::describe,
};

use super::cleaned;
use super::{
    Checks, Contract, Document, Identity, LastExit, LastLine, Rendering, Schedule, Service, State, VERSION,
};
use crate::board::Stage;
use crate::remembered::Remembered;

/// Of each service so many last lines are shown.
const LAST_LINES: usize = 20;

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The clock on the wall, which may be set.
    pub(crate) wall: Timestamp,
    /// The one that only goes forward.
    pub(crate) monotonic: Instant,
}

/// What is known.
pub(crate) struct Facts<'board> {
    pub(crate) began: Moment,
    pub(crate) stage: Stage,
    pub(crate) contract: Option<&'board Contract>,
    pub(crate) checks: Option<&'board Checks>,
    pub(crate) rendering: Option<&'board Rendering>,
    pub(crate) identity: Option<Identity>,
    pub(crate) snapshot: Option<&'board Snapshot>,
    pub(crate) remembered: &'board BTreeMap<Name, Remembered>,
    pub(crate) last_lines: &'board dyn Fn(&str) -> Vec<Said>,
    pub(crate) redactor: &'board Redactor,
}

/// The document of that moment.
pub(crate) fn make(facts: &Facts<'_>, now: Moment) -> Document {
    let clean = |text: &str| facts.redactor.clean(text);
    let none = Remembered::default();
    let services = facts.snapshot.map_or_else(Vec::new, |snapshot| {
        let services = snapshot.services.iter();
        services
            .map(|seen| {
                let remembered = facts.remembered.get(&seen.name).unwrap_or(&none);
                About { seen, remembered, facts, now }.service()
            })
            .collect()
    });
    Document {
        version: VERSION,
        kind: "status".to_owned(),
        preflight: env!("CARGO_PKG_VERSION").to_owned(),
        at: rfc3339(now.wall),
        state: state(facts).to_owned(),
        ready: facts.snapshot.is_some_and(|snapshot| snapshot.ready),
        since: rfc3339(facts.began.wall),
        uptime_seconds: seconds(now.monotonic.saturating_duration_since(facts.began.monotonic)),
        pid: std::process::id(),
        contract: facts.contract.map(|contract| cleaned::contract(contract, &clean)),
        checks: facts.checks.map(|checks| cleaned::checks(checks, &clean)),
        rendering: facts.rendering.map(|rendering| cleaned::rendering(rendering, &clean)),
        identity: facts.identity.as_ref().map(|identity| cleaned::identity(identity, &clean)),
        services,
    }
}

fn state(facts: &Facts<'_>) -> &'static str {
    match (facts.snapshot, facts.stage) {
        (Some(snapshot), _) if snapshot.shutting_down => "stopping",
        (Some(_), _) => "running",
        (None, Stage::Checking) => "checking",
        (None, Stage::Starting) => "starting",
    }
}

/// One service, and what is known of it.
struct About<'facts> {
    seen: &'facts ServiceSnapshot,
    remembered: &'facts Remembered,
    facts: &'facts Facts<'facts>,
    now: Moment,
}

impl About<'_> {
    fn service(&self) -> Service {
        let Self { seen, remembered, now, .. } = self;
        let started = remembered.started.filter(|_| seen.runs());
        let said = (self.facts.last_lines)(&seen.name);
        let shown = said.len().saturating_sub(LAST_LINES);
        Service {
            name: escape(&seen.name).into_owned(),
            state: where_it_is(&seen.phase),
            ready: seen.ready,
            counts: self.counts(),
            wanted: wanted(seen.wanted).to_owned(),
            pid: seen.pid,
            since: wall(seen.since_wall),
            started_at: started.map(|started| rfc3339(self.on_the_wall(started))),
            uptime_seconds: started.map(|started| seconds(now.monotonic.saturating_duration_since(started))),
            restarts: seen.restarts,
            last_exit: seen.last_exit.as_ref().map(|ended| self.last_exit(ended)),
            next_try_at: match seen.phase {
                Phase::BackingOff { until } => Some(rfc3339(self.on_the_wall(until))),
                _ => None,
            },
            waits_for: match &seen.phase {
                Phase::Waiting { dependencies, .. } => {
                    dependencies.iter().map(|name| escape(name).into_owned()).collect()
                }
                _ => Vec::new(),
            },
            reason: self.reason(),
            paused: seen.paused,
            schedule: remembered.schedule.as_ref().map(|(schedule, times)| Schedule {
                expression: self.clean(&schedule.expression),
                timezone: schedule.timezone.as_deref().map(|zone| self.clean(zone)),
                next_due: times
                    .as_ref()
                    .and_then(|times| times.schedule.next(now.wall, &times.zone))
                    .map(rfc3339),
            }),
            last_lines: said[shown..].iter().map(line).collect(),
        }
    }

    fn counts(&self) -> bool {
        let is_enabled = !matches!(self.seen.phase, Phase::Disabled { .. });
        is_enabled && self.seen.wanted != Wanted::Down && self.remembered.schedule.is_none()
    }

    fn last_exit(&self, ended: &Ended) -> LastExit {
        let words = match ended.status {
            Some(status) => describe(&self.remembered.exit_codes, status, ended.out_of_memory),
            None => match &self.remembered.not_started {
                Some(reason) => format!("could not be started: {reason}"),
                None => "could not be started".to_owned(),
            },
        };
        LastExit {
            at: wall(ended.at),
            code: ended.status.map(preflight_processes::ExitStatus::shell_code),
            signal: ended.status.and_then(|status| status.signal()).map(|signal| signal.to_string()),
            out_of_memory: ended.out_of_memory,
            uptime_seconds: seconds(ended.uptime),
            words: self.clean(&words),
        }
    }

    fn reason(&self) -> Option<String> {
        match &self.seen.phase {
            Phase::Disabled { reason } => Some(self.clean(reason)),
            Phase::Waiting { held, .. } => held.as_deref().map(|reason| self.clean(reason)),
            Phase::Blocked { by } => Some(format!("{} has failed", escape(by))),
            _ => None,
        }
    }

    /// A moment of the clock that only goes forward, as the clock on the wall shows it today.
    fn on_the_wall(&self, moment: Instant) -> Timestamp {
        let Moment { wall, monotonic } = self.now;
        let later = moment.saturating_duration_since(monotonic);
        let earlier = monotonic.saturating_duration_since(moment);
        // Beyond the calendar there is no better answer than now.
        wall.checked_add(later).and_then(|wall| wall.checked_sub(earlier)).unwrap_or(wall)
    }

    fn clean(&self, text: &str) -> String {
        self.facts.redactor.clean(text)
    }
}

fn where_it_is(phase: &Phase) -> State {
    match phase {
        Phase::Disabled { .. } => State::Disabled,
        Phase::Waiting { held: Some(_), .. } => State::Held,
        Phase::Waiting { held: None, .. } => State::Waiting,
        Phase::Blocked { .. } => State::Blocked,
        Phase::Down => State::Down,
        Phase::Done => State::Done,
        Phase::Failed => State::Failed,
        Phase::GaveUp => State::GaveUp,
        Phase::BackingOff { .. } => State::BackingOff,
        Phase::Starting => State::Starting,
        Phase::Running => State::Running,
        Phase::Stopping => State::Stopping,
        Phase::Finishing => State::Finishing,
    }
}

fn wanted(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Up => "up",
        Wanted::Once => "once",
        Wanted::Down => "down",
    }
}

fn line(said: &Said) -> LastLine {
    let stream = match said.stream {
        Stream::Output => "stdout",
        Stream::Error => "stderr",
    };
    LastLine { at: wall(said.time), stream: stream.to_owned(), text: said.text.clone() }
}

/// In milliseconds: more digits say nothing.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

fn wall(time: SystemTime) -> String {
    // A clock that is set beyond the calendar is as good as none.
    rfc3339(Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn rfc3339(time: Timestamp) -> String {
    format!("{time:.3}")
}
