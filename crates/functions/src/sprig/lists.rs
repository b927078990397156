//! Lists: first and last, adding, removing, finding. The `must…` ones fail with the same texts.

use preflight_gotemplate::{CallError, Kind, Type, Value};

use super::equality::deep_equal;
use super::loose::is_empty;
use crate::table::{Given as _, Table, fail};

/// The name of a function without `must`, what it is called in the fault of a value that is no list, and what it does.
type Part = (&'static str, &'static str, fn(&[Value]) -> Value);

pub(super) fn register(table: &mut Table<'_>) {
    for name in ["list", "tuple"] {
        table.add_variadic(name, [], Type::Any, Type::any_slice(), |_, given| {
            Ok(Value::any_list(given.iter().cloned()))
        });
    }
    let parts: [Part; 7] = [
        ("first", "Cannot find first on type", |items| items.first().cloned().unwrap_or_default()),
        ("last", "Cannot find last on type", |items| items.last().cloned().unwrap_or_default()),
        ("rest", "Cannot find rest on type", |items| some(items.get(1..))),
        ("initial", "Cannot find initial on type", |items| {
            some(items.split_last().map(|(_, before)| before))
        }),
        ("reverse", "Cannot find reverse on type", |items| Value::any_list(items.iter().rev().cloned())),
        ("uniq", "Cannot find uniq on type", uniq),
        ("compact", "Cannot compact on type", |items| {
            Value::any_list(items.iter().filter(|item| !is_empty(item)).cloned())
        }),
    ];
    for (name, fault, part) in parts {
        for name in both(name) {
            table
                .add(&name, [Type::Any], Type::Any, move |_, given| Ok(part(&items(given.value(0), fault)?)));
        }
    }
    register_adding(table);
    register_finding(table);
}

fn register_adding(table: &mut Table<'_>) {
    for name in ["append", "push"].iter().flat_map(|name| both(name)) {
        table.add(&name, [Type::Any, Type::Any], Type::any_slice(), |_, given| {
            let items = items(given.value(0), "Cannot push on type")?;
            Ok(Value::any_list(items.into_iter().chain([given.value(1).clone()])))
        });
    }
    for name in both("prepend") {
        table.add(&name, [Type::Any, Type::Any], Type::any_slice(), |_, given| {
            let items = items(given.value(0), "Cannot prepend on type")?;
            Ok(Value::any_list([given.value(1).clone()].into_iter().chain(items)))
        });
    }
    table.add_variadic("concat", [], Type::Any, Type::Any, |_, given| {
        let mut all = Vec::new();
        for list in given {
            let fault = |kind: Kind| format!("Cannot concat type {} as list", kind.name());
            all.extend(items_or(list, fault)?);
        }
        Ok(some(Some(&all[..]).filter(|all| !all.is_empty())))
    });
}

fn register_finding(table: &mut Table<'_>) {
    for name in both("without") {
        table.add_variadic(&name, [Type::Any], Type::Any, Type::any_slice(), |_, given| {
            let items = items(given.value(0), "Cannot find without on type")?;
            Ok(Value::any_list(items.into_iter().filter(|item| !holds(given.rest(1), item))))
        });
    }
    for name in both("has") {
        table.add(&name, [Type::Any, Type::Any], Type::Bool, |_, given| {
            if matches!(given.value(1), Value::Nil) {
                return Ok(false.into());
            }
            let items = items(given.value(1), "Cannot find has on type")?;
            Ok(holds(&items, given.value(0)).into())
        });
    }
}

/// A name, and the same with `must`.
pub(super) fn both(name: &str) -> [String; 2] {
    let mut letters = name.chars();
    let first = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    [name.to_owned(), format!("must{first}{}", letters.as_str())]
}

/// The items of a list, or the fault with the kind of what is none.
pub(super) fn items(value: &Value, fault: &str) -> Result<Vec<Value>, CallError> {
    items_or(value, |kind| format!("{fault} {}", kind.name()))
}

fn items_or(value: &Value, fault: impl Fn(Kind) -> String) -> Result<Vec<Value>, CallError> {
    match (value, value.as_list()) {
        (Value::Nil, _) => fail("runtime error: invalid memory address or nil pointer dereference"),
        (_, Some(list)) => Ok(list.to_vec()),
        (other, None) => fail(fault(other.kind())),
    }
}

/// A list, nil where Go has no list.
fn some(items: Option<&[Value]>) -> Value {
    items.map_or_else(|| Value::zero(&Type::any_slice()), |items| Value::any_list(items.iter().cloned()))
}

fn holds(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| deep_equal(wanted, item))
}

fn uniq(items: &[Value]) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !holds(&kept, item) {
            kept.push(item.clone());
        }
    }
    Value::any_list(kept)
}
