//! Printing the value of an action.

use std::borrow::Cow;

use super::{Held, Machine, Outcome};
use crate::strconv::{append_int, append_uint};
use crate::value::{Kind, Value};

impl Machine<'_, '_> {
    pub(super) fn print(&mut self, held: &Held) -> Outcome<()> {
        match &held.value {
            Value::String(text) => self.output.extend_from_slice(text),
            Value::Int(_, number) => append_int(self.output, *number, 10),
            Value::Uint(_, number) => append_uint(self.output, *number, 10),
            Value::Nil if held.is_in_interface() => self.output.extend_from_slice(b"<nil>"),
            Value::Nil => self.output.extend_from_slice(b"<no value>"),
            _ => {
                let value = printable(held);
                if matches!(value.kind(), Kind::Chan | Kind::Func) && value.describe().is_none() {
                    let shown = String::from_utf8_lossy(&self.context()).into_owned();
                    return self.fail(format!("can't print {shown} of type {}", value.type_name()));
                }
                crate::fmt::append_plain(self.output, &value);
            }
        }
        Ok(())
    }
}

/// What is behind pointers, unless only the pointer can describe itself.
fn printable(held: &Held) -> Cow<'_, Value> {
    let mut value = &held.value;
    if held.is_in_interface() {
        return Cow::Borrowed(value);
    }
    let mut last = None;
    while let Value::Pointer(pointer) = value {
        let Some(target) = pointer.target() else { return Cow::Borrowed(value) };
        last = Some(value);
        value = target;
    }
    if !matches!(value, Value::Struct(_) | Value::Named(_)) || describes_itself(value) {
        return Cow::Borrowed(value);
    }
    match last {
        Some(pointer) if describes_itself(pointer) => Cow::Borrowed(pointer),
        None if held.is_addressable() => {
            let pointer = value.clone().pointer();
            if describes_itself(&pointer) { Cow::Owned(pointer) } else { Cow::Borrowed(value) }
        }
        _ => Cow::Borrowed(value),
    }
}

fn describes_itself(value: &Value) -> bool {
    value.type_of().is_some_and(|ty| {
        ["Error", "String"].into_iter().any(|name| ty.find_describing_method(name).is_some())
    })
}
