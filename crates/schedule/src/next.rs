//! When it is due next.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::expression::{Schedule, Times};
use crate::zone::Zone;

/// A 29 February on a given weekday comes back within forty years.
const MOST_MONTHS: usize = 41 * 12;

impl Schedule {
    /// The first time after `after`, which itself is not one, at which it is due in `zone`; `None` for `@reboot`, and
    /// beyond the calendar.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let times = self.times?;
        // A job that was due before the clock was put back may be due after midnight of the day before.
        let mut date = zone.0.to_datetime(after).date().yesterday().ok()?;
        for _ in 0..MOST_MONTHS {
            if !has(times.months, date.month()) {
                date = date.last_of_month().tomorrow().ok()?;
                continue;
            }
            let month = date.month();
            while date.month() == month {
                if times.fits(date)
                    && let Some(found) = times.first_on(date, after, zone)
                {
                    return Some(found);
                }
                date = date.tomorrow().ok()?;
            }
        }
        None
    }

    /// How often it was due after `after` and until `until`, counted up to `most`, and the last of these times.
    #[must_use]
    pub fn between(
        &self,
        after: Timestamp,
        until: Timestamp,
        zone: &Zone,
        most: usize,
    ) -> (usize, Option<Timestamp>) {
        let mut last = None;
        let mut count = 0;
        while count < most
            && let Some(due) = self.next(last.unwrap_or(after), zone).filter(|due| *due <= until)
        {
            last = Some(due);
            count += 1;
        }
        (count, last)
    }
}

impl Times {
    fn fits(&self, date: Date) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, sunday_first(date.weekday()));
        if self.both_days { day && weekday } else { day || weekday }
    }

    /// The first time after `after` on a day that fits.
    fn first_on(&self, date: Date, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let midnight = date.at(0, 0, 0, 0);
        if is_even(midnight, zone) {
            let begin = zone.0.to_datetime(after).max(midnight);
            if begin.date() > date {
                return None;
            }
            let due = self.minutes_of(begin.hour()).find_map(|(hour, minute)| {
                zone.0.to_timestamp(date.at(hour, minute, 0, 0)).ok().filter(|due| *due > after)
            });
            return due;
        }
        // The clock is put forward or back: the order of its readings is not that of time.
        let readings = self.minutes_of(0);
        let dues = readings.flat_map(|(hour, minute)| self.dues(date.at(hour, minute, 0, 0), zone));
        dues.filter(|due| *due > after).min()
    }

    /// Hours and minutes that fit, from the given hour on.
    fn minutes_of(&self, first_hour: i8) -> impl Iterator<Item = (i8, i8)> + '_ {
        let hours = (first_hour..24).filter(|hour| has(self.hours, *hour));
        hours.flat_map(|hour| {
            (0..60).filter(|minute| has(self.minutes, *minute)).map(move |minute| (hour, minute))
        })
    }

    /// The times that a reading of the clock stands for.
    fn dues(&self, reading: DateTime, zone: &Zone) -> impl Iterator<Item = Timestamp> {
        let ambiguous = zone.0.to_ambiguous_timestamp(reading);
        let (first, second) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => (ambiguous.compatible().ok(), None),
            AmbiguousOffset::Fold { .. } if self.follows_clock => {
                (ambiguous.earlier().ok(), ambiguous.later().ok())
            }
            AmbiguousOffset::Fold { .. } => (ambiguous.earlier().ok(), None),
            AmbiguousOffset::Gap { .. } if self.follows_clock => (None, None),
            AmbiguousOffset::Gap { .. } => {
                (ambiguous.later().ok().and_then(|due| end_of_gap(due, zone)), None)
            }
        };
        first.into_iter().chain(second)
    }
}

/// Whether every reading of the day is one time: its clock is neither put forward nor back.
fn is_even(midnight: DateTime, zone: &Zone) -> bool {
    let offset = |reading: DateTime| match zone.0.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { offset } => Some(offset),
        _ => None,
    };
    let next = midnight.checked_add(1.day()).ok();
    offset(midnight).is_some_and(|begin| next.and_then(offset) == Some(begin))
}

/// The time at which the clock was put forward, shortly before `later`.
fn end_of_gap(later: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let behind = later.checked_add(SignedDuration::from_secs(1)).ok()?;
    zone.0.preceding(behind).next().map(|change| change.timestamp())
}

fn has(bits: u64, number: i8) -> bool {
    bits >> number & 1 == 1
}

fn sunday_first(weekday: Weekday) -> i8 {
    weekday.to_sunday_zero_offset()
}
