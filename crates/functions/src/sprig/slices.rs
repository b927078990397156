//! `slice`, `chunk`, and lists of numbers.

use preflight_gotemplate::{CallError, Type, Value};

use super::lists::{both, items};
use super::loose::int;
use crate::table::{Given as _, Table, fail};

/// No list of numbers is longer.
const LONGEST: usize = 1_000_000;

pub(super) fn register(table: &mut Table<'_>) {
    for name in both("slice") {
        table.add_variadic(&name, [Type::Any], Type::Any, Type::Any, |_, given| {
            slice(given.value(0), given.rest(1))
        });
    }
    for name in both("chunk") {
        let result = Type::slice(Type::any_slice());
        table.add(&name, [Type::INT, Type::Any], result, |_, given| {
            chunk(given.int(0), &items(given.value(1), "Cannot chunk type")?)
        });
    }
    let ints = || Type::slice(Type::INT);
    table.add("until", [Type::INT], ints(), |_, given| {
        let count = given.int(0);
        Ok(list(until(0, count, if count < 0 { -1 } else { 1 })?))
    });
    table.add("untilStep", [Type::INT, Type::INT, Type::INT], ints(), |_, given| {
        Ok(list(until(given.int(0), given.int(1), given.int(2))?))
    });
    table.add_variadic("seq", [], Type::INT, Type::String, |_, given| {
        let numbers = sequence(given)?;
        Ok(numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ").into())
    });
}

fn list(numbers: Vec<i64>) -> Value {
    Value::list(Type::INT, numbers.into_iter().map(Value::int))
}

fn slice(list: &Value, indices: &[Value]) -> Result<Value, CallError> {
    // The check of the kind is that of all functions on lists.
    items(list, "list should be type of slice or array but")?;
    let Some(list) = list.as_list().filter(|list| !list.is_empty()) else { return Ok(Value::Nil) };
    let bound = |index: usize, other: usize| {
        indices.get(index).map_or(Ok(other), |value| usize::try_from(int(value)))
    };
    let window = match (bound(0, 0), bound(1, list.len())) {
        (Ok(start), Ok(end)) => list.window(start, end, list.capacity()),
        _ => None,
    };
    window.map(Value::from).ok_or_else(|| CallError::new("reflect.Value.Slice: slice index out of bounds"))
}

fn chunk(size: i64, items: &[Value]) -> Result<Value, CallError> {
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return fail("runtime error: makeslice: len out of range");
    };
    let chunks = items.chunks(size).map(|chunk| Value::any_list(chunk.iter().cloned()));
    Ok(Value::list(Type::any_slice(), chunks))
}

/// Numbers from `start` to before `stop`; none if the step leads the other way.
fn until(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, CallError> {
    if (stop < start && step >= 0) || (stop >= start && step <= 0) {
        return Ok(Vec::new());
    }
    let count = stop.abs_diff(start).div_ceil(step.unsigned_abs());
    if usize::try_from(count).map_or(true, |count| count > LONGEST) {
        return fail(format!("from {start} to {stop} are more than {LONGEST} numbers"));
    }
    let mut numbers = Vec::new();
    let mut next = Some(start);
    while let Some(number) = next.filter(|number| if step > 0 { *number < stop } else { *number > stop }) {
        numbers.push(number);
        next = number.checked_add(step);
    }
    Ok(numbers)
}

/// Numbers up to and with an end: `end`, `start end` or `start step end`.
fn sequence(given: &[Value]) -> Result<Vec<i64>, CallError> {
    let (start, step, end) = match given {
        [_] => (1, None, given.int(0)),
        [_, _] => (given.int(0), None, given.int(1)),
        [_, _, _] => (given.int(0), Some(given.int(1)), given.int(2)),
        _ => return Ok(Vec::new()),
    };
    let direction = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok(Vec::new());
    }
    until(start, end.saturating_add(direction), step.unwrap_or(direction))
}
