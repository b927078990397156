//! Merging maps into maps, in place, as the library mergo does.

use std::sync::Arc;

use preflight_gotemplate::{CallError, Map, Type, Value};

use crate::DEEPEST;
use crate::table::{Given as _, Table};

/// Which of two values of one key stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// The new one, instead of the old one unless that is empty.
    pub(crate) overwrite: bool,
    /// A new map takes the place of an old value that is none. The older mergo of sprig does not do that.
    pub(crate) map_replaces_other: bool,
}

pub(super) fn register(table: &mut Table<'_>) {
    let options = Type::Func(Arc::new(preflight_gotemplate::Signature::new([]).without_result()));
    let rules = Rules { overwrite: false, map_replaces_other: true };
    table.add_variadic(
        "mergeMap",
        [Type::any_map(), Type::any_map()],
        options,
        Type::any_map(),
        move |_, given| into(given.value(0), given.value(1), rules),
    );
    let rules = Rules { overwrite: true, map_replaces_other: true };
    table.add(
        "mergeMapWithOverride",
        [Type::any_map(), Type::any_map()],
        Type::any_map(),
        move |_, given| into(given.value(0), given.value(1), rules),
    );
}

/// Merges `source` into `target` and returns that; a nil target is made anew.
pub(crate) fn into(target: &Value, source: &Value, rules: Rules) -> Result<Value, CallError> {
    let target = match target.as_map() {
        Some(map) if !map.is_nil() => target.clone(),
        _ if source.is_nil() => return Ok(target.clone()),
        _ => Value::map::<Vec<u8>>([]),
    };
    if let (Some(into), Some(from)) = (target.as_map(), source.as_map()) {
        merge(into, from, rules, 0)?;
    }
    Ok(target)
}

fn merge(target: &Arc<Map>, source: &Arc<Map>, rules: Rules, depth: usize) -> Result<(), CallError> {
    if depth > DEEPEST {
        return Err(CallError::new("the maps hold themselves or are nested too deeply"));
    }
    if Arc::ptr_eq(target, source) {
        return Ok(());
    }
    let replace = |key: &Value, value: &Value| {
        let fitting = value.assigned_to(target.elem()).ok_or_else(|| misfit(value, target))?;
        target.insert(key.clone(), fitting).map(|_| ())
    };
    for (key, new) in source.entries().iter() {
        let key = &key.0;
        let old = target.get(key);
        if matches!(new, Value::Nil) {
            if rules.overwrite {
                replace(key, new)?;
            }
            continue;
        }
        let both_maps = old.as_ref().and_then(Value::as_map).zip(new.as_map());
        if let Some((old, new)) = both_maps.filter(|(old, _)| !old.is_nil()) {
            merge(old, new, rules, depth + 1)?;
        }
        let filled = old.as_ref().is_some_and(|old| !is_empty(old));
        let stays = match new.as_list() {
            Some(_) => !rules.overwrite,
            None if new.as_map().is_some() && (both_maps.is_some() || !rules.map_replaces_other) => true,
            None => !rules.overwrite,
        };
        if !(filled && stays) {
            replace(key, new)?;
        }
    }
    Ok(())
}

fn misfit(value: &Value, target: &Map) -> CallError {
    let (own, wanted) = (value.type_name(), target.elem());
    CallError::new(format!(
        "reflect.Value.SetMapIndex: value of type {own} is not assignable to type {wanted}"
    ))
}

/// Zero numbers, false, nothing and what has no length.
fn is_empty(value: &Value) -> bool {
    match value.underlying() {
        Value::Pointer(pointer) => pointer.target().is_none_or(is_empty),
        Value::Struct(_) | Value::Chan(_) => false,
        other => !other.is_true(),
    }
}
