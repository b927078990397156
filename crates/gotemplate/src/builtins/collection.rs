//! `index`, `slice` and `len`.

use crate::error::CallError;
use crate::exec::Held;
use crate::types::Type;
use crate::value::{Kind, Map, UintKind, Value};

/// `index x 1 2 3`: `x[1][2][3]`.
pub(super) fn index(item: &Held, indexes: &[Held]) -> Result<Held, CallError> {
    if matches!(item.value, Value::Nil) {
        return Err(CallError::new("index of untyped nil"));
    }
    let mut current = item.clone().out_of_any();
    for index in indexes {
        let value = current.value.indirect();
        let addressable = current.is_addressable() || matches!(current.value, Value::Pointer(_));
        let next = match value.underlying() {
            Value::Nil => return Err(CallError::new("index of nil pointer")),
            Value::Pointer(_) => return Err(CallError::new("index of nil pointer")),
            Value::String(text) => {
                let place = place(&index.value, text.len())?;
                let byte = *text.get(place).ok_or_else(|| beyond("string", place, text.len()))?;
                Held::plain(Value::Uint(UintKind::Uint8, u64::from(byte)))
            }
            Value::List(list) => {
                let place = place(&index.value, list.len())?;
                let kind = if list.is_array() { "array" } else { "slice" };
                let item = list.at(place).ok_or_else(|| beyond(kind, place, list.len()))?;
                Held::of(item, list.elem(), addressable || !list.is_array())
            }
            Value::Map(map) => element(map, &index.value)?,
            _ => return Err(CallError::new(format!("can't index item of type {}", value.type_name()))),
        };
        current = next;
    }
    Ok(current)
}

fn element(map: &Map, key: &Value) -> Result<Held, CallError> {
    let key = prepared(key, map.key())?;
    if !key.is_comparable() {
        let ty = key.type_name();
        return Err(CallError::new(format!("runtime error: hash of unhashable type {ty}")));
    }
    let found = map.get(&key).unwrap_or_else(|| Value::zero(map.elem()));
    Ok(Held::of(found, map.elem(), false))
}

/// An index that is at most `limit`.
fn place(index: &Value, limit: usize) -> Result<usize, CallError> {
    let (place, shown) = match index.underlying() {
        Value::Int(_, number) => (usize::try_from(*number).ok(), *number),
        // Go shows what is left of a number that is too large for it.
        Value::Uint(_, number) => (i64::try_from(*number).ok().map(|_| *number as usize), *number as i64),
        Value::Nil => return Err(CallError::new("cannot index slice/array with nil")),
        _ => {
            let ty = index.type_name();
            return Err(CallError::new(format!("cannot index slice/array with type {ty}")));
        }
    };
    match place {
        Some(place) if place <= limit => Ok(place),
        _ => Err(CallError::new(format!("index out of range: {shown}"))),
    }
}

/// What Go's reflection says of an index just behind the end.
fn beyond(kind: &str, _index: usize, _length: usize) -> CallError {
    CallError::new(format!("reflect: {kind} index out of range"))
}

/// `slice x 1 2`: `x[1:2]`.
pub(super) fn slice(item: &Held, indexes: &[Held]) -> Result<Held, CallError> {
    if matches!(item.value, Value::Nil) {
        return Err(CallError::new("slice of untyped nil"));
    }
    let value = item.value.indirect();
    if matches!(value, Value::Nil | Value::Pointer(_)) {
        return Err(CallError::new("slice of nil pointer"));
    }
    if indexes.len() > 3 {
        return Err(CallError::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let (length, capacity) = match value.underlying() {
        Value::String(_) if indexes.len() == 3 => {
            return Err(CallError::new("cannot 3-index slice a string"));
        }
        Value::String(text) => (text.len(), text.len()),
        Value::List(list) => (list.len(), list.capacity()),
        _ => return Err(CallError::new(format!("can't slice item of type {}", value.type_name()))),
    };
    let mut bounds = [0, length, capacity];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        // Unlike `index`, Go's `slice` does not look into interfaces.
        if index.is_in_interface() {
            let ty = index.type_name();
            return Err(CallError::new(format!("cannot index slice/array with type {ty}")));
        }
        *bound = place(&index.value, capacity)?;
    }
    let [start, end, limit] = bounds;
    if start > end {
        return Err(CallError::new(format!("invalid slice index: {start} > {end}")));
    }
    if end > limit {
        return Err(CallError::new(format!("invalid slice index: {end} > {limit}")));
    }
    let unaddressable =
        value.kind() == Kind::Array && !item.is_addressable() && !matches!(item.value, Value::Pointer(_));
    if unaddressable {
        let method = if indexes.len() == 3 { "Slice3" } else { "Slice" };
        return Err(CallError::new(format!("reflect.Value.{method}: slice of unaddressable array")));
    }
    cut(value, start, end, limit).map(Held::plain)
}

fn cut(value: &Value, start: usize, end: usize, limit: usize) -> Result<Value, CallError> {
    let part = match value.underlying() {
        Value::String(text) => text.get(start..end).map(Value::from),
        Value::List(list) => list.window(start, end, limit).map(Value::from),
        _ => None,
    };
    let part = part.ok_or_else(|| CallError::new(format!("index out of range: {end}")))?;
    Ok(match value {
        Value::Named(named) if !matches!(named.value(), Value::List(list) if list.is_array()) => {
            Value::named(named.named_type(), part)
        }
        _ => part,
    })
}

/// Length of a string in bytes, of a list, map or channel in items.
pub(super) fn len(item: &Held) -> Result<Value, CallError> {
    if item.is_nothing() {
        return Err(CallError::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    let value = item.value.indirect();
    if matches!(value, Value::Nil | Value::Pointer(_)) {
        return Err(CallError::new("len of nil pointer"));
    }
    value.len().map(Value::count).ok_or_else(|| CallError::new(format!("len of type {}", value.type_name())))
}

/// An argument of a function value or a key of a map: assigned, or converted between integer types.
pub(super) fn prepared(value: &Value, ty: &Type) -> Result<Value, CallError> {
    if matches!(value, Value::Nil) {
        return match ty.is_nilable() {
            true => Ok(Value::zero(ty)),
            false => Err(CallError::new(format!("value is nil; should be of type {ty}"))),
        };
    }
    if let Some(value) = value.assigned_to(ty) {
        return Ok(value);
    }
    converted_integer(value, ty)
        .ok_or_else(|| CallError::new(format!("value has type {}; should be {ty}", value.type_name())))
}

fn converted_integer(value: &Value, ty: &Type) -> Option<Value> {
    let converted = match (value.underlying(), ty.underlying()) {
        (Value::Int(_, number), Type::Int(kind)) => Value::Int(*kind, kind.wrap(*number)),
        (Value::Int(_, number), Type::Uint(kind)) => Value::Uint(*kind, kind.wrap(*number as u64)),
        (Value::Uint(_, number), Type::Int(kind)) => Value::Int(*kind, kind.wrap(*number as i64)),
        (Value::Uint(_, number), Type::Uint(kind)) => Value::Uint(*kind, kind.wrap(*number)),
        _ => return None,
    };
    Some(match ty {
        Type::Named(named) => Value::named(named, converted),
        _ => converted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_of_a_slice_reaches_as_far_as_the_first_one() {
        let whole = Held::plain(Value::strings(["a", "b", "c"]));
        let at = |index| Held::plain(Value::int(index));
        let one = slice(&whole, &[at(0), at(1)]).unwrap();
        assert_eq!(slice(&one, &[at(0), at(3)]).unwrap().value.len(), Some(3));
        let capped = slice(&whole, &[at(0), at(1), at(2)]).unwrap();
        assert!(slice(&capped, &[at(0), at(3)]).is_err());
    }
}
