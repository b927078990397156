//! `regexMatch` and `regexReplaceAll`.

use preflight_gotemplate::Type;

use crate::regex::compile;
use crate::table::{Given as _, Table};

pub(super) fn register(table: &mut Table<'_>) {
    table.add("regexMatch", [Type::String, Type::String], Type::Bool, |_, given| {
        Ok(compile(given.text(0))?.is_match(given.text(1)).into())
    });
    table.add("regexReplaceAll", [Type::String, Type::String, Type::String], Type::String, |_, given| {
        Ok(compile(given.text(0))?.replace_all(given.text(2), given.text(1)).into())
    });
}
