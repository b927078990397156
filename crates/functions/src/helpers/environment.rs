//! Environment variables and the time of day.

use preflight_gotemplate::{CallError, Type, Value};

use crate::table::{Given as _, Table, fail};
use crate::time::{Time, Zone};

pub(super) fn register(table: &mut Table<'_>) {
    let find = table.find;
    table.add("env", [Type::String], Type::String, move |call, given| {
        Ok(find(call)?.variable(given.text(0)).unwrap_or_default().into())
    });
    table.add("mustEnv", [Type::String], Type::String, move |call, given| {
        let surroundings = find(call)?;
        let name = given.text(0);
        let filled = |value: &Vec<u8>| !value.is_empty();
        // An empty variable of the configuration does not hide one of the process here.
        let value = surroundings
            .variable(name)
            .filter(filled)
            .or_else(|| surroundings.process_variable(name).filter(filled));
        value.map(Into::into).ok_or_else(|| {
            CallError::new(format!(
                "required environment variable {} is empty",
                String::from_utf8_lossy(name)
            ))
        })
    });
    table.add("envOrDefault", [Type::String, Type::String], Type::String, move |call, given| {
        let value = find(call)?.variable(given.text(0));
        Ok(value.map_or_else(|| given.value(1).clone(), Value::from))
    });
    table.add_variadic("timestamp", [], Type::String, Type::String, move |call, given| {
        let now = Time::from_system(find(call)?.now(), Zone::Utc);
        match given {
            [] => Ok(now.format(b"2006-01-02T15:04:05Z07:00").into()),
            [layout] if layout.as_bytes() == Some(b"unix") => Ok(now.seconds.to_string().into()),
            [_] => Ok(now.format(given.text(0)).into()),
            _ => {
                let count = given.len();
                fail(format!("timestamp: wrong number of arguments, expected 0 or 1, but got {count}"))
            }
        }
    });
}
