//! Strings and byte slices in the verbs that take them.

use super::spec::Spec;
use crate::strconv::{append_quote, append_quote_to_ascii, can_backquote, decode_rune};

/// Appends `text` as `verb` wants it; false when the verb is none for strings.
pub(super) fn append_text(out: &mut Vec<u8>, spec: &Spec, text: &[u8], verb: char) -> bool {
    match verb {
        'v' if spec.sharp_v => append_quoted(out, spec, text),
        'v' | 's' => spec.pad(out, truncated(spec, text)),
        'x' => append_hex(out, spec, text, b"0123456789abcdefx"),
        'X' => append_hex(out, spec, text, b"0123456789ABCDEFX"),
        'q' => append_quoted(out, spec, text),
        _ => return false,
    }
    true
}

/// A precision is the most runes that are shown.
fn truncated<'text>(spec: &Spec, text: &'text [u8]) -> &'text [u8] {
    let Some(precision) = spec.precision else { return text };
    let mut end = 0;
    for _ in 0..precision {
        if end == text.len() {
            break;
        }
        end += decode_rune(&text[end..]).1;
    }
    &text[..end]
}

fn append_quoted(out: &mut Vec<u8>, spec: &Spec, text: &[u8]) {
    let text = truncated(spec, text);
    let mut quoted = Vec::with_capacity(text.len() + 2);
    if spec.sharp && can_backquote(text) {
        quoted.push(b'`');
        quoted.extend_from_slice(text);
        quoted.push(b'`');
    } else if spec.plus {
        append_quote_to_ascii(&mut quoted, text);
    } else {
        append_quote(&mut quoted, text);
    }
    spec.pad(out, &quoted);
}

fn append_hex(out: &mut Vec<u8>, spec: &Spec, text: &[u8], digits: &[u8; 17]) {
    // here a precision counts bytes
    let shown = &text[..spec.precision.unwrap_or(usize::MAX).min(text.len())];
    if shown.is_empty() {
        return spec.append_padding(out, spec.width.unwrap_or(0));
    }
    let length = match (spec.space, spec.sharp) {
        (true, true) => 5 * shown.len() - 1,
        (true, false) => 3 * shown.len() - 1,
        (false, true) => 2 * shown.len() + 2,
        (false, false) => 2 * shown.len(),
    };
    let padding = spec.width.unwrap_or(0).saturating_sub(length);
    if !spec.minus {
        spec.append_padding(out, padding);
    }
    for (place, byte) in shown.iter().enumerate() {
        if place > 0 && spec.space {
            out.push(b' ');
        }
        if spec.sharp && (place == 0 || spec.space) {
            out.extend([b'0', digits[16]]);
        }
        out.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 0xf)]]);
    }
    if spec.minus {
        spec.append_padding(out, padding);
    }
}
