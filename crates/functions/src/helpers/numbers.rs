//! Numbers and truth out of text, and counting in a loop.

use preflight_gotemplate::strconv::{self, FloatSize, NumberError};
use preflight_gotemplate::{CallError, Chan, ChanDirection, Type, Value};

use crate::table::{Given as _, Table, fail};

/// A loop takes at most so many steps. consul-template would run on until its memory or the reader's patience ends.
const MOST_STEPS: i64 = 1_000_000;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("parseBool", [Type::String], Type::Bool, |_, given| {
        parse(given, "parseBool", false, |text| strconv::parse_bool(text))
    });
    table.add("parseFloat", [Type::String], Type::FLOAT64, |_, given| {
        parse(given, "parseFloat", 0.0, |text| strconv::parse_float(text, FloatSize::F64))
    });
    table.add("parseInt", [Type::String], Type::INT64, |_, given| {
        parse(given, "parseInt", 0i64, |text| strconv::parse_int(text, 10, 64))
    });
    table.add("parseUint", [Type::String], Type::UINT64, |_, given| {
        parse(given, "parseUint", 0u64, |text| strconv::parse_uint(text, 10, 64))
    });
    let numbers = Type::chan(Type::INT64, ChanDirection::Receive);
    table.add_variadic("loop", [], Type::Any, numbers, |_, given| {
        let (start, stop) = match given {
            [stop] => (0, bound(stop)?),
            [start, stop] => (bound(start)?, bound(stop)?),
            _ => {
                let count = given.len();
                return fail(format!("loop: wrong number of arguments, expected 1 or 2, but got {count}"));
            }
        };
        if stop.saturating_sub(start) > MOST_STEPS {
            return fail(format!("loop: from {start} to {stop} are more than {MOST_STEPS} steps"));
        }
        Ok(Chan::closed(Type::INT64, ChanDirection::Receive, (start..stop).map(Value::from)).into())
    });
}

/// An empty text is zero; faults are told under the function's name.
fn parse<T: Into<Value>>(
    given: &[Value],
    name: &str,
    zero: T,
    parse: impl Fn(&[u8]) -> Result<T, NumberError>,
) -> Result<Value, CallError> {
    let text = given.text(0);
    if text.is_empty() {
        return Ok(zero.into());
    }
    parse(text).map(Into::into).map_err(|fault| CallError::new(format!("{name}: {fault}")))
}

#[expect(clippy::cast_possible_wrap, reason = "Go converts an unsigned bound so")]
fn bound(value: &Value) -> Result<i64, CallError> {
    match value.underlying() {
        Value::Int(_, number) => Ok(*number),
        Value::Uint(_, number) => Ok(*number as i64),
        Value::String(text) if text.is_empty() => Ok(0),
        Value::String(text) => {
            strconv::parse_int(text, 10, 64).map_err(|fault| CallError::new(format!("parseInt: {fault}")))
        }
        _ => fail(format!("loop: bad argument type: {}", value.type_name())),
    }
}
