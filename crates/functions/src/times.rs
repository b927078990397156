//! Points in time and durations for those who make values: `time.Time` and `time.Duration` as Go has them.

use preflight_gotemplate::{Type, Value};

use crate::time::{self, Time, Zone, format_duration, parse_in, to_value, type_of};

/// `time.Time`
#[must_use]
pub fn time_type() -> Type {
    type_of()
}

/// The time that a text in the form of RFC 3339 names; nothing if it names none.
#[must_use]
pub fn time(text: &str) -> Option<Value> {
    let time = parse_in(b"2006-01-02T15:04:05Z07:00", text.as_bytes(), &Zone::Utc).ok()?;
    Some(to_value(time))
}

/// The time so many nanoseconds after 1970, in the zone of `TZ`.
#[must_use]
pub fn local_time(nanoseconds: i64) -> Value {
    to_value(local(nanoseconds))
}

/// The same as Go prints it.
#[must_use]
pub fn local_time_text(nanoseconds: i64) -> Vec<u8> {
    local(nanoseconds).describe()
}

/// `time.Duration`
#[must_use]
pub fn duration_type() -> Type {
    time::duration_type()
}

/// A `time.Duration`.
#[must_use]
pub fn duration(nanoseconds: i64) -> Value {
    time::duration(nanoseconds)
}

/// A duration as Go prints it: `1h30m0s`.
#[must_use]
pub fn duration_text(nanoseconds: i64) -> String {
    format_duration(nanoseconds)
}

fn local(nanoseconds: i64) -> Time {
    use std::os::unix::ffi::OsStrExt as _;
    let variable = std::env::var_os("TZ");
    let zone = Zone::local(variable.as_deref().map(|name| name.as_bytes()));
    Time::unix(0, zone).plus(nanoseconds)
}
