//! Integers and booleans: formatting in any base, parsing with Go's rules and error texts.

use super::quote;

/// A text that is not the number asked for. Its text is Go's: `strconv.Atoi: parsing "x": invalid syntax`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strconv.{function}: parsing {}: {fault}", quote(.text))]
pub struct NumberError {
    /// Go's function that parses this, for example `ParseInt`.
    pub function: &'static str,
    /// What was parsed.
    pub text: Vec<u8>,
    /// What is wrong with it.
    pub fault: NumberFault,
}

/// What is wrong with a text that should be a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// It is no number.
    #[error("invalid syntax")]
    Syntax,
    /// It is a number that the type cannot hold.
    #[error("value out of range")]
    Range,
    /// The base asked for is neither 0 nor 2 to 36.
    #[error("invalid base {0}")]
    Base(i64),
    /// The size asked for is not 0 to 64 bits.
    #[error("invalid bit size {0}")]
    BitSize(i64),
}

/// `value` in `base` (2 to 36), lower-case.
pub fn format_int(value: i64, base: u32) -> String {
    let mut out = Vec::with_capacity(20);
    append_int(&mut out, value, base);
    String::from_utf8_lossy(&out).into_owned()
}

/// `value` in `base` (2 to 36), lower-case.
pub fn format_uint(value: u64, base: u32) -> String {
    let mut out = Vec::with_capacity(20);
    append_uint(&mut out, value, base);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends what [`format_int`] returns.
pub fn append_int(out: &mut Vec<u8>, value: i64, base: u32) {
    if value < 0 {
        out.push(b'-');
    }
    append_uint(out, value.unsigned_abs(), base);
}

/// Appends what [`format_uint`] returns. A base outside 2 to 36 counts as the nearest of them.
pub fn append_uint(out: &mut Vec<u8>, value: u64, base: u32) {
    if base == 10 {
        return append_decimal(out, value);
    }
    let mut buffer = [0; 64];
    let mut start = buffer.len();
    let base = u64::from(base.clamp(2, 36));
    let mut rest = value;
    loop {
        start -= 1;
        buffer[start] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % base) as usize];
        rest /= base;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[start..]);
}

/// The same with a base that the compiler knows: division by it is several times as fast.
fn append_decimal(out: &mut Vec<u8>, value: u64) {
    let mut buffer = [0; 20];
    let mut start = buffer.len();
    let mut rest = value;
    while rest >= 10 {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    start -= 1;
    buffer[start] = b'0' + rest as u8;
    out.extend_from_slice(&buffer[start..]);
}

/// `1 t T true TRUE True` or `0 f F false FALSE False`.
///
/// # Errors
/// When the text is anything else.
pub fn parse_bool(text: impl AsRef<[u8]>) -> Result<bool, NumberError> {
    let text = text.as_ref();
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        _ => Err(NumberError { function: "ParseBool", text: text.to_vec(), fault: NumberFault::Syntax }),
    }
}

/// A decimal `int` (64 bits), sign allowed.
///
/// # Errors
/// When the text is no such number; the error names `Atoi`.
pub fn atoi(text: impl AsRef<[u8]>) -> Result<i64, NumberError> {
    let text = text.as_ref();
    signed(text, 10, 64).map_err(|fault| NumberError { function: "Atoi", text: text.to_vec(), fault })
}

/// A signed number of `bits` bits (0 for 64) in `base`; base 0 reads the prefixes `0b 0o 0 0x` and allows `_`
/// between digits.
///
/// # Errors
/// When the text is no such number, or base or bits are impossible.
pub fn parse_int(text: impl AsRef<[u8]>, base: i64, bits: i64) -> Result<i64, NumberError> {
    let text = text.as_ref();
    signed(text, base, bits).map_err(|fault| NumberError { function: "ParseInt", text: text.to_vec(), fault })
}

/// As [`parse_int`], without a sign.
///
/// # Errors
/// When the text is no such number, or base or bits are impossible.
pub fn parse_uint(text: impl AsRef<[u8]>, base: i64, bits: i64) -> Result<u64, NumberError> {
    let text = text.as_ref();
    unsigned(text, base, bits).map_err(|fault| NumberError {
        function: "ParseUint",
        text: text.to_vec(),
        fault,
    })
}

fn signed(text: &[u8], base: i64, bits: i64) -> Result<i64, NumberFault> {
    let (negative, magnitude) = match text {
        [] => return Err(NumberFault::Syntax),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = i128::from(unsigned(magnitude, base, bits)?);
    let limit = 1i128 << (if bits == 0 { 64 } else { bits } - 1);
    let value = if negative { -magnitude } else { magnitude };
    if value < -limit || value >= limit {
        return Err(NumberFault::Range);
    }
    i64::try_from(value).map_err(|_| NumberFault::Range)
}

fn unsigned(text: &[u8], base: i64, bits: i64) -> Result<u64, NumberFault> {
    if text.is_empty() {
        return Err(NumberFault::Syntax);
    }
    let (base_read, digits) = match base {
        0 => prefixed_base(text),
        2..=36 => (base as u32, text),
        _ => return Err(NumberFault::Base(base)),
    };
    let bits = match bits {
        0 => 64,
        1..=64 => bits,
        _ => return Err(NumberFault::BitSize(bits)),
    };
    let value = accumulate(digits, base_read, base == 0, u64::MAX >> (64 - bits))?;
    if base == 0 && digits.contains(&b'_') && !underscores_well_placed(text) {
        return Err(NumberFault::Syntax);
    }
    Ok(value)
}

fn prefixed_base(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, text),
    }
}

fn accumulate(digits: &[u8], base: u32, underscores: bool, largest: u64) -> Result<u64, NumberFault> {
    let mut value = 0u64;
    for &byte in digits {
        if byte == b'_' && underscores {
            continue;
        }
        let digit = char::from(byte).to_digit(base).ok_or(NumberFault::Syntax)?;
        value = value
            .checked_mul(u64::from(base))
            .and_then(|value| value.checked_add(u64::from(digit)))
            .filter(|value| *value <= largest)
            .ok_or(NumberFault::Range)?;
    }
    Ok(value)
}

/// Whether every `_` stands between two digits, or between a base prefix and a digit.
pub(super) fn underscores_well_placed(text: &[u8]) -> bool {
    let unsigned = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let (hexadecimal, prefixed, number) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => (true, true, rest),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (false, true, rest),
        _ => (false, false, unsigned),
    };
    let is_digit = |byte: u8| byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit();
    number.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(place, _)| {
        let follows = if place == 0 { prefixed } else { is_digit(number[place - 1]) };
        follows && number.get(place + 1).is_some_and(|next| is_digit(*next))
    })
}
