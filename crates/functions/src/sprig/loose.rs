//! Loose conversions of any value to a number or a text, as sprig makes them: what is no number is 0.

use preflight_gotemplate::strconv::{FloatSize, parse_float, parse_int};
use preflight_gotemplate::{List, Value, fmt};

/// An integer out of a number, a truth or a text; fractions are cut off.
pub(super) fn int(value: &Value) -> i64 {
    match value.indirect() {
        Value::Bool(truth) => i64::from(*truth),
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => number.cast_signed(),
        Value::Float(_, number) => truncated(*number),
        Value::String(text) => parse_int(without_zero_fraction(text), 0, 64).unwrap_or(0),
        Value::Named(named) => match named.named_type().name() {
            "time.Month" | "time.Weekday" => named.value().as_i64().unwrap_or(0),
            "json.Number" => int(named.value()),
            _ => 0,
        },
        _ => 0,
    }
}

/// What a processor makes of a float that it is to hold as an integer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "that is what the conversion is for"
)]
fn truncated(number: f64) -> i64 {
    let fits = number >= i64::MIN as f64 && number < i64::MAX as f64;
    if fits { number as i64 } else { i64::MIN }
}

/// `12` for `12.0`.
fn without_zero_fraction(text: &[u8]) -> &[u8] {
    match text.iter().rposition(|byte| *byte != b'0') {
        Some(point) if text[point] == b'.' && point + 1 < text.len() => &text[..point],
        _ => text,
    }
}

/// A float out of a number, a truth or a text.
#[expect(clippy::cast_precision_loss, reason = "Go converts so")]
pub(super) fn float(value: &Value) -> f64 {
    match value.indirect() {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Int(_, number) => *number as f64,
        Value::Uint(_, number) => *number as f64,
        Value::Float(_, number) => *number,
        Value::String(text) => parse_float(text, FloatSize::F64).unwrap_or(0.0),
        Value::Named(named) => match named.named_type().name() {
            "time.Month" | "time.Weekday" | "json.Number" => float(named.value()),
            _ => 0.0,
        },
        _ => 0.0,
    }
}

/// A text: a string as it is, bytes as text, anything else as it is printed.
pub(super) fn text(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.to_vec(),
        Value::List(list) if list.as_bytes().is_some() => list.as_bytes().unwrap_or_default().to_vec(),
        value => fmt::sprintf("%v", std::slice::from_ref(value)),
    }
}

/// All items of a list as texts but nil ones; a single value is a list of itself.
pub(super) fn texts(value: &Value) -> Vec<Vec<u8>> {
    match (value, value.as_list()) {
        (Value::Nil, _) => Vec::new(),
        (_, Some(list)) => items(list),
        (value, None) => vec![text(value)],
    }
}

fn items(list: &List) -> Vec<Vec<u8>> {
    list.iter().filter(|item| !matches!(item, Value::Nil)).map(|item| text(&item)).collect()
}

/// Whether a value is its type's zero value, or has no length. Structs never are.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}
