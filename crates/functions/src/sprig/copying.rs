//! `deepCopy`: values that share nothing with the one they come from.

use std::sync::Arc;

use preflight_gotemplate::{List, Map, Type, Value};

use crate::table::{Given as _, Table, no_type};

/// What is nested more deeply is shared: it is a map that holds itself.
const DEEPEST: usize = 1000;

pub(super) fn register(table: &mut Table<'_>) {
    for name in ["deepCopy", "mustDeepCopy"] {
        table.add(name, [Type::Any], Type::Any, |_, given| match given.value(0) {
            Value::Nil => no_type(),
            value => Ok(deep_copy(value)),
        });
    }
}

/// A copy of a value and of all that is in it.
pub(crate) fn deep_copy(value: &Value) -> Value {
    copy(value, 0)
}

fn copy(value: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return value.clone();
    }
    match value {
        Value::Map(map) if !map.is_nil() => {
            let entries = map.entries();
            let copies = entries.iter().map(|(key, value)| (key.0.clone(), copy(value, depth + 1)));
            Value::Map(Arc::new(Map::new(map.key().clone(), map.elem().clone(), copies)))
        }
        Value::List(list) if holds_references(list) => {
            let items: Vec<Value> = list.iter().map(|item| copy(&item, depth + 1)).collect();
            let elem = list.elem().clone();
            if list.is_array() { List::array(elem, items) } else { List::slice(elem, items) }.into()
        }
        other => other.clone(),
    }
}

/// Whether anything in a list can change, or hold what can. Items of a list themselves never change.
fn holds_references(list: &List) -> bool {
    list.as_values().is_some_and(|items| items.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))))
}
