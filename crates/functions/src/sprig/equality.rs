//! Go's `reflect.DeepEqual`.

use std::sync::Arc;

use preflight_gotemplate::Value;

/// What is nested more deeply is taken for equal: both are maps that hold themselves.
const DEEPEST: usize = 1000;

/// Whether two values are of one type and equal all the way down.
pub(super) fn deep_equal(one: &Value, other: &Value) -> bool {
    equal(one, other, 0)
}

fn equal(one: &Value, other: &Value, depth: usize) -> bool {
    if depth > DEEPEST {
        return true;
    }
    match (one, other) {
        (Value::List(a), Value::List(b)) => {
            a.type_of() == b.type_of()
                && a.is_nil() == b.is_nil()
                && a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| equal(&a, &b, depth + 1))
        }
        (Value::Map(a), Value::Map(b)) => {
            if Arc::ptr_eq(a, b) {
                return true;
            }
            let (left, right) = (a.entries(), b.entries());
            a.type_of() == b.type_of()
                && a.is_nil() == b.is_nil()
                && left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other, depth + 1)))
        }
        (Value::Struct(a), Value::Struct(b)) => {
            a.type_of() == b.type_of() && a.fields().iter().zip(b.fields()).all(|(a, b)| equal(a, b, depth + 1))
        }
        (Value::Pointer(a), Value::Pointer(b)) => {
            a.type_of() == b.type_of()
                && (Arc::ptr_eq(a, b)
                    || match (a.target(), b.target()) {
                        (Some(a), Some(b)) => equal(a, b, depth + 1),
                        (None, None) => true,
                        _ => false,
                    })
        }
        (Value::Named(a), Value::Named(b)) => a.type_of() == b.type_of() && equal(a.value(), b.value(), depth + 1),
        (Value::Func(a), Value::Func(b)) => a.is_nil() && b.is_nil(),
        _ => one.equals(other),
    }
}
