//! `eq`, `ne`, `lt`, `le`, `gt`, `ge`: by Go's kinds, not by types.

use std::cmp::Ordering;

use crate::error::CallError;
use crate::exec::Held;
use crate::fmt;
use crate::value::Value;

/// A value that can be compared with others of its class.
enum Basic<'v> {
    Bool(bool),
    Complex([f64; 2]),
    Int(i64),
    Float(f64),
    String(&'v [u8]),
    Uint(u64),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value.underlying() {
        Value::Bool(value) => Basic::Bool(*value),
        Value::Complex(_, parts) => Basic::Complex(**parts),
        Value::Int(_, number) => Basic::Int(*number),
        Value::Float(_, number) => Basic::Float(*number),
        Value::String(text) => Basic::String(text),
        Value::Uint(_, number) => Basic::Uint(*number),
        _ => return None,
    })
}

/// Whether the first is equal to one of the others.
pub(super) fn eq(first: &Held, others: &[Held]) -> Result<bool, CallError> {
    if others.is_empty() {
        return Err(CallError::new("missing argument for comparison"));
    }
    for other in others {
        if equal(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn ne(first: &Held, second: &Held) -> Result<bool, CallError> {
    equal(&first.value, &second.value).map(|equal| !equal)
}

pub(super) fn lt(first: &Held, second: &Held) -> Result<bool, CallError> {
    less(&first.value, &second.value)
}

pub(super) fn le(first: &Held, second: &Held) -> Result<bool, CallError> {
    Ok(less(&first.value, &second.value)? || equal(&first.value, &second.value)?)
}

pub(super) fn gt(first: &Held, second: &Held) -> Result<bool, CallError> {
    le(first, second).map(|less_or_equal| !less_or_equal)
}

pub(super) fn ge(first: &Held, second: &Held) -> Result<bool, CallError> {
    lt(first, second).map(|less| !less)
}

fn equal(first: &Value, second: &Value) -> Result<bool, CallError> {
    Ok(match (basic(first), basic(second)) {
        (Some(Basic::Bool(a)), Some(Basic::Bool(b))) => a == b,
        (Some(Basic::Complex(a)), Some(Basic::Complex(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => a == b,
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => a == b,
        (Some(Basic::String(a)), Some(Basic::String(b))) => a == b,
        (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Uint(b))) => u64::try_from(a) == Ok(b),
        (Some(Basic::Uint(a)), Some(Basic::Int(b))) => u64::try_from(b) == Ok(a),
        (None, None) => return equal_composite(first, second),
        _ if matches!(first, Value::Nil) || matches!(second, Value::Nil) => false,
        _ => return Err(incompatible(first, second)),
    })
}

fn equal_composite(first: &Value, second: &Value) -> Result<bool, CallError> {
    let nothing = matches!(first, Value::Nil) || matches!(second, Value::Nil);
    if !nothing && first.kind() != second.kind() {
        let (shown, other) = (print("%s", first), print("%v", second));
        let (ty, other_type) = (first.type_name(), second.type_name());
        return Err(CallError::new(format!("non-comparable types {shown}: {ty}, {other_type}: {other}")));
    }
    if first.is_nil() || second.is_nil() {
        return Ok(first.is_nil() == second.is_nil());
    }
    if !second.type_of().is_some_and(|ty| ty.is_comparable()) {
        let shown = print("%s", second);
        return Err(CallError::new(format!("non-comparable type {shown}: {}", second.type_name())));
    }
    Ok(first.equals(second))
}

fn less(first: &Value, second: &Value) -> Result<bool, CallError> {
    let invalid = || CallError::new("invalid type for comparison");
    let (Some(a), Some(b)) = (basic(first), basic(second)) else { return Err(invalid()) };
    let order = match (a, b) {
        (Basic::Int(a), Basic::Int(b)) => Some(a.cmp(&b)),
        (Basic::Float(a), Basic::Float(b)) => a.partial_cmp(&b),
        (Basic::String(a), Basic::String(b)) => Some(a.cmp(b)),
        (Basic::Uint(a), Basic::Uint(b)) => Some(a.cmp(&b)),
        (Basic::Int(a), Basic::Uint(b)) => Some(u64::try_from(a).map_or(Ordering::Less, |a| a.cmp(&b))),
        (Basic::Uint(a), Basic::Int(b)) => Some(u64::try_from(b).map_or(Ordering::Greater, |b| a.cmp(&b))),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(_), Basic::Complex(_)) => return Err(invalid()),
        _ => return Err(incompatible(first, second)),
    };
    Ok(order == Some(Ordering::Less))
}

fn incompatible(first: &Value, second: &Value) -> CallError {
    let (first, second) = (first.type_name(), second.type_name());
    CallError::new(format!("incompatible types for comparison: {first} and {second}"))
}

fn print(format: &str, value: &Value) -> String {
    String::from_utf8_lossy(&fmt::sprintf(format, std::slice::from_ref(value))).into_owned()
}
