//! The Gregorian calendar, extended in both directions: days since 1970 and back.

use super::Civil;

/// Days in 400 years.
const ERA: i64 = 146_097;
/// Days before each month of a year without a leap day.
const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days before a month (1 to 13) in a year without a leap day.
pub(super) fn days_before(month: i64) -> i64 {
    usize::try_from(month - 1).ok().and_then(|index| BEFORE.get(index)).copied().unwrap_or(365)
}

pub(super) fn days_in(month: i64, year: i64) -> i64 {
    if month == 2 && is_leap(year) { 29 } else { days_before(month + 1) - days_before(month) }
}

/// Days from 1970-01-01 to a date, whose month and day may be beyond their range.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year.saturating_add((month - 1).div_euclid(12));
    let month = (month - 1).rem_euclid(12) + 1;
    let last = year.saturating_sub(1);
    let leap_days = last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400);
    let this_leap_day = i64::from(month > 2 && is_leap(year));
    // From the first of January of the year 1 to that of 1970.
    let to_1970 = 719_162;
    last.saturating_mul(365)
        .saturating_add(leap_days + days_before(month) + this_leap_day - 1 - to_1970)
        .saturating_add(day)
}

/// What calendar and clock show so many seconds after 1970-01-01 00:00:00.
pub(super) fn civil(seconds: i64) -> Civil {
    let (whole_days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, year_day) = year_of(whole_days);
    let leap = i64::from(is_leap(year));
    let month = (1..=12).rev().find(|month| year_day >= first_of(*month, leap)).unwrap_or(1);
    Civil {
        year,
        month: small(month),
        day: small(year_day - first_of(month, leap) + 1),
        year_day: small(year_day + 1),
        // The first of January 1970 was a Thursday.
        weekday: small((whole_days + 4).rem_euclid(7)),
        hour: small(clock / 3600),
        minute: small(clock / 60 % 60),
        second: small(clock % 60),
    }
}

fn first_of(month: i64, leap: i64) -> i64 {
    days_before(month) + if month > 2 { leap } else { 0 }
}

/// The year that a day falls in, and how many days of that year came before it.
fn year_of(day: i64) -> (i64, i64) {
    // Counted in eras that begin on the first of January of years such as 2001, whose leap days come last.
    let start = days(2001, 1, 1);
    let (era, within) = ((day - start).div_euclid(ERA), (day - start).rem_euclid(ERA));
    let centuries = (within / 36_524).min(3);
    let within = within - centuries * 36_524;
    let fours = within / 1461;
    let within = within - fours * 1461;
    let years = (within / 365).min(3);
    (2001 + era * 400 + centuries * 100 + fours * 4 + years, within - years * 365)
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
