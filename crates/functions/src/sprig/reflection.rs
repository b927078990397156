//! Types and kinds by name, and whether two values are equal all the way down.

use preflight_gotemplate::{Type, Value};

use super::equality::deep_equal;
use crate::table::{Given as _, Table};

pub(super) fn register(table: &mut Table<'_>) {
    table.add("typeOf", [Type::Any], Type::String, |_, given| Ok(given.value(0).type_name().into()));
    table.add("typeIs", [Type::String, Type::Any], Type::Bool, |_, given| {
        Ok((given.text(0) == given.value(1).type_name().as_bytes()).into())
    });
    table.add("typeIsLike", [Type::String, Type::Any], Type::Bool, |_, given| {
        let (wanted, name) = (given.text(0), given.value(1).type_name());
        let name = name.as_bytes();
        Ok((wanted == name || name.strip_prefix(b"*") == Some(wanted)).into())
    });
    table.add("kindOf", [Type::Any], Type::String, |_, given| Ok(Value::from(given.value(0).kind().name())));
    table.add("kindIs", [Type::String, Type::Any], Type::Bool, |_, given| {
        Ok((given.text(0) == given.value(1).kind().name().as_bytes()).into())
    });
    table.add("deepEqual", [Type::Any, Type::Any], Type::Bool, |_, given| {
        Ok(deep_equal(given.value(0), given.value(1)).into())
    });
}
