//! JSON under sprig's names; the ones without `must` swallow faults.

use preflight_gotemplate::{CallError, Type, Value};

use super::lists::both;
use crate::json::{self, Escape};
use crate::table::{Given as _, Table};

type Write = fn(&Value) -> Result<Vec<u8>, CallError>;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("fromJson", [Type::String], Type::Any, |_, given| {
        Ok(json::parse(given.text(0)).unwrap_or_default())
    });
    table.add("mustFromJson", [Type::String], Type::Any, |_, given| json::parse(given.text(0)));
    let writers: [(&str, Write); 2] = [
        ("toJson", |value| json::compact(value, Escape::Html)),
        ("toPrettyJson", |value| json::indented(value, Escape::Html)),
    ];
    for (name, write) in writers {
        let [lenient, strict] = both(name);
        table.add(&lenient, [Type::Any], Type::String, move |_, given| {
            Ok(write(given.value(0)).unwrap_or_default().into())
        });
        table.add(&strict, [Type::Any], Type::String, move |_, given| write(given.value(0)).map(Into::into));
    }
    for name in both("toRawJson") {
        table.add(&name, [Type::Any], Type::String, |_, given| {
            json::compact(given.value(0), Escape::Needed).map(Into::into)
        });
    }
}
