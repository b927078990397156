//! Dates: formatting, reading, moving. Times without a zone are those of the process, whose `TZ` counts.

use preflight_gotemplate::{Call, CallError, IntKind, Type, Value};

use crate::surroundings::{Find, Surroundings};
use crate::table::{Given as _, Table};
use crate::time::{
    Time, Zone, format_duration, from_value, of_value, parse_duration, parse_in, to_value, type_of,
};

const DAY: &[u8] = b"2006-01-02";

pub(super) fn register(table: &mut Table<'_>) {
    let find = table.find;
    table.add("now", [], type_of(), move |call, _| Ok(to_value(now(find(call)?))));
    table.add("date", [Type::String, Type::Any], Type::String, move |call, given| {
        format(find(call)?, given.text(0), given.value(1), b"Local")
    });
    table.add("dateInZone", [Type::String, Type::Any, Type::String], Type::String, move |call, given| {
        format(find(call)?, given.text(0), given.value(1), given.text(2))
    });
    table.alias(&["date_in_zone"], "dateInZone");
    table.add("htmlDate", [Type::Any], Type::String, move |call, given| {
        format(find(call)?, DAY, given.value(0), b"Local")
    });
    table.add("htmlDateInZone", [Type::Any, Type::String], Type::String, move |call, given| {
        format(find(call)?, DAY, given.value(0), given.text(1))
    });
    table.add("unixEpoch", [type_of()], Type::String, |_, given| {
        Ok(from_value(given.value(0)).seconds.to_string().into())
    });
    register_moving(table);
    register_reading(table, find);
    register_durations(table, find);
}

fn register_moving(table: &mut Table<'_>) {
    table.add("dateModify", [Type::String, type_of()], type_of(), |_, given| {
        Ok(moved(given).unwrap_or_else(|_| given.value(1).clone()))
    });
    table.alias(&["date_modify"], "dateModify");
    table.add("mustDateModify", [Type::String, type_of()], type_of(), |_, given| moved(given));
    table.alias(&["must_date_modify"], "mustDateModify");
}

fn register_reading(table: &mut Table<'_>, find: Find) {
    table.add("toDate", [Type::String, Type::String], type_of(), move |call, given| {
        Ok(read(call, find, given).unwrap_or_else(|_| to_value(Time::zero())))
    });
    table.add("mustToDate", [Type::String, Type::String], type_of(), move |call, given| {
        read(call, find, given)
    });
}

fn register_durations(table: &mut Table<'_>, find: Find) {
    table.add("ago", [Type::Any], Type::String, move |call, given| {
        let now = now(find(call)?);
        let since = now.since(&moment(given.value(0), &now));
        Ok(format_duration(rounded_to_seconds(since)).into())
    });
    table.add("duration", [Type::Any], Type::String, |_, given| {
        let seconds = match given.value(0) {
            Value::String(text) => preflight_gotemplate::strconv::parse_int(text, 10, 64).unwrap_or(0),
            Value::Int(IntKind::Int64, seconds) => *seconds,
            _ => 0,
        };
        Ok(format_duration(seconds.wrapping_mul(1_000_000_000)).into())
    });
    table.add("durationRound", [Type::Any], Type::String, move |call, given| {
        let nanoseconds = match given.value(0) {
            Value::String(text) => parse_duration(text).unwrap_or(0),
            Value::Int(IntKind::Int64, nanoseconds) => *nanoseconds,
            value => match of_value(value).filter(|_| matches!(value, Value::Struct(_))) {
                Some(time) => now(find(call)?).since(&time),
                None => 0,
            },
        };
        Ok(rough(nanoseconds).into())
    });
}

fn local(surroundings: &dyn Surroundings) -> Zone {
    Zone::local(surroundings.process_variable(b"TZ").as_deref())
}

fn now(surroundings: &dyn Surroundings) -> Time {
    Time::from_system(surroundings.now(), local(surroundings))
}

/// A time, or seconds since 1970; anything else is now.
fn moment(value: &Value, now: &Time) -> Time {
    match value {
        Value::Int(IntKind::Int | IntKind::Int32 | IntKind::Int64, seconds) => {
            Time::unix(*seconds, now.zone.clone())
        }
        value => of_value(value).unwrap_or_else(|| now.clone()),
    }
}

/// An unknown zone is UTC.
fn format(
    surroundings: &dyn Surroundings,
    layout: &[u8],
    date: &Value,
    zone: &[u8],
) -> Result<Value, CallError> {
    let now = now(surroundings);
    let zone = Zone::load(zone, &now.zone).unwrap_or(Zone::Utc);
    Ok(moment(date, &now).within(zone).format(layout).into())
}

fn moved(given: &[Value]) -> Result<Value, CallError> {
    let distance = parse_duration(given.text(0)).map_err(|fault| CallError::new(fault.to_string()))?;
    Ok(to_value(from_value(given.value(1)).plus(distance)))
}

fn read(call: &Call<'_>, find: Find, given: &[Value]) -> Result<Value, CallError> {
    let zone = local(find(call)?);
    let time =
        parse_in(given.text(0), given.text(1), &zone).map_err(|fault| CallError::new(fault.to_string()))?;
    Ok(to_value(time))
}

/// Halves are rounded away from zero.
fn rounded_to_seconds(nanoseconds: i64) -> i64 {
    let second = 1_000_000_000;
    let half = if nanoseconds < 0 { -second / 2 } else { second / 2 };
    nanoseconds.saturating_add(half) / second * second
}

/// The largest unit that a duration is longer than, and how many of it.
fn rough(nanoseconds: i64) -> String {
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (SECOND * 3600 * 24 * 365, "y"),
        (SECOND * 3600 * 24 * 30, "mo"),
        (SECOND * 3600 * 24, "d"),
        (SECOND * 3600, "h"),
        (SECOND * 60, "m"),
        (SECOND, "s"),
    ];
    let length = nanoseconds.unsigned_abs();
    let unit = UNITS.iter().find(|(unit, _)| length > *unit);
    unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", length / unit))
}
