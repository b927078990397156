//! Go's quoted strings and runes.

use super::{decode_rune, is_print};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What stays as it is between the quotes.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Printable,
    PrintableAscii,
}

/// `text` between double quotes, with Go's escapes for what is not printable.
pub fn quote(text: &[u8]) -> String {
    made_of_utf8(|out| append_quote(out, text))
}

/// `text` between double quotes, in ASCII alone.
pub fn quote_to_ascii(text: &[u8]) -> String {
    made_of_utf8(|out| append_quote_to_ascii(out, text))
}

/// `rune` between single quotes.
pub fn quote_rune(rune: char) -> String {
    made_of_utf8(|out| append_quote_rune(out, rune))
}

/// Appends what [`quote`] returns.
pub fn append_quote(out: &mut Vec<u8>, text: &[u8]) {
    append_quoted(out, text, Kept::Printable);
}

/// Appends what [`quote_to_ascii`] returns.
pub fn append_quote_to_ascii(out: &mut Vec<u8>, text: &[u8]) {
    append_quoted(out, text, Kept::PrintableAscii);
}

/// Appends what [`quote_rune`] returns.
pub fn append_quote_rune(out: &mut Vec<u8>, rune: char) {
    append_quoted_rune(out, rune, Kept::Printable);
}

/// Appends `rune` between single quotes, in ASCII alone.
pub fn append_quote_rune_to_ascii(out: &mut Vec<u8>, rune: char) {
    append_quoted_rune(out, rune, Kept::PrintableAscii);
}

/// Whether `text` can stand between backquotes unchanged: UTF-8 on one line, no control character but tab,
/// no backquote, no byte order mark.
pub fn can_backquote(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| {
        text.chars()
            .all(|rune| !matches!(rune, '\0'..='\u{8}' | '\n'..='\u{1f}' | '`' | '\u{7f}' | '\u{feff}'))
    })
}

fn made_of_utf8(append: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    append(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn append_quoted(out: &mut Vec<u8>, text: &[u8], kept: Kept) {
    out.push(b'"');
    let mut rest = text;
    while !rest.is_empty() {
        let plain =
            rest.iter().take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
        let (plain, other) = rest.split_at(plain.count());
        out.extend_from_slice(plain);
        let length = match decode_rune(other) {
            (_, 0) => break,
            (Some(rune), length) => {
                append_escaped(out, rune, '"', kept);
                length
            }
            (None, length) => {
                append_hex(out, b'x', u32::from(other[0]), 2);
                length
            }
        };
        rest = &other[length..];
    }
    out.push(b'"');
}

fn append_quoted_rune(out: &mut Vec<u8>, rune: char, kept: Kept) {
    out.push(b'\'');
    append_escaped(out, rune, '\'', kept);
    out.push(b'\'');
}

fn append_escaped(out: &mut Vec<u8>, rune: char, delimiter: char, kept: Kept) {
    if rune == delimiter || rune == '\\' {
        out.push(b'\\');
        return append_char(out, rune);
    }
    if is_print(rune) && (kept == Kept::Printable || rune.is_ascii()) {
        return append_char(out, rune);
    }
    let short = match rune {
        '\u{7}' => b'a',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{b}' => b'v',
        '\0'..='\u{1f}' | '\u{7f}' => return append_hex(out, b'x', rune.into(), 2),
        '\0'..='\u{ffff}' => return append_hex(out, b'u', rune.into(), 4),
        _ => return append_hex(out, b'U', rune.into(), 8),
    };
    out.extend([b'\\', short]);
}

fn append_char(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

fn append_hex(out: &mut Vec<u8>, escape: u8, value: u32, digits: u32) {
    out.extend([b'\\', escape]);
    out.extend((0..digits).rev().map(|place| HEX[(value >> (4 * place) & 0xf) as usize]));
}
