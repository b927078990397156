//! Schedules from outside: what people write, and when it is due.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod brute;
mod expressions;
mod summer_time;

use jiff::Timestamp;
use preflight_schedule::{Schedule, Zone};

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next times after `after`, as the zone's clock shows them.
fn dues(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let (schedule, name, zone) = (schedule(expression), zone, Zone::named(zone).unwrap());
    let mut at = time(after);
    let mut shown = Vec::new();
    while shown.len() < count {
        at = schedule.next(at, &zone).unwrap();
        shown.push(at.in_tz(name).unwrap().strftime("%Y-%m-%d %H:%M %Z").to_string());
    }
    shown
}
