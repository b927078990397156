//! `deepCopy`: values that share nothing with the one they come from.

use std::collections::HashMap;
use std::sync::Arc;

use preflight_gotemplate::{CallError, List, Map, Type, Value};

use crate::DEEPEST;
use crate::table::{Given as _, Table, no_type};

pub(super) fn register(table: &mut Table<'_>) {
    for name in ["deepCopy", "mustDeepCopy"] {
        table.add(name, [Type::Any], Type::Any, |_, given| match given.value(0) {
            Value::Nil => no_type(),
            value => deep_copy(value),
        });
    }
}

/// A copy of a value and of all that is in it. Maps that are the same one before are so in the copy.
///
/// # Errors
/// The value is nested too deeply.
pub(crate) fn deep_copy(value: &Value) -> Result<Value, CallError> {
    Copier::default().copy(value, 0)
}

/// Copies of maps by the address of the original.
#[derive(Default)]
struct Copier {
    maps: HashMap<usize, Arc<Map>>,
}

impl Copier {
    fn copy(&mut self, value: &Value, depth: usize) -> Result<Value, CallError> {
        if depth > DEEPEST {
            return Err(CallError::new("a value is nested too deeply to be copied"));
        }
        Ok(match value {
            Value::Map(map) if !map.is_nil() => Value::Map(self.copy_map(map, depth)?),
            Value::List(list) if holds_references(list) => {
                let items =
                    list.iter().map(|item| self.copy(&item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                let elem = list.elem().clone();
                if list.is_array() { List::array(elem, items) } else { List::slice(elem, items) }.into()
            }
            other => other.clone(),
        })
    }

    fn copy_map(&mut self, map: &Arc<Map>, depth: usize) -> Result<Arc<Map>, CallError> {
        let address = Arc::as_ptr(map).addr();
        if let Some(copy) = self.maps.get(&address) {
            return Ok(Arc::clone(copy));
        }
        let copy = Arc::new(Map::new(map.key().clone(), map.elem().clone(), []));
        self.maps.insert(address, Arc::clone(&copy));
        for (key, value) in map.entries().iter() {
            copy.insert(key.0.clone(), self.copy(value, depth + 1)?)?;
        }
        Ok(copy)
    }
}

/// Whether anything in a list can change, or hold what can. Items of a list themselves never change.
fn holds_references(list: &List) -> bool {
    list.as_values()
        .is_some_and(|items| items.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))))
}
