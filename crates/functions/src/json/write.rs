//! Writing values as JSON: keys in order, structs by their tags, what cannot be written told as Go tells it.

use preflight_gotemplate::strconv::{FloatSize, append_int, append_uint, format_float};
use preflight_gotemplate::{Call, CallError, Field, FloatKind, List, Map, Struct, Type, Value};

use super::quote;
use crate::DEEPEST;
use crate::codec::{Alphabet, encode_base64};
use crate::time;

/// Whether `<`, `>` and `&` are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As `json.Marshal` does.
    Html,
    /// As an encoder with `SetEscapeHTML(false)` does.
    Needed,
}

/// A value on one line.
///
/// # Errors
/// The value holds what JSON has no form for: a function, a channel, a complex number, `NaN`, keys that are no text.
pub(crate) fn compact(value: &Value, escape: Escape) -> Result<Vec<u8>, CallError> {
    write(value, escape, None)
}

/// A value on several lines, each level two spaces further in.
///
/// # Errors
/// As [`compact`].
pub(crate) fn indented(value: &Value, escape: Escape) -> Result<Vec<u8>, CallError> {
    write(value, escape, Some("  "))
}

fn write(value: &Value, escape: Escape, indent: Option<&'static str>) -> Result<Vec<u8>, CallError> {
    let mut writer = Writer { out: Vec::new(), escape, indent, depth: 0 };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    escape: Escape,
    indent: Option<&'static str>,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), CallError> {
        if let Value::Named(named) = value
            && named.named_type().name() == "json.Number"
        {
            let digits = value.as_bytes().unwrap_or_default();
            self.out.extend_from_slice(if digits.is_empty() { b"0" } else { digits });
            return Ok(());
        }
        match value.underlying() {
            Value::Nil | Value::Named(_) => self.text("null"),
            Value::Bool(truth) => self.text(if *truth { "true" } else { "false" }),
            Value::Int(_, number) => append_int(&mut self.out, *number, 10),
            Value::Uint(_, number) => append_uint(&mut self.out, *number, 10),
            Value::Float(kind, number) => return self.float(*kind, *number),
            Value::String(bytes) => quote::append(&mut self.out, bytes, self.escape),
            Value::List(list) => return self.list(list),
            Value::Map(map) => return self.map(map),
            Value::Struct(structure) => return self.structure(value, structure),
            Value::Pointer(pointer) => return self.value(pointer.target().unwrap_or(&Value::Nil)),
            Value::Complex(..) | Value::Func(_) | Value::Chan(_) => return unsupported(&value.type_name()),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, kind: FloatKind, number: f64) -> Result<(), CallError> {
        if !number.is_finite() {
            let shown = format_float(number, b'g', None, FloatSize::F64);
            return Err(CallError::new(format!("json: unsupported value: {shown}")));
        }
        let text = float_text(kind, number);
        self.text(&text);
        Ok(())
    }

    fn list(&mut self, list: &List) -> Result<(), CallError> {
        if list.is_nil() {
            self.text("null");
            return Ok(());
        }
        if let Some(bytes) = list.as_bytes() {
            let encoded = encode_base64(Alphabet::Standard, bytes);
            quote::append(&mut self.out, &encoded, self.escape);
            return Ok(());
        }
        self.open(b'[', list.type_of())?;
        for (index, item) in list.iter().enumerate() {
            self.separate(index);
            self.value(&item)?;
        }
        self.close(b']', list.is_empty());
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Result<(), CallError> {
        let keys_are_text = matches!(map.key().underlying(), Type::String | Type::Int(_) | Type::Uint(_));
        if !keys_are_text {
            return unsupported(&map.type_of().to_string());
        }
        if map.is_nil() {
            self.text("null");
            return Ok(());
        }
        let entries = map.entries();
        let mut members: Vec<(Vec<u8>, &Value)> =
            entries.iter().map(|(key, value)| (key_text(&key.0), value)).collect();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.open(b'{', &map.type_of())?;
        for (index, (key, value)) in members.iter().enumerate() {
            self.separate(index);
            self.key(key);
            self.value(value)?;
        }
        self.close(b'}', members.is_empty());
        Ok(())
    }

    fn structure(&mut self, value: &Value, structure: &Struct) -> Result<(), CallError> {
        if let Some(time) = time::of_value(value) {
            let text = time.format_rfc3339_nano();
            quote::append(&mut self.out, &text, self.escape);
            return Ok(());
        }
        let name = structure.type_of().to_string();
        if name == "semver.Version" {
            let text = value.clone().pointer().describe().unwrap_or_default();
            quote::append(&mut self.out, &text, self.escape);
            return Ok(());
        }
        if let Some(stand_in) = stand_in(value, structure)? {
            return self.value(&stand_in);
        }
        self.open(b'{', structure.type_of())?;
        let mut written = 0;
        self.fields(structure, &mut written)?;
        self.close(b'}', written == 0);
        Ok(())
    }

    fn fields(&mut self, structure: &Struct, written: &mut usize) -> Result<(), CallError> {
        let fields = structure.type_of().fields().unwrap_or_default();
        for (field, value) in fields.iter().zip(structure.fields()) {
            let tag = Tag::of(field);
            if let (true, None, Some(inner)) = (field.embedded, tag.name, value.indirect().as_struct()) {
                self.fields(inner, written)?;
            } else if field.is_exported() && !tag.skip && !(tag.omit_empty && is_empty(value)) {
                self.separate(*written);
                self.key(tag.name.unwrap_or(&field.name).as_bytes());
                self.value(value)?;
                *written += 1;
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &[u8]) {
        quote::append(&mut self.out, key, self.escape);
        self.text(if self.indent.is_some() { ": " } else { ":" });
    }

    fn open(&mut self, bracket: u8, ty: &Type) -> Result<(), CallError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(CallError::new(format!("json: unsupported value: encountered a cycle via {ty}")));
        }
        self.out.push(bracket);
        Ok(())
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push(b',');
        }
        self.new_line();
    }

    fn close(&mut self, bracket: u8, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.new_line();
        }
        self.out.push(bracket);
    }

    fn new_line(&mut self) {
        if let Some(indent) = self.indent {
            self.out.push(b'\n');
            for _ in 0..self.depth {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }
}

/// What is written in place of a struct whose type has a method `MarshalJSON`: the value that it gives.
fn stand_in(value: &Value, structure: &Struct) -> Result<Option<Value>, CallError> {
    let Type::Named(named) = structure.type_of() else { return Ok(None) };
    let method = named.methods().iter().find(|method| &*method.name == "MarshalJSON");
    method
        .map(|method| method.function.call(&Call::outside("MarshalJSON", &()), std::slice::from_ref(value)))
        .transpose()
}

/// The `json:"…"` tag of a field.
struct Tag<'a> {
    name: Option<&'a str>,
    skip: bool,
    omit_empty: bool,
}

impl<'a> Tag<'a> {
    fn of(field: &'a Field) -> Self {
        let text = field
            .tag
            .split_once("json:\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map_or("", |(tag, _)| tag);
        let (name, options) = text.split_once(',').unwrap_or((text, ""));
        Self {
            name: (!name.is_empty()).then_some(name),
            skip: text == "-",
            omit_empty: options.split(',').any(|option| option == "omitempty"),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    !matches!(value.underlying(), Value::Struct(_)) && !value.is_true()
}

fn key_text(key: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match key.underlying() {
        Value::Int(_, number) => append_int(&mut out, *number, 10),
        Value::Uint(_, number) => append_uint(&mut out, *number, 10),
        other => out.extend_from_slice(other.as_bytes().unwrap_or_default()),
    }
    out
}

/// Plain digits for what people write in digits, an exponent without zeros for the rest.
fn float_text(kind: FloatKind, number: f64) -> String {
    let size = if kind == FloatKind::Float32 { FloatSize::F32 } else { FloatSize::F64 };
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return format_float(number, b'f', None, size);
    }
    let text = format_float(number, b'e', None, size);
    match text.split_once("e-0") {
        Some((digits, exponent)) => format!("{digits}e-{exponent}"),
        None => text,
    }
}

fn unsupported(ty: &str) -> Result<(), CallError> {
    Err(CallError::new(format!("json: unsupported type: {ty}")))
}
