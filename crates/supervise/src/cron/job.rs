//! One job: what to do when.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::Times;
use crate::Overlap;

/// A run that begins so late still counts as in time: a busy machine, a second's rounding.
const IN_TIME: SignedDuration = SignedDuration::from_mins(1);
/// Beyond this a clock was not set for summer time or by a correction, but was wrong.
const CORRECTION: SignedDuration = SignedDuration::from_hours(3);
/// Differences between the clocks that are no setting of one.
const DRIFT: SignedDuration = SignedDuration::from_secs(5);
/// More missed runs than this are not counted.
const MOST_MISSED: usize = 10_000;
/// Where nothing else is due; a clock may be set without anybody being told.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3_600);

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, which may be set.
    pub wall: Timestamp,
    /// The clock that only goes forward.
    pub monotonic: Instant,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The time that [`Job::due`] told has come, or the wall clock was set.
    Tick,
    /// The run has ended, however.
    Ended,
    /// There is a wish to run it now; its times stay as they are.
    Requested,
}

/// Something to do or to tell, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Start a run. There is none when this is said, unless [`Action::Stop`] came before.
    Start,
    /// Stop the run; [`Event::Ended`] is its answer, and the new run begins then.
    Stop,
    /// A run was left out because the one before still runs.
    Overlapped {
        /// When it was due.
        due: Timestamp,
    },
    /// Runs were left out because nobody was there at their times.
    Missed {
        /// How many, up to 10,000.
        count: usize,
        /// When the first of them was due.
        first: Timestamp,
        /// When the last of them was due.
        last: Timestamp,
    },
}

/// A job and what is known of it.
#[derive(Debug)]
pub struct Job {
    times: Times,
    /// Everything that was due until then is dealt with.
    settled: Timestamp,
    /// The next time that is due.
    next: Option<Timestamp>,
    /// A run that is due and waits for its jitter to pass.
    waits_until: Option<Instant>,
    running: bool,
    /// A run begins when this one has ended.
    queued: bool,
    last: Now,
    random: fastrand::Rng,
}

impl Job {
    /// A job whose times count from `now` on. The seed is for its jitter. One for `@reboot` begins with the first tick.
    pub fn new(times: Times, now: Now, seed: u64) -> Self {
        let next = times.schedule.next(now.wall, &times.zone);
        let random = fastrand::Rng::with_seed(seed);
        let waits_until = times.schedule.is_at_start().then_some(now.monotonic);
        Self { times, settled: now.wall, next, waits_until, running: false, queued: false, last: now, random }
    }

    /// When it is due next by the wall clock, jitter aside; `None` when that is never.
    pub const fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Whether a run goes on.
    pub const fn is_running(&self) -> bool {
        self.running
    }

    /// When [`Event::Tick`] is wanted, if nothing else happens before.
    pub fn due(&self) -> Option<Instant> {
        let by_clock = self.next.map(|next| {
            let wait = Duration::try_from(next.duration_since(self.last.wall)).unwrap_or(Duration::ZERO);
            self.last.monotonic + wait.min(LONGEST_SLEEP)
        });
        match (by_clock, self.waits_until) {
            (Some(clock), Some(jitter)) => Some(clock.min(jitter)),
            (clock, jitter) => clock.or(jitter),
        }
    }

    /// Takes other times, from `now` on. A run goes on, and what waits to begin begins.
    pub fn reschedule(&mut self, times: Times, now: Now) {
        if times != self.times {
            self.next = times.schedule.next(now.wall, &times.zone);
            self.times = times;
        }
        (self.settled, self.last) = (now.wall, now);
    }

    /// One step.
    pub fn step(&mut self, event: Event, now: Now) -> Vec<Action> {
        let mut actions = Vec::new();
        self.notice_a_set_clock(now);
        match event {
            Event::Tick => {}
            Event::Requested if self.running => self.queued = true,
            Event::Requested => self.start(&mut actions),
            Event::Ended => {
                self.running = false;
                if std::mem::take(&mut self.queued) {
                    self.start(&mut actions);
                }
            }
        }
        self.look_at_the_clock(now, &mut actions);
        if self.waits_until.is_some_and(|until| until <= now.monotonic) {
            self.waits_until = None;
            self.begin(&mut actions);
        }
        self.last = now;
        actions
    }

    /// A wall clock that was put back shows times again that are dealt with.
    fn notice_a_set_clock(&mut self, now: Now) {
        let elapsed = now.monotonic.saturating_duration_since(self.last.monotonic);
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        let put_forward = now.wall.duration_since(self.last.wall).saturating_sub(elapsed);
        let put_back = put_forward.saturating_mul(-1);
        if put_back > CORRECTION || put_back > DRIFT && self.times.schedule.follows_clock() {
            self.settled = now.wall;
            self.next = self.times.schedule.next(now.wall, &self.times.zone);
        }
    }

    /// Deals with everything that is due by now.
    fn look_at_the_clock(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Some(first) = self.next.filter(|next| *next <= now.wall) else { return };
        let Times { schedule, zone, .. } = &self.times;
        let (count, last) = schedule.between(self.settled, now.wall, zone, MOST_MISSED);
        let last = last.unwrap_or(first);
        self.next = schedule.next(now.wall, zone);
        self.settled = now.wall;
        let late = now.wall.duration_since(last);
        let runs = late <= IN_TIME || !schedule.follows_clock() && late <= CORRECTION;
        let missed = count.max(1) - usize::from(runs);
        if missed > 0 {
            let before = if runs { self.before(first, last) } else { last };
            actions.push(Action::Missed { count: missed, first, last: before });
        }
        if runs {
            self.plan(last, now, actions);
        }
    }

    /// The last time that is due before `last`, which is not the first one.
    fn before(&self, first: Timestamp, last: Timestamp) -> Timestamp {
        let just_before = last.checked_sub(SignedDuration::from_secs(1)).unwrap_or(first);
        let Times { schedule, zone, .. } = &self.times;
        schedule.between(first, just_before, zone, MOST_MISSED).1.unwrap_or(first)
    }

    /// A run is due: at once, or when its jitter has passed.
    fn plan(&mut self, due: Timestamp, now: Now, actions: &mut Vec<Action>) {
        // A jitter may be longer than its period, and then what waits is enough.
        let skips = self.running && self.times.overlap == Overlap::Skip;
        if self.waits_until.is_some() || skips {
            actions.push(Action::Overlapped { due });
        } else {
            self.waits_until = Some(now.monotonic + self.times.jitter.mul_f64(self.random.f64()));
        }
    }

    /// A run begins, or waits for the one before.
    fn begin(&mut self, actions: &mut Vec<Action>) {
        if !self.running {
            return self.start(actions);
        }
        match self.times.overlap {
            Overlap::Skip => actions.push(Action::Overlapped { due: self.settled }),
            Overlap::Queue => self.queued = true,
            Overlap::Replace => {
                if !std::mem::replace(&mut self.queued, true) {
                    actions.push(Action::Stop);
                }
            }
        }
    }

    fn start(&mut self, actions: &mut Vec<Action>) {
        self.running = true;
        actions.push(Action::Start);
    }
}
