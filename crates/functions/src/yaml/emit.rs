//! Writing values as YAML: blocks two spaces further in at each level, lists in maps not at all.

use preflight_gotemplate::strconv::{FloatSize, atoi, format_float, format_int, format_uint, parse_float};
use preflight_gotemplate::{FloatKind, List, Map, Struct, Value};

use super::{keys, scalar};
use crate::DEEPEST;
use crate::time;

/// What has been written, and where the pen is.
#[derive(Default)]
pub(super) struct Output {
    text: String,
    column: usize,
    /// A space, or the start of a line, is before the pen.
    separated: bool,
}

impl Output {
    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn push(&mut self, rune: char) {
        self.text.push(rune);
        let breaks = matches!(rune, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        self.column = if breaks { 0 } else { self.column + 1 };
        self.separated = breaks;
    }

    pub(super) fn text(&mut self, text: &str) {
        text.chars().for_each(|rune| self.push(rune));
    }

    /// A text with a space before it, unless it stands at the start of something.
    pub(super) fn word(&mut self, text: &str) {
        if !self.separated {
            self.push(' ');
        }
        self.separated = true;
        self.text(text);
    }

    /// Goes on at a column of the next line.
    pub(super) fn line(&mut self, indent: usize) {
        self.push('\n');
        self.pad(indent);
    }

    pub(super) fn pad(&mut self, indent: usize) {
        while self.column < indent {
            self.push(' ');
        }
        self.separated = true;
    }

    /// A block that ended with a line's end leaves the pen at the start of the next.
    pub(super) fn ends_in_block(&mut self, at_line_start: bool) {
        self.separated = at_line_start;
    }

    /// Begins a new line, or stays on one that holds nothing but the signs of lists before this column.
    fn begin(&mut self, indent: usize, stays: bool) {
        let at_start = self.column == 0;
        if stays || at_start {
            self.pad(indent);
        } else {
            self.line(indent);
        }
    }
}

/// A value as a document, without the line's end that a file would have.
///
/// # Errors
/// The value holds what YAML has no form for. The text is Go's, which does not name the function.
pub(crate) fn write(value: &Value) -> Result<String, String> {
    let mut writer = Writer { out: Output { separated: true, ..Output::default() }, depth: 0 };
    writer.node(value, Place { indent: 0, scalar: 2, stays: true, after_key: false })?;
    Ok(writer.out.text)
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    /// The column at which members of a map or list begin.
    indent: usize,
    /// The column at which further lines of a text begin.
    scalar: usize,
    /// The first member stands on the line at hand.
    stays: bool,
    /// It is the value of a key on the same line: a list is not moved in then.
    after_key: bool,
}

struct Writer {
    out: Output,
    depth: usize,
}

impl Writer {
    fn node(&mut self, value: &Value, place: Place) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("yaml: the value holds itself or is nested too deeply".to_owned());
        }
        self.any(value, place)?;
        self.depth -= 1;
        Ok(())
    }

    fn any(&mut self, value: &Value, place: Place) -> Result<(), String> {
        if let Some(text) = text_of_named(value) {
            scalar::write(&mut self.out, text.as_bytes(), place.scalar, false);
            return Ok(());
        }
        if let Some(plain) = plain(value) {
            self.out.word(&plain);
            return Ok(());
        }
        match value.underlying() {
            Value::String(text) => scalar::write(&mut self.out, text, place.scalar, false),
            Value::List(list) => return self.list(list, place),
            Value::Map(map) => return self.map(map, place),
            Value::Pointer(pointer) => return self.any(pointer.target().unwrap_or(&Value::Nil), place),
            Value::Struct(structure) => return self.structure(structure, place),
            _ => return Err(format!("cannot marshal type: {}", value.type_name())),
        }
        Ok(())
    }

    fn list(&mut self, list: &List, place: Place) -> Result<(), String> {
        if list.is_empty() {
            self.out.word("[]");
            return Ok(());
        }
        // In a map the items stand below their key.
        let indent = if place.after_key { place.indent - 2 } else { place.indent };
        for (index, item) in list.iter().enumerate() {
            self.out.begin(indent, index == 0 && place.stays);
            self.out.word("-");
            let inner = Place { indent: indent + 2, scalar: indent + 2, stays: true, after_key: false };
            self.node(&item, inner)?;
        }
        Ok(())
    }

    fn map(&mut self, map: &Map, place: Place) -> Result<(), String> {
        let entries = map.entries();
        let mut members: Vec<(&Value, &Value)> = entries.iter().map(|(key, value)| (&key.0, value)).collect();
        members.sort_by(|(one, _), (other, _)| keys::order(one, other));
        self.members(members.into_iter(), place)
    }

    /// A struct's fields in their order, under their names in lower case.
    fn structure(&mut self, structure: &Struct, place: Place) -> Result<(), String> {
        let fields = structure.type_of().fields().unwrap_or_default();
        let named: Vec<(Value, &Value)> = fields
            .iter()
            .zip(structure.fields())
            .filter(|(field, _)| field.is_exported())
            .map(|(field, value)| (Value::from(field.name.to_lowercase()), value))
            .collect();
        self.members(named.iter().map(|(name, value)| (name, *value)), place)
    }

    fn members<'v>(
        &mut self,
        members: impl ExactSizeIterator<Item = (&'v Value, &'v Value)>,
        place: Place,
    ) -> Result<(), String> {
        if members.len() == 0 {
            self.out.word("{}");
            return Ok(());
        }
        for (index, (key, value)) in members.enumerate() {
            self.out.begin(place.indent, index == 0 && place.stays);
            let inner =
                Place { indent: place.indent + 2, scalar: place.indent + 2, stays: false, after_key: true };
            if self.simple_key(key, place.indent)? {
                self.out.push(':');
            } else {
                self.complex_key(key, inner)?;
            }
            let stays = self.out.separated;
            self.node(value, Place { stays, after_key: !stays, ..inner })?;
        }
        Ok(())
    }

    /// Writes a key that fits before a colon; says whether it did.
    fn simple_key(&mut self, key: &Value, indent: usize) -> Result<bool, String> {
        if let Some(plain) = plain(key) {
            self.out.word(&plain);
            return Ok(true);
        }
        match key.indirect().underlying() {
            Value::String(text) if scalar::is_simple_key(text) => {
                scalar::write(&mut self.out, text, indent + 2, true);
                Ok(true)
            }
            Value::String(_) | Value::List(_) | Value::Map(_) | Value::Struct(_) => Ok(false),
            _ => Err(format!("cannot marshal type: {}", key.type_name())),
        }
    }

    /// `? key` on lines of its own, then a colon.
    fn complex_key(&mut self, key: &Value, inner: Place) -> Result<(), String> {
        self.out.word("?");
        self.node(key, Place { stays: true, after_key: false, ..inner })?;
        self.out.begin(inner.indent - 2, false);
        self.out.push(':');
        self.out.push(' ');
        self.out.separated = true;
        Ok(())
    }
}

/// Values of declared types that are written as text: durations, versions.
fn text_of_named(value: &Value) -> Option<String> {
    let name = value.type_name();
    let text = match name.trim_start_matches('*') {
        "time.Duration" => value.describe()?,
        "semver.Version" => value.indirect().clone().pointer().describe()?,
        _ => return None,
    };
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// What is written without quotes whatever it looks like.
fn plain(value: &Value) -> Option<String> {
    if let Some(time) = time::of_value(value) {
        return Some(String::from_utf8_lossy(&time.format_rfc3339_nano()).into_owned());
    }
    if let Value::Named(named) = value
        && named.named_type().name() == "json.Number"
    {
        return number_of_json(value.as_bytes().unwrap_or_default());
    }
    Some(match value.underlying() {
        Value::Nil => "null".to_owned(),
        Value::Pointer(pointer) if pointer.is_nil() => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(_, number) => format_int(*number, 10),
        Value::Uint(_, number) => format_uint(*number, 10),
        Value::Float(kind, number) => float_text(*kind, *number),
        _ => return None,
    })
}

fn number_of_json(digits: &[u8]) -> Option<String> {
    if let Ok(number) = atoi(digits) {
        return Some(format_int(number, 10));
    }
    parse_float(digits, FloatSize::F64).ok().map(|number| float_text(FloatKind::Float64, number))
}

fn float_text(kind: FloatKind, number: f64) -> String {
    let size = if kind == FloatKind::Float32 { FloatSize::F32 } else { FloatSize::F64 };
    match format_float(number, b'g', None, size).as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        digits => digits.to_owned(),
    }
}
