//! Strings of JSON.

use crate::text::runes;

use super::Escape;

/// Adds a text in quotes. What is not UTF-8 becomes `\ufffd`; line separators of JavaScript are always escaped.
pub(super) fn append(out: &mut Vec<u8>, text: &[u8], escape: Escape) {
    out.push(b'"');
    for (rune, bytes) in runes(text) {
        match rune {
            '"' => out.extend_from_slice(br#"\""#),
            '\\' => out.extend_from_slice(br"\\"),
            '\n' => out.extend_from_slice(br"\n"),
            '\r' => out.extend_from_slice(br"\r"),
            '\t' => out.extend_from_slice(br"\t"),
            '\u{8}' => out.extend_from_slice(br"\b"),
            '\u{C}' => out.extend_from_slice(br"\f"),
            '<' | '>' | '&' if escape == Escape::Html => append_code(out, rune),
            '\0'..' ' | '\u{2028}' | '\u{2029}' => append_code(out, rune),
            char::REPLACEMENT_CHARACTER if bytes.len() == 1 => append_code(out, rune),
            _ => out.extend_from_slice(bytes),
        }
    }
    out.push(b'"');
}

fn append_code(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(format!(r"\u{:04x}", u32::from(rune)).as_bytes());
}
