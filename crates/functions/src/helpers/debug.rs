//! `spew_…`: values with their types, for finding out what a template has in hand.
//!
//! The form is that of github.com/davecgh/go-spew, but for two things: keys of maps are in order, and pointers have no
//! address, so that the same values always print the same.

use preflight_gotemplate::strconv::quote;
use preflight_gotemplate::{CallError, Kind, Type, Value, fmt};

use crate::DEEPEST;
use crate::table::{Given as _, Table};

pub(super) fn register(table: &mut Table<'_>) {
    let find = table.find;
    table.add_variadic("spew_sdump", [], Type::Any, Type::String, |_, given| Ok(dump(given).into()));
    table.add_variadic("spew_dump", [], Type::Any, Type::String, move |call, given| {
        find(call)?.print(&dump(given));
        Ok(Value::from(""))
    });
    table.add_variadic("spew_sprintf", [Type::String], Type::Any, Type::String, |_, given| {
        Ok(format(given).into())
    });
    table.add_variadic("spew_printf", [Type::String], Type::Any, Type::String, move |call, given| {
        find(call)?.print(&format(given));
        Ok::<_, CallError>(Value::from(""))
    });
}

/// All values, each over as many lines as it takes.
fn dump(values: &[Value]) -> Vec<u8> {
    let mut dump = Dump { out: Vec::new(), depth: 0, within: Vec::new() };
    for value in values {
        dump.value(value, true);
        dump.out.push(b'\n');
    }
    dump.out
}

struct Dump {
    out: Vec<u8>,
    depth: usize,
    /// The maps around the value at hand, by their address.
    within: Vec<usize>,
}

impl Dump {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn indent(&mut self) {
        self.out.resize(self.out.len() + self.depth, b' ');
    }

    /// A value behind its type, its size and, for pointers, within parentheses.
    fn value(&mut self, value: &Value, indented: bool) {
        if indented {
            self.indent();
        }
        if let Value::Pointer(pointer) = value {
            match pointer.target() {
                Some(target) => {
                    self.text(&format!("(*{})(", target.type_name()));
                    self.body(target);
                }
                None => self.text(&format!("({})(<nil>", value.type_name().trim_start_matches('*'))),
            }
            return self.text(")");
        }
        let name = if matches!(value, Value::Nil) { "interface {}".to_owned() } else { value.type_name() };
        self.text(&format!("({name}) "));
        self.body(value);
    }

    fn body(&mut self, value: &Value) {
        self.text(&size(value));
        if let Some(text) = description(value) {
            self.out.extend_from_slice(&text);
            return;
        }
        match value.underlying() {
            Value::Nil => self.text("<nil>"),
            Value::String(text) => self.text(&quote(text)),
            Value::Pointer(_) => self.value(value, false),
            _ if value.is_nil() => self.text("<nil>"),
            Value::List(_) | Value::Map(_) | Value::Struct(_) if self.depth >= DEEPEST => self.text("<max>"),
            Value::List(list) => {
                let items = list.to_vec();
                self.block(items.len(), |dump, index| dump.value(&items[index], true));
            }
            Value::Map(map) if self.within.contains(&address(map)) => self.text("<already shown>"),
            Value::Map(map) => {
                self.within.push(address(map));
                let entries: Vec<_> =
                    map.entries().iter().map(|(key, value)| (key.0.clone(), value.clone())).collect();
                self.block(entries.len(), |dump, index| {
                    dump.value(&entries[index].0, true);
                    dump.text(": ");
                    dump.value(&entries[index].1, false);
                });
                self.within.pop();
            }
            Value::Struct(structure) => {
                let fields = structure.type_of().fields().unwrap_or_default();
                self.block(fields.len(), |dump, index| {
                    dump.indent();
                    dump.text(&format!("{}: ", fields[index].name));
                    dump.value(&structure.fields()[index], false);
                });
            }
            _ => fmt::append_plain(&mut self.out, value),
        }
    }

    /// Members in braces, one a line.
    fn block(&mut self, members: usize, mut member: impl FnMut(&mut Self, usize)) {
        self.text("{\n");
        self.depth += 1;
        for index in 0..members {
            member(self, index);
            self.text(if index + 1 < members { ",\n" } else { "\n" });
        }
        self.depth -= 1;
        self.indent();
        self.text("}");
    }
}

fn address(map: &std::sync::Arc<preflight_gotemplate::Map>) -> usize {
    std::sync::Arc::as_ptr(map).addr()
}

fn size(value: &Value) -> String {
    let length = value.len().unwrap_or(0);
    let capacity = value.as_list().map_or(0, preflight_gotemplate::List::capacity);
    match (length, capacity) {
        (0, 0) => String::new(),
        (length, 0) => format!("(len={length}) "),
        (0, capacity) => format!("(cap={capacity}) "),
        (length, capacity) => format!("(len={length} cap={capacity}) "),
    }
}

/// What a value says of itself; methods of pointers are asked too.
fn description(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Struct(_) => value.describe().or_else(|| value.clone().pointer().describe()),
        Value::Named(_) => value.describe(),
        _ => None,
    }
}

/// `Sprintf` in which `%v` shows what is behind pointers, and types with `%#v`.
fn format(given: &[Value]) -> Vec<u8> {
    let format = given.text(0);
    let (mut arguments, mut rewritten) = (given.rest(1).to_vec(), Vec::with_capacity(format.len()));
    let (mut next, mut rest) = (0, format);
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        rewritten.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 1..];
        let flags = rest.iter().take_while(|byte| b"+#".contains(byte)).count();
        let verb = rest.get(flags);
        if verb == Some(&b'%') {
            rewritten.push(b'%');
            rest = &rest[flags + 1..];
            continue;
        }
        if verb == Some(&b'v')
            && let Some(argument) = arguments.get_mut(next)
        {
            let shown = Short { types: rest[..flags].contains(&b'#'), names: flags > 0 }.show(argument);
            *argument = shown.into();
            rewritten.push(b's');
            rest = &rest[flags + 1..];
        }
        next += 1;
    }
    rewritten.extend_from_slice(rest);
    fmt::sprintf(rewritten, &arguments)
}

/// Values on one line.
struct Short {
    types: bool,
    names: bool,
}

impl Short {
    fn show(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        if matches!(value, Value::Nil) {
            out.extend_from_slice(if self.types { b"(interface {})<nil>" } else { b"<nil>" });
        } else {
            self.append(&mut out, value, self.types, 0);
        }
        out
    }

    fn append(&self, out: &mut Vec<u8>, value: &Value, with_type: bool, depth: usize) {
        if let Value::Pointer(pointer) = value {
            let Some(target) = pointer.target() else { return out.extend_from_slice(b"<nil>") };
            let prefix = if with_type { format!("(*{})", target.type_name()) } else { "<*>".to_owned() };
            out.extend_from_slice(prefix.as_bytes());
            return self.append(out, target, false, depth);
        }
        if with_type {
            let name =
                if value.kind() == Kind::Invalid { "interface {}".to_owned() } else { value.type_name() };
            out.extend_from_slice(format!("({name})").as_bytes());
        }
        if let Some(text) = description(value) {
            return out.extend_from_slice(&text);
        }
        match value.underlying() {
            _ if value.is_nil() => out.extend_from_slice(b"<nil>"),
            Value::List(_) | Value::Map(_) | Value::Struct(_) if depth >= DEEPEST => {
                out.extend_from_slice(b"<max>");
            }
            Value::List(list) => {
                // Only what stands behind an interface tells its own type.
                let types = self.types && list.elem().is_interface();
                out.push(b'[');
                for (index, item) in list.iter().enumerate() {
                    separate(out, index);
                    self.append(out, &item, types, depth + 1);
                }
                out.push(b']');
            }
            Value::Map(map) => {
                let (keys, values) =
                    (self.types && map.key().is_interface(), self.types && map.elem().is_interface());
                out.extend_from_slice(b"map[");
                for (index, (key, value)) in map.entries().iter().enumerate() {
                    separate(out, index);
                    self.append(out, &key.0, keys, depth + 1);
                    out.push(b':');
                    self.append(out, value, values, depth + 1);
                }
                out.push(b']');
            }
            Value::Struct(structure) => {
                let fields = structure.type_of().fields().unwrap_or_default();
                out.push(b'{');
                for (index, (field, value)) in fields.iter().zip(structure.fields()).enumerate() {
                    separate(out, index);
                    if self.names {
                        out.extend_from_slice(format!("{}:", field.name).as_bytes());
                    }
                    self.append(out, value, self.types, depth + 1);
                }
                out.push(b'}');
            }
            other => fmt::append_plain(out, other),
        }
    }
}

fn separate(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b' ');
    }
}
