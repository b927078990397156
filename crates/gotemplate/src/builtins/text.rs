//! The builtin functions that make text: `print`, `printf`, `println`, `html`, `js` and `urlquery`, and their
//! escapes for whoever has bytes already.

use std::cell::Cell;

use crate::exec::Held;
use crate::fmt::{self, Argument};
use crate::strconv::{decode_rune, is_print};
use crate::value::Value;

/// `print`: [`fmt::sprint`].
pub fn print(arguments: &[Value]) -> Vec<u8> {
    fmt::sprint(arguments)
}

/// `printf`: [`fmt::sprintf`].
pub fn printf(format: &[u8], arguments: &[Value]) -> Vec<u8> {
    fmt::sprintf(format, arguments)
}

/// `println`: [`fmt::sprintln`].
pub fn println(arguments: &[Value]) -> Vec<u8> {
    fmt::sprintln(arguments)
}

/// `html`: the arguments printed one after the other, then [`escape_html`].
pub fn html(arguments: &[Value]) -> Vec<u8> {
    collected(|out| append_escaped(out, arguments, append_html))
}

/// `js`: the arguments printed one after the other, then [`escape_js`].
pub fn js(arguments: &[Value]) -> Vec<u8> {
    collected(|out| append_escaped(out, arguments, append_js))
}

/// `urlquery`: the arguments printed one after the other, then [`escape_url_query`].
pub fn urlquery(arguments: &[Value]) -> Vec<u8> {
    collected(|out| append_escaped(out, arguments, append_url_query))
}

/// Text that is safe between the tags and in quoted attributes of HTML.
pub fn escape_html(text: &[u8]) -> Vec<u8> {
    collected(|out| append_html(out, text))
}

/// Text that is safe within a quoted string of JavaScript.
pub fn escape_js(text: &[u8]) -> Vec<u8> {
    collected(|out| append_js(out, text))
}

/// Text that is safe as a name or value in the query of a URL: a space becomes `+`.
pub fn escape_url_query(text: &[u8]) -> Vec<u8> {
    collected(|out| append_url_query(out, text))
}

impl Argument for Held {
    fn value(&self) -> &Value {
        &self.value
    }
}

/// A string value from what `append` writes. The buffer is kept for the next one, if it did not grow large.
pub(super) fn string_value(append: impl FnOnce(&mut Vec<u8>)) -> Value {
    const KEPT: usize = 64 * 1024;
    thread_local! {
        static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // taken out while in use: what is printed may print in turn
    let mut buffer = BUFFER.take();
    buffer.clear();
    append(&mut buffer);
    let value = Value::from(&*buffer);
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    value
}

/// Appends the arguments, printed one after the other and escaped.
pub(super) fn append_escaped<A: Argument>(
    out: &mut Vec<u8>,
    arguments: &[A],
    escape: impl FnOnce(&mut Vec<u8>, &[u8]),
) {
    if let [only] = arguments
        && let Value::String(text) = only.value()
    {
        return escape(out, text);
    }
    let printable: Vec<Value> = arguments.iter().map(|argument| printable(argument.value())).collect();
    escape(out, &fmt::sprint(&printable));
}

pub(super) fn append_html(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        let entity: &[u8] = match byte {
            0 => "\u{fffd}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => std::slice::from_ref(byte),
        };
        out.extend_from_slice(entity);
    }
}

pub(super) fn append_js(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let (rune, length) = decode_rune(rest);
        match rune {
            Some(special @ ('\\' | '\'' | '"')) => out.extend([b'\\', special as u8]),
            Some('<' | '>' | '&' | '=' | '\0'..='\u{1f}') => append_js_code(out, u32::from(rest[0])),
            // a delete is not printable, but is left alone as every other ASCII character is
            Some(rune) if !rune.is_ascii() && !is_print(rune) => append_js_code(out, rune.into()),
            _ => out.extend_from_slice(&rest[..length]),
        }
        rest = &rest[length..];
    }
}

pub(super) fn append_url_query(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend([b'%', upper_hex(byte >> 4), upper_hex(byte & 0xf)]),
        }
    }
}

fn collected(append: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out);
    out
}

/// What a template shows of a value: behind pointers, unless it is the pointer that knows how to describe itself.
fn printable(value: &Value) -> Value {
    let mut value = value;
    if matches!(value, Value::Nil) {
        return Value::from("<no value>");
    }
    while let Value::Pointer(pointer) = value.underlying() {
        match pointer.target() {
            Some(target @ Value::Pointer(_)) => value = target,
            Some(target) if value.describe().is_none() => value = target,
            _ => break,
        }
    }
    value.clone()
}

fn append_js_code(out: &mut Vec<u8>, code: u32) {
    out.extend_from_slice(format!("\\u{code:04X}").as_bytes());
}

fn upper_hex(digit: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(digit & 0xf)]
}
