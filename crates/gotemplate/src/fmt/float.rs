//! Floating-point and complex numbers in the verbs that take them.

use super::spec::Spec;
use crate::strconv::{FloatSize, append_float as append_digits};

/// Appends `value` as `verb` wants it; false when the verb is none for floats.
pub(super) fn append_float(out: &mut Vec<u8>, spec: &Spec, value: f64, size: FloatSize, verb: char) -> bool {
    let (form, precision) = match verb {
        'v' => (b'g', None),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, None),
        'f' | 'e' | 'E' => (verb as u8, Some(6)),
        'F' => (b'f', Some(6)),
        _ => return false,
    };
    let precision = spec.precision.or(precision);
    if (spec.is_plain() || Spec { precision: None, ..*spec }.is_plain()) && !value.is_infinite() {
        append_digits(out, value, form, precision, size);
    } else {
        append_flagged(out, spec, value, size, form, precision);
    }
    true
}

/// Appends `(1+2i)`; false when the verb is none for floats.
pub(super) fn append_complex(
    out: &mut Vec<u8>,
    spec: &Spec,
    parts: (f64, f64),
    size: FloatSize,
    verb: char,
) -> bool {
    let start = out.len();
    out.push(b'(');
    if !append_float(out, spec, parts.0, size, verb) {
        out.truncate(start);
        return false;
    }
    append_float(out, &Spec { plus: true, ..*spec }, parts.1, size, verb);
    out.extend_from_slice(b"i)");
    true
}

fn append_flagged(
    out: &mut Vec<u8>,
    spec: &Spec,
    value: f64,
    size: FloatSize,
    form: u8,
    precision: Option<usize>,
) {
    // the sign is always first, for what follows to look at
    let mut number = Vec::with_capacity(32);
    number.push(b'+');
    append_digits(&mut number, value, form, precision, size);
    if matches!(number[1], b'-' | b'+') {
        number.remove(0);
    }
    if spec.space && !spec.plus && number[0] == b'+' {
        number[0] = b' ';
    }
    if !value.is_finite() {
        let unsigned = value.is_nan() && !spec.space && !spec.plus;
        return spec.without_zero().pad(out, &number[usize::from(unsigned)..]);
    }
    if spec.sharp && form != b'b' {
        keep_point_and_zeros(&mut number, form, precision);
    }
    if !spec.plus && number[0] == b'+' {
        return spec.pad(out, &number[1..]);
    }
    match spec.width {
        Some(width) if spec.zero && !spec.minus && width > number.len() => {
            out.push(number[0]);
            spec.append_padding(out, width - number.len());
            out.extend_from_slice(&number[1..]);
        }
        _ => spec.pad(out, &number),
    }
}

/// The sharp flag: a point always, and with the general and hexadecimal forms the zeros that they drop.
fn keep_point_and_zeros(number: &mut Vec<u8>, form: u8, precision: Option<usize>) {
    let is_mark = |byte: &u8| match form {
        b'x' | b'X' => matches!(byte, b'p' | b'P'),
        _ => matches!(byte, b'e' | b'E'),
    };
    let mark = number.iter().position(is_mark).unwrap_or(number.len());
    let exponent = number.split_off(mark);
    let mantissa = &number[1..];
    let point = mantissa.contains(&b'.');
    // the x of 0x counts as a digit here: so it does in Go
    let significant = mantissa.iter().filter(|byte| **byte != b'.').skip_while(|byte| **byte == b'0').count();
    let lone_zero = usize::from(mantissa == b"0");
    let asked = match form {
        b'g' | b'G' | b'x' => precision.unwrap_or(6),
        _ => 0,
    };
    if !point {
        number.push(b'.');
    }
    let shown = significant + if point { 0 } else { lone_zero };
    number.resize(number.len() + asked.saturating_sub(shown), b'0');
    number.extend_from_slice(&exponent);
}
