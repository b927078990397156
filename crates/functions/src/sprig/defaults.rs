//! `default`, `empty`, `coalesce`, `ternary`, `fail`.

use preflight_gotemplate::{CallError, Type, Value};

use super::loose::is_empty;
use crate::table::{Given as _, Table};

pub(super) fn register(table: &mut Table<'_>) {
    table.add_variadic("default", [Type::Any], Type::Any, Type::Any, |_, given| {
        let filled = given.get(1).filter(|value| !is_empty(value));
        Ok(filled.unwrap_or(given.value(0)).clone())
    });
    table.add("empty", [Type::Any], Type::Bool, |_, given| Ok(is_empty(given.value(0)).into()));
    table.add_variadic("coalesce", [], Type::Any, Type::Any, |_, given| {
        Ok(given.iter().find(|value| !is_empty(value)).cloned().unwrap_or_default())
    });
    table.add_variadic("all", [], Type::Any, Type::Bool, |_, given| Ok((!given.iter().any(is_empty)).into()));
    table.add_variadic("any", [], Type::Any, Type::Bool, |_, given| Ok((!given.iter().all(is_empty)).into()));
    table.add("ternary", [Type::Any, Type::Any, Type::Bool], Type::Any, |_, given| {
        let yes = given.value(2).as_bool().unwrap_or_default();
        Ok(given.value(if yes { 0 } else { 1 }).clone())
    });
    table.add("hello", [], Type::String, |_, _| Ok(Value::from("Hello!")));
    table.add("fail", [Type::String], Type::String, |_, given| {
        Err(CallError::new(String::from_utf8_lossy(given.text(0))))
    });
}
