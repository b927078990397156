//! Dictionaries: `map[string]interface {}`, changed in place by `set`, `unset` and the merging ones.

use std::sync::Arc;

use preflight_gotemplate::{CallError, Map, Type, Value};

use super::lists::both;
use super::loose::text;
use crate::helpers::merge::{self, Rules};
use crate::table::{Given as _, Table, fail};

pub(super) fn register(table: &mut Table<'_>) {
    table.add_variadic("dict", [], Type::Any, Type::any_map(), |_, given| {
        let pairs = given
            .chunks(2)
            .map(|pair| (text(pair.value(0)), pair.get(1).cloned().unwrap_or_else(|| "".into())));
        Ok(Value::map(pairs))
    });
    table.add("get", [Type::any_map(), Type::String], Type::Any, |_, given| {
        Ok(find(given.value(0), given.text(1)).unwrap_or_else(|| "".into()))
    });
    table.add("set", [Type::any_map(), Type::String, Type::Any], Type::any_map(), |_, given| {
        if let Some(map) = given.map(0) {
            map.insert(given.value(1).clone(), given.value(2).clone())?;
        }
        Ok(given.value(0).clone())
    });
    table.add("unset", [Type::any_map(), Type::String], Type::any_map(), |_, given| {
        if let Some(map) = given.map(0) {
            map.remove(given.value(1));
        }
        Ok(given.value(0).clone())
    });
    table.add("hasKey", [Type::any_map(), Type::String], Type::Bool, |_, given| {
        Ok(find(given.value(0), given.text(1)).is_some().into())
    });
    table.add_variadic("pluck", [Type::String], Type::any_map(), Type::any_slice(), |_, given| {
        Ok(Value::any_list(given.rest(1).iter().filter_map(|map| find(map, given.text(0)))))
    });
    register_parts(table);
    register_merging(table);
    table.add_variadic("dig", [], Type::Any, Type::Any, |_, given| dig(given));
}

/// Go gives keys and values in no order at all; here it is that of the keys.
fn register_parts(table: &mut Table<'_>) {
    table.add_variadic("keys", [], Type::any_map(), Type::string_slice(), |_, given| {
        let keys = given.iter().flat_map(|map| entries(map).into_iter().map(|(key, _)| key));
        Ok(Value::list(Type::String, keys))
    });
    table.add("values", [Type::any_map()], Type::any_slice(), |_, given| {
        Ok(Value::any_list(entries(given.value(0)).into_iter().map(|(_, value)| value)))
    });
    for (name, keeps) in [("pick", true), ("omit", false)] {
        table.add_variadic(name, [Type::any_map()], Type::String, Type::any_map(), move |_, given| {
            let named = |key: &Value| given.rest(1).iter().any(|name| name.as_bytes() == key.as_bytes());
            let kept = entries(given.value(0)).into_iter().filter(|(key, _)| named(key) == keeps);
            Ok(Map::new(Type::String, Type::Any, kept).into())
        });
    }
}

fn register_merging(table: &mut Table<'_>) {
    for (name, overwrite) in [("merge", false), ("mergeOverwrite", true)] {
        let rules = Rules { overwrite, map_replaces_other: false };
        for name in both(name) {
            table.add_variadic(&name, [Type::any_map()], Type::any_map(), Type::Any, move |_, given| {
                let mut target = given.value(0).clone();
                for source in given.rest(1) {
                    target = merge::into(&target, source, rules)?;
                }
                Ok(target)
            });
        }
    }
}

fn find(map: &Value, key: &[u8]) -> Option<Value> {
    map.as_map()?.get_bytes(key)
}

fn entries(map: &Value) -> Vec<(Value, Value)> {
    let entries = map.as_map().map(|map| map.entries()).unwrap_or_default();
    entries.iter().map(|(key, value)| (key.0.clone(), value.clone())).collect()
}

/// Follows keys into nested dictionaries: keys, then what to give if one is missing, then the dictionary.
fn dig(given: &[Value]) -> Result<Value, CallError> {
    let [keys @ .., other, dict] = given else { return fail("dig needs at least three arguments") };
    if keys.is_empty() {
        return fail("dig needs at least three arguments");
    }
    let mut map = dictionary(dict)?;
    let names = keys.iter().map(|key| match key {
        Value::String(name) => Ok(name),
        other => conversion(other, "string"),
    });
    let names = names.collect::<Result<Vec<_>, _>>()?;
    for (index, name) in names.iter().enumerate() {
        let Some(next) = map.get_bytes(name) else { return Ok(other.clone()) };
        if index + 1 == names.len() {
            return Ok(next);
        }
        map = dictionary(&next)?;
    }
    Ok(other.clone())
}

fn dictionary(value: &Value) -> Result<Arc<Map>, CallError> {
    match value {
        Value::Map(map) if map.type_of() == Type::any_map() => Ok(Arc::clone(map)),
        other => conversion(other, "map[string]interface {}"),
    }
}

/// What Go says of a value that is not of the type asked for.
fn conversion<T>(value: &Value, wanted: &str) -> Result<T, CallError> {
    let found = if matches!(value, Value::Nil) { "nil".to_owned() } else { value.type_name() };
    fail(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}
