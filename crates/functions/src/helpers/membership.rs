//! `in`, `contains` and the `contains…` family.

use preflight_gotemplate::{CallError, Type, Value};

use crate::table::{Given as _, Table, no_type};
use crate::text;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("in", [Type::Any, Type::Any], Type::Bool, |_, given| {
        is_in(given.value(0), given.value(1)).map(Into::into)
    });
    table.add("contains", [Type::Any, Type::Any], Type::Bool, |_, given| {
        is_in(given.value(1), given.value(0)).map(Into::into)
    });
    // What is answered as soon as one of the values is found, or is not.
    let family = [
        ("containsAll", false, false),
        ("containsAny", true, true),
        ("containsNone", true, false),
        ("containsNotAll", false, true),
    ];
    for (name, found, answer) in family {
        table.add(name, [Type::any_slice(), Type::Any], Type::Bool, move |_, given| {
            let values = given.list(0).map(|list| list.to_vec()).unwrap_or_default();
            for value in &values {
                // Whatever cannot be compared is not found.
                if is_in(given.value(1), value).unwrap_or(false) == found {
                    return Ok(answer.into());
                }
            }
            Ok((!answer).into())
        });
    }
}

/// Whether a list has a value, or a text another text. Integers of any width are equal when their numbers are.
fn is_in(whole: &Value, part: &Value) -> Result<bool, CallError> {
    match whole.underlying() {
        Value::List(list) => {
            for item in list.iter() {
                if is_same(&item, part)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::String(text) => match (whole.type_of(), part.type_of()) {
            (_, None) => no_type(),
            (own, other) => Ok(own == other && text::contains(text, part.as_bytes().unwrap_or_default())),
        },
        _ => Ok(false),
    }
}

fn is_same(item: &Value, part: &Value) -> Result<bool, CallError> {
    Ok(match (item.underlying(), part.underlying()) {
        (Value::Int(_, item), Value::Int(_, part)) => item == part,
        (Value::Float(_, item), Value::Float(_, part)) => item == part,
        (Value::String(_), Value::Nil) => return no_type(),
        (Value::String(one), Value::String(other)) => item.type_of() == part.type_of() && one == other,
        _ => false,
    })
}
