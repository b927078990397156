//! The builtin functions that make text: `print`, `printf`, `println`, `html`, `js` and `urlquery`, and their
//! escapes for whoever has bytes already.

use crate::fmt;
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
    with_text_of(arguments, escape_html)
}

/// `js`: the arguments printed one after the other, then [`escape_js`].
pub fn js(arguments: &[Value]) -> Vec<u8> {
    with_text_of(arguments, escape_js)
}

/// `urlquery`: the arguments printed one after the other, then [`escape_url_query`].
pub fn urlquery(arguments: &[Value]) -> Vec<u8> {
    with_text_of(arguments, escape_url_query)
}

/// Text that is safe between the tags and in quoted attributes of HTML.
pub fn escape_html(text: &[u8]) -> Vec<u8> {
    replace_bytes(text, |byte, out| {
        let entity: &[u8] = match byte {
            0 => "\u{fffd}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => return out.push(byte),
        };
        out.extend_from_slice(entity);
    })
}

/// Text that is safe within a quoted string of JavaScript.
pub fn escape_js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while !rest.is_empty() {
        let (rune, length) = decode_rune(rest);
        match rune {
            Some(special @ ('\\' | '\'' | '"')) => out.extend([b'\\', special as u8]),
            Some('<' | '>' | '&' | '=' | '\0'..='\u{1f}') => append_js_code(&mut out, u32::from(rest[0])),
            // a delete is not printable, but is left alone as every other ASCII character is
            Some(rune) if !rune.is_ascii() && !is_print(rune) => append_js_code(&mut out, rune.into()),
            _ => out.extend_from_slice(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out
}

/// Text that is safe as a name or value in the query of a URL: a space becomes `+`.
pub fn escape_url_query(text: &[u8]) -> Vec<u8> {
    replace_bytes(text, |byte, out| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
        b' ' => out.push(b'+'),
        _ => out.extend([b'%', upper_hex(byte >> 4), upper_hex(byte & 0xf)]),
    })
}

fn with_text_of(arguments: &[Value], escape: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    match arguments {
        [Value::String(text)] => escape(text),
        _ => {
            let printable: Vec<Value> = arguments.iter().map(printable).collect();
            escape(&fmt::sprint(&printable))
        }
    }
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

fn replace_bytes(text: &[u8], replace: impl Fn(u8, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for byte in text {
        replace(*byte, &mut out);
    }
    out
}

fn append_js_code(out: &mut Vec<u8>, code: u32) {
    out.extend_from_slice(format!("\\u{code:04X}").as_bytes());
}

fn upper_hex(digit: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(digit & 0xf)]
}
