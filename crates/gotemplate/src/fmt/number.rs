//! Integers, characters and booleans in the verbs that take them.

use super::spec::Spec;
use crate::strconv::{append_quote_rune, append_quote_rune_to_ascii, append_uint, is_print};

/// A whole number of either sign.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    pub(super) negative: bool,
    pub(super) magnitude: u64,
}

impl Whole {
    /// The number as 64 bits, two's complement: what character verbs look at.
    fn bits(self) -> u64 {
        if self.negative { self.magnitude.wrapping_neg() } else { self.magnitude }
    }

    fn as_char(self) -> char {
        let code = u32::try_from(self.bits()).ok();
        code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl From<i64> for Whole {
    fn from(value: i64) -> Self {
        Self { negative: value < 0, magnitude: value.unsigned_abs() }
    }
}

impl From<u64> for Whole {
    fn from(magnitude: u64) -> Self {
        Self { negative: false, magnitude }
    }
}

/// Appends `value` as `verb` wants it; false when the verb is none for integers.
pub(super) fn append_whole(out: &mut Vec<u8>, spec: &Spec, value: Whole, verb: char) -> bool {
    match verb {
        'd' | 'v' => append_in_base(out, spec, value, 10, verb),
        'b' => append_in_base(out, spec, value, 2, verb),
        'o' | 'O' => append_in_base(out, spec, value, 8, verb),
        'x' | 'X' => append_in_base(out, spec, value, 16, verb),
        'c' => spec.pad(out, value.as_char().encode_utf8(&mut [0; 4]).as_bytes()),
        'q' => append_quoted(out, spec, value.as_char()),
        'U' => append_code_point(out, spec, value.bits()),
        _ => return false,
    }
    true
}

/// Appends `value` in hexadecimal with `0x` before it, or without, whatever the flag says.
pub(super) fn append_address(out: &mut Vec<u8>, spec: &Spec, value: u64, prefixed: bool) {
    append_in_base(out, &Spec { sharp: prefixed, ..*spec }, value.into(), 16, 'x');
}

/// Appends `true` or `false`, padded.
pub(super) fn append_bool(out: &mut Vec<u8>, spec: &Spec, value: bool) {
    spec.pad(out, if value { b"true" } else { b"false" });
}

fn append_in_base(out: &mut Vec<u8>, spec: &Spec, value: Whole, base: u32, verb: char) {
    if spec.is_plain() && verb != 'O' && verb != 'X' {
        if value.negative {
            out.push(b'-');
        }
        return append_uint(out, value.magnitude, base);
    }
    if spec.precision == Some(0) && value.magnitude == 0 {
        return spec.without_zero().append_padding(out, spec.width.unwrap_or(0));
    }
    let mut digits = Vec::with_capacity(64);
    append_uint(&mut digits, value.magnitude, base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let zeros = least_digits(spec, value).saturating_sub(digits.len());
    let begins_with_zero = zeros > 0 || digits[0] == b'0';
    let sign = sign(spec, value);
    let prefix = prefix(spec, base, verb, begins_with_zero);
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let padding = spec.width.unwrap_or(0).saturating_sub(length);
    let before = if spec.minus { 0 } else { padding };
    out.resize(out.len() + before, b' ');
    out.extend_from_slice(sign);
    out.extend_from_slice(prefix);
    out.resize(out.len() + zeros, b'0');
    out.extend_from_slice(&digits);
    out.resize(out.len() + padding - before, b' ');
}

/// A precision asks for so many digits; the zero flag for as many as fill the width, beside the sign.
fn least_digits(spec: &Spec, value: Whole) -> usize {
    match (spec.precision, spec.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if spec.zero && !spec.minus => {
            width.saturating_sub(usize::from(!sign(spec, value).is_empty()))
        }
        _ => 0,
    }
}

fn sign(spec: &Spec, value: Whole) -> &'static [u8] {
    match (value.negative, spec.plus, spec.space) {
        (true, ..) => b"-",
        (false, true, _) => b"+",
        (false, false, true) => b" ",
        (false, false, false) => b"",
    }
}

fn prefix(spec: &Spec, base: u32, verb: char, begins_with_zero: bool) -> &'static [u8] {
    match (base, verb) {
        (2, _) if spec.sharp => b"0b",
        (8, 'O') if spec.sharp && !begins_with_zero => b"0o0",
        (8, 'O') => b"0o",
        (8, _) if spec.sharp && !begins_with_zero => b"0",
        (16, 'X') if spec.sharp => b"0X",
        (16, _) if spec.sharp => b"0x",
        _ => b"",
    }
}

fn append_quoted(out: &mut Vec<u8>, spec: &Spec, rune: char) {
    let mut quoted = Vec::with_capacity(16);
    if spec.plus {
        append_quote_rune_to_ascii(&mut quoted, rune);
    } else {
        append_quote_rune(&mut quoted, rune);
    }
    spec.pad(out, &quoted);
}

/// `U+0078`, or `U+0078 'x'` with the sharp flag.
fn append_code_point(out: &mut Vec<u8>, spec: &Spec, code: u64) {
    let mut digits = Vec::with_capacity(16);
    append_uint(&mut digits, code, 16);
    digits.make_ascii_uppercase();
    let mut text = Vec::with_capacity(24);
    text.extend_from_slice(b"U+");
    let least = spec.precision.unwrap_or(0).max(4);
    text.resize(2 + least.saturating_sub(digits.len()), b'0');
    text.extend_from_slice(&digits);
    let rune = u32::try_from(code).ok().and_then(char::from_u32).filter(|rune| is_print(*rune));
    if let Some(rune) = rune.filter(|_| spec.sharp) {
        text.extend_from_slice(format!(" '{rune}'").as_bytes());
    }
    spec.without_zero().pad(out, &text);
}
