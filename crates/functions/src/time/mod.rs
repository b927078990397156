//! Go's `time`: instants with a zone, layouts such as `2006-01-02 15:04`, durations such as `1h30m`.

mod calendar;
mod duration;
mod format;
mod layout;
mod parse;
mod value;
mod zone;

pub(crate) use duration::{format_duration, parse_duration};
pub(crate) use parse::parse_in;
pub(crate) use value::{duration, duration_type, from_value, of_value, to_value, type_of};
pub(crate) use zone::Zone;

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds in a second.
const BILLION: i128 = 1_000_000_000;
/// Go's zero time, the first of January of the year 1, in seconds since 1970.
const ZERO: i64 = -62_135_596_800;

/// An instant, and the zone in which it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub(crate) seconds: i64,
    /// Nanoseconds within the second, below a billion.
    pub(crate) nanoseconds: u32,
    /// Where it is shown.
    pub(crate) zone: Zone,
}

/// The reading of a calendar and a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u32,
    /// 1 to 31.
    pub(crate) day: u32,
    /// 1 to 366.
    pub(crate) year_day: u32,
    /// 0 is Sunday.
    pub(crate) weekday: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

impl Time {
    pub(crate) fn unix(seconds: i64, zone: Zone) -> Self {
        Self { seconds, nanoseconds: 0, zone }
    }

    /// Go's zero time, in UTC.
    pub(crate) fn zero() -> Self {
        Self::unix(ZERO, Zone::Utc)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.seconds == ZERO && self.nanoseconds == 0
    }

    pub(crate) fn from_system(time: SystemTime, zone: Zone) -> Self {
        let nanoseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()).unwrap_or_default(),
            Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or_default(),
        };
        Self::from_nanoseconds(nanoseconds, zone)
    }

    fn from_nanoseconds(total: i128, zone: Zone) -> Self {
        let seconds = i64::try_from(total.div_euclid(BILLION)).unwrap_or(i64::MAX);
        let nanoseconds = u32::try_from(total.rem_euclid(BILLION)).unwrap_or_default();
        Self { seconds, nanoseconds, zone }
    }

    fn total(&self) -> i128 {
        i128::from(self.seconds) * BILLION + i128::from(self.nanoseconds)
    }

    /// The same instant elsewhere.
    #[must_use]
    pub(crate) fn within(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// So many nanoseconds later.
    #[must_use]
    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        Self::from_nanoseconds(self.total() + i128::from(nanoseconds), self.zone.clone())
    }

    /// Nanoseconds since another instant, as far as they fit.
    pub(crate) fn since(&self, earlier: &Self) -> i64 {
        let distance = self.total() - earlier.total();
        i64::try_from(distance).unwrap_or(if distance < 0 { i64::MIN } else { i64::MAX })
    }

    /// What calendar and clock show in the zone.
    pub(crate) fn civil(&self) -> Civil {
        calendar::civil(self.seconds.saturating_add(i64::from(self.zone.offset_at(self.seconds).seconds)))
    }

    /// The instant at which calendar and clock of a zone show this; months and days may be beyond their range.
    pub(crate) fn at(civil: (i64, i64, i64), clock: i64, nanoseconds: u32, zone: Zone) -> Self {
        let (year, month, day) = civil;
        let shown = calendar::days(year, month, day).saturating_mul(86_400).saturating_add(clock);
        let guess = i64::from(zone.offset_at(shown).seconds);
        let offset =
            if guess == 0 { 0 } else { i64::from(zone.offset_at(shown.saturating_sub(guess)).seconds) };
        Self { seconds: shown.saturating_sub(offset), nanoseconds, zone }
    }

    /// `2006-01-02T15:04:05.999999999Z07:00`
    pub(crate) fn format_rfc3339_nano(&self) -> Vec<u8> {
        self.format(b"2006-01-02T15:04:05.999999999Z07:00")
    }

    /// What Go's `String` gives: `2006-01-02 15:04:05.999999999 -0700 MST`.
    pub(crate) fn describe(&self) -> Vec<u8> {
        self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")
    }
}
