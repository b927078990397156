//! Writing values as TOML, in the layout of github.com/BurntSushi/toml: plain keys first, then tables, each level two
//! spaces further in.

use preflight_gotemplate::strconv::{FloatSize, atoi, format_float, format_int, format_uint, parse_float};
use preflight_gotemplate::{FloatKind, List, Type, Value};

use crate::DEEPEST;
use crate::time;

const NIL_ELEMENT: &str = "toml: cannot encode array with nil element";
const KEY_IS_NO_TEXT: &str = "toml: cannot encode a map with non-string key type";
const NO_TABLE: &str = "toml: top-level values must be Go maps or structs";

/// A value as a document.
///
/// # Errors
/// The value holds what TOML has no form for; the text is Go's.
pub(crate) fn write(value: &Value) -> Result<Vec<u8>, String> {
    let mut writer = Writer { out: Vec::new(), depth: 0 };
    writer.member(&[], value)?;
    Ok(writer.out)
}

/// What a value is in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Nothing,
    Plain,
    Table,
    Tables,
}

/// The keys that lead to a value.
type Path<'a> = &'a [Vec<u8>];

struct Writer {
    out: Vec<u8>,
    depth: usize,
}

impl Writer {
    /// A value under its key, on lines of its own.
    fn member(&mut self, path: Path<'_>, value: &Value) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("toml: the value holds itself or is nested too deeply".to_owned());
        }
        match form(value)? {
            Form::Nothing => {}
            Form::Plain => self.key_and_value(path, value)?,
            Form::Table => self.table(path, value)?,
            Form::Tables => self.tables(path, value)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn key_and_value(&mut self, path: Path<'_>, value: &Value) -> Result<(), String> {
        if let Some(key) = path.last() {
            self.indent(path);
            self.out.extend_from_slice(&quoted_if_needed(key));
            self.text(" = ");
        }
        self.element(value)?;
        self.new_line();
        Ok(())
    }

    fn table(&mut self, path: Path<'_>, value: &Value) -> Result<(), String> {
        if path.len() == 1 {
            self.new_line();
        }
        if !path.is_empty() {
            self.header(path, "[", "]");
        }
        self.members(path, value)
    }

    fn tables(&mut self, path: Path<'_>, value: &Value) -> Result<(), String> {
        if path.is_empty() {
            return Err(NO_TABLE.to_owned());
        }
        for item in value.indirect().as_list().map(List::to_vec).unwrap_or_default() {
            if item.is_nil() {
                continue;
            }
            self.new_line();
            self.header(path, "[[", "]]");
            self.members(path, &item)?;
        }
        Ok(())
    }

    fn header(&mut self, path: Path<'_>, open: &str, close: &str) {
        self.indent(path);
        self.text(open);
        let keys: Vec<Vec<u8>> = path.iter().map(|key| quoted_if_needed(key)).collect();
        self.out.extend_from_slice(&keys.join(&b"."[..]));
        self.text(close);
        self.new_line();
    }

    /// What is in a table: plain values first, so that they do not end up in a table below.
    fn members(&mut self, path: Path<'_>, value: &Value) -> Result<(), String> {
        let (plain, tables) = parts(value)?;
        for (key, value) in plain.into_iter().chain(tables) {
            let path: Vec<Vec<u8>> = path.iter().cloned().chain([key]).collect();
            self.member(&path, &value)?;
        }
        Ok(())
    }

    /// A value on the line at hand.
    fn element(&mut self, value: &Value) -> Result<(), String> {
        let value = value.indirect();
        if let Some(text) = text_of_known(value) {
            self.out.extend_from_slice(&text);
            return Ok(());
        }
        match value.underlying() {
            Value::Bool(truth) => self.text(if *truth { "true" } else { "false" }),
            Value::Int(_, number) => self.text(&format_int(*number, 10)),
            Value::Uint(_, number) => self.text(&format_uint(*number, 10)),
            Value::Float(kind, number) => self.text(&float(*kind, *number)),
            Value::String(text) => self.out.extend_from_slice(&quoted(text)),
            Value::List(list) => return self.array(list),
            Value::Map(_) | Value::Struct(_) => return self.inline_table(value),
            _ => return Err(format!("unexpected type: {}", value.type_name())),
        }
        Ok(())
    }

    fn array(&mut self, list: &List) -> Result<(), String> {
        self.text("[");
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.element(&item)?;
        }
        self.text("]");
        Ok(())
    }

    fn inline_table(&mut self, value: &Value) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("toml: the value holds itself or is nested too deeply".to_owned());
        }
        let (plain, tables) = parts(value)?;
        self.text("{");
        for (index, (key, value)) in plain.iter().chain(&tables).enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.out.extend_from_slice(&quoted_if_needed(key));
            self.text(" = ");
            self.element(value)?;
        }
        self.text("}");
        self.depth -= 1;
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn indent(&mut self, path: Path<'_>) {
        for _ in 1..path.len() {
            self.text("  ");
        }
    }

    /// Ends a line, but never begins the document with an empty one.
    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }
}

fn form(value: &Value) -> Result<Form, String> {
    let value = value.indirect();
    if text_of_known(value).is_some() {
        return Ok(Form::Plain);
    }
    Ok(match value.underlying() {
        Value::Nil | Value::Pointer(_) => Form::Nothing,
        Value::List(list) if list.is_nil() => Form::Nothing,
        Value::List(list) => {
            let forms = list.iter().map(|item| form(&item)).collect::<Result<Vec<_>, _>>()?;
            if forms.contains(&Form::Nothing) {
                return Err(NIL_ELEMENT.to_owned());
            }
            let tables = !forms.is_empty() && forms.iter().all(|form| *form == Form::Table);
            if tables { Form::Tables } else { Form::Plain }
        }
        Value::Map(map) if map.is_nil() => Form::Nothing,
        Value::Map(_) | Value::Struct(_) => Form::Table,
        Value::Chan(_) | Value::Func(_) | Value::Complex(..) => {
            return Err(format!("unsupported type: {}", value.kind().name()));
        }
        _ => Form::Plain,
    })
}

type Members = Vec<(Vec<u8>, Value)>;

/// The members of a table that are no tables, and those that are. Maps in the order of their keys, structs in theirs.
fn parts(value: &Value) -> Result<(Members, Members), String> {
    let members: Members = match value.indirect().underlying() {
        Value::Map(map) if !matches!(map.key().underlying(), Type::String) => {
            return Err(KEY_IS_NO_TEXT.to_owned());
        }
        Value::Map(map) => {
            let entries = map.entries();
            entries
                .iter()
                .map(|(key, value)| (key.0.as_bytes().unwrap_or_default().to_vec(), value.clone()))
                .collect()
        }
        Value::Struct(structure) => {
            let fields = structure.type_of().fields().unwrap_or_default();
            let exported = fields.iter().zip(structure.fields()).filter(|(field, _)| field.is_exported());
            exported.map(|(field, value)| (field.name.as_bytes().to_vec(), value.clone())).collect()
        }
        _ => Vec::new(),
    };
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for (key, value) in members {
        match form(&value)? {
            Form::Nothing => {}
            Form::Plain => plain.push((key, value)),
            Form::Table | Form::Tables => tables.push((key, value)),
        }
    }
    Ok((plain, tables))
}

/// Times, durations and the numbers of JSON have a text of their own.
fn text_of_known(value: &Value) -> Option<Vec<u8>> {
    if let Some(time) = time::of_value(value) {
        return Some(time.format_rfc3339_nano());
    }
    let name = match value {
        Value::Named(named) => named.named_type().name().to_owned(),
        Value::Struct(structure) => structure.type_of().to_string(),
        _ => return None,
    };
    match name.as_str() {
        "time.Duration" => Some(quoted(&value.describe()?)),
        "semver.Version" => Some(quoted(&value.clone().pointer().describe()?)),
        "json.Number" => {
            let digits = value.as_bytes().filter(|digits| !digits.is_empty()).unwrap_or(b"0");
            let integer = atoi(digits).ok().map(|number| format_int(number, 10));
            let number =
                || parse_float(digits, FloatSize::F64).ok().map(|number| float(FloatKind::Float64, number));
            integer.or_else(number).map(String::into_bytes)
        }
        _ => None,
    }
}

/// A float, always with a point.
fn float(kind: FloatKind, number: f64) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "+inf" }.to_owned();
    }
    let size = if kind == FloatKind::Float32 { FloatSize::F32 } else { FloatSize::F64 };
    let text = format_float(number, b'f', None, size);
    if text.contains('.') { text } else { text + ".0" }
}

fn quoted_if_needed(key: &[u8]) -> Vec<u8> {
    let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.iter().all(bare) { key.to_vec() } else { quoted(key) }
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(br#"\""#),
            b'\\' => out.extend_from_slice(br"\\"),
            b'\n' => out.extend_from_slice(br"\n"),
            b'\r' => out.extend_from_slice(br"\r"),
            b'\t' => out.extend_from_slice(br"\t"),
            8 => out.extend_from_slice(br"\b"),
            12 => out.extend_from_slice(br"\f"),
            0..0x20 | 0x7F => out.extend_from_slice(format!(r"\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}
