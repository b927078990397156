//! Jobs, with clocks that are set and machines that stand still.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use preflight_schedule::Zone;

use super::{Action, Event, Job, Now, Times};
use crate::Overlap;

/// Two clocks, of which one can be set.
struct Clocks(Now);

impl Clocks {
    fn at(wall: &str) -> Self {
        Self(Now { wall: time(wall), monotonic: Instant::now() })
    }

    /// Both go on.
    fn pass(&mut self, seconds: u64) -> Now {
        self.0.monotonic += Duration::from_secs(seconds);
        self.set(i64::try_from(seconds).unwrap())
    }

    /// The wall clock alone is set; so it looks after a machine stood still, too.
    fn set(&mut self, seconds: i64) -> Now {
        self.0.wall += SignedDuration::from_secs(seconds);
        self.0
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn times(schedule: &str, overlap: Overlap) -> Times {
    Times { schedule: schedule.parse().unwrap(), zone: Zone::utc(), overlap, jitter: Duration::ZERO }
}

fn job(schedule: &str, overlap: Overlap, clocks: &Clocks) -> Job {
    Job::new(times(schedule, overlap), clocks.0, 7)
}

fn missed(count: usize, first: &str, last: &str) -> Action {
    Action::Missed { count, first: time(first), last: time(last) }
}

#[test]
fn a_job_runs_when_it_is_due_and_not_before() {
    let mut clocks = Clocks::at("2026-11-21T11:59:30Z");
    let mut job = job("@hourly", Overlap::Skip, &clocks);
    assert_eq!(job.due(), Some(clocks.0.monotonic + Duration::from_secs(30)));
    assert_eq!(job.step(Event::Tick, clocks.pass(29)), []);
    assert_eq!(job.step(Event::Tick, clocks.pass(1)), [Action::Start]);
    assert!(job.is_running());
    assert_eq!(job.step(Event::Tick, clocks.pass(1)), []);
    assert_eq!(job.step(Event::Ended, clocks.pass(1)), []);
    assert_eq!(job.next(), Some(time("2026-11-21T13:00:00Z")));
    assert_eq!(job.step(Event::Tick, clocks.pass(3_598)), [Action::Start]);
}

#[test]
fn a_run_that_still_goes_on_is_not_joined_by_another() {
    let noon = time("2026-11-21T12:00:00Z");
    let start = || Clocks::at("2026-11-21T11:00:00Z");
    let (mut clocks, mut skip) = (start(), job("0 11-12 * * *", Overlap::Skip, &start()));
    assert_eq!(skip.step(Event::Requested, clocks.0), [Action::Start]);
    assert_eq!(skip.step(Event::Tick, clocks.pass(3_600)), [Action::Overlapped { due: noon }]);
    assert_eq!(skip.step(Event::Ended, clocks.pass(1)), []);

    let (mut clocks, mut queue) = (start(), job("*/30 * * * *", Overlap::Queue, &start()));
    assert_eq!(queue.step(Event::Requested, clocks.0), [Action::Start]);
    assert_eq!(queue.step(Event::Tick, clocks.pass(1_800)), []);
    assert_eq!(queue.step(Event::Tick, clocks.pass(1_800)), [], "one of them waits at most");
    assert_eq!(queue.step(Event::Ended, clocks.pass(1)), [Action::Start]);
    assert_eq!(queue.step(Event::Ended, clocks.pass(1)), []);

    let (mut clocks, mut replace) = (start(), job("*/30 * * * *", Overlap::Replace, &start()));
    assert_eq!(replace.step(Event::Requested, clocks.0), [Action::Start]);
    assert_eq!(replace.step(Event::Tick, clocks.pass(1_800)), [Action::Stop]);
    assert_eq!(replace.step(Event::Tick, clocks.pass(1_800)), [], "it is told to stop once");
    assert_eq!(replace.step(Event::Ended, clocks.pass(1)), [Action::Start]);
}

#[test]
fn runs_missed_while_all_stood_still_are_told_once() {
    let mut clocks = Clocks::at("2026-11-21T08:00:00Z");
    let mut often = job("*/10 * * * *", Overlap::Skip, &clocks);
    clocks.set(2 * 3_600 + 120);
    assert_eq!(
        often.step(Event::Tick, clocks.0),
        [missed(12, "2026-11-21T08:10:00Z", "2026-11-21T10:00:00Z")]
    );
    assert_eq!(often.step(Event::Tick, clocks.pass(1)), []);
    assert_eq!(often.step(Event::Tick, clocks.pass(479)), [Action::Start]);
}

#[test]
fn a_clock_put_forward_by_an_hour_runs_fixed_jobs_once() {
    let mut clocks = Clocks::at("2026-11-21T01:50:00Z");
    let mut fixed = job("0,30 2 * * *", Overlap::Skip, &clocks);
    clocks.set(3_600);
    assert_eq!(
        fixed.step(Event::Tick, clocks.0),
        [missed(1, "2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z"), Action::Start]
    );
    let mut long = Clocks::at("2026-11-21T01:50:00Z");
    let mut fixed = job("0 2 * * *", Overlap::Skip, &long);
    long.set(5 * 3_600);
    assert_eq!(fixed.step(Event::Tick, long.0), [missed(1, "2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z")]);
}

#[test]
fn a_clock_put_back_by_an_hour_repeats_no_fixed_job_and_delays_none_that_follows_it() {
    let mut clocks = Clocks::at("2026-11-21T01:59:00Z");
    let (mut fixed, mut often) =
        (job("0 2 * * *", Overlap::Skip, &clocks), job("0 * * * *", Overlap::Skip, &clocks));
    clocks.pass(60);
    for job in [&mut fixed, &mut often] {
        assert_eq!(job.step(Event::Tick, clocks.0), [Action::Start]);
        assert_eq!(job.step(Event::Ended, clocks.0), []);
    }
    clocks.pass(1_800);
    clocks.set(-3_600);
    assert_eq!((fixed.step(Event::Tick, clocks.0), often.step(Event::Tick, clocks.0)), (vec![], vec![]));
    assert_eq!(often.next(), Some(time("2026-11-21T02:00:00Z")));
    assert_eq!(fixed.next(), Some(time("2026-11-22T02:00:00Z")));
    clocks.pass(1_800);
    assert_eq!(often.step(Event::Tick, clocks.0), [Action::Start]);
    assert_eq!(fixed.step(Event::Tick, clocks.0), []);
}

#[test]
fn a_clock_that_was_wrong_by_days_is_followed() {
    let mut clocks = Clocks::at("2030-01-01T00:00:00Z");
    let mut fixed = job("0 2 * * *", Overlap::Skip, &clocks);
    clocks.0.wall = time("2026-11-21T01:00:00Z");
    assert_eq!(fixed.step(Event::Tick, clocks.pass(1)), []);
    assert_eq!(fixed.next(), Some(time("2026-11-21T02:00:00Z")));
}

#[test]
fn jitter_delays_a_run_within_its_bounds() {
    let mut clocks = Clocks::at("2026-11-21T11:59:59Z");
    let jitter = Duration::from_secs(60);
    let mut job = Job::new(Times { jitter, ..times("@hourly", Overlap::Skip) }, clocks.0, 3);
    assert_eq!(job.step(Event::Tick, clocks.pass(1)), []);
    let due = job.due().unwrap();
    assert!(due > clocks.0.monotonic && due <= clocks.0.monotonic + jitter);
    assert_eq!(job.step(Event::Tick, clocks.pass(60)), [Action::Start]);
}

#[test]
fn a_job_for_the_start_runs_once() {
    let mut clocks = Clocks::at("2026-11-21T12:00:00Z");
    let mut job = job("@reboot", Overlap::Skip, &clocks);
    assert_eq!(job.due(), Some(clocks.0.monotonic));
    assert_eq!(job.step(Event::Tick, clocks.0), [Action::Start]);
    assert_eq!(job.step(Event::Ended, clocks.pass(5)), []);
    assert_eq!(job.due(), None);
}

#[test]
fn other_times_do_not_touch_a_run() {
    let mut clocks = Clocks::at("2026-11-21T12:00:00Z");
    let mut job = job("@hourly", Overlap::Skip, &clocks);
    assert_eq!(job.step(Event::Tick, clocks.pass(3_600)), [Action::Start]);
    job.reschedule(times("@daily", Overlap::Skip), clocks.pass(60));
    assert!(job.is_running());
    assert_eq!(job.next(), Some(time("2026-11-22T00:00:00Z")));
}
