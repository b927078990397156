//! Reading floating-point numbers: decimal, hexadecimal, infinities and NaN.

use super::FloatSize;
use super::integer::{NumberError, NumberFault, underscores_well_placed};

/// The nearest value of `size`: decimal or hexadecimal (`0x1.8p3`), `_` between digits, `inf`, `infinity`, `nan`
/// in any case.
///
/// # Errors
/// When the text is no such number, or one beyond the largest finite value.
pub fn parse_float(text: impl AsRef<[u8]>, size: FloatSize) -> Result<f64, NumberError> {
    let text = text.as_ref();
    read(text, size).map_err(|fault| NumberError { function: "ParseFloat", text: text.to_vec(), fault })
}

fn read(text: &[u8], size: FloatSize) -> Result<f64, NumberFault> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let signed = text.len() != unsigned.len();
    let magnitude = match named(unsigned, signed) {
        Some(value) => value,
        None => finite(text, unsigned, size)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

fn named(text: &[u8], signed: bool) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(f64::INFINITY);
    }
    (text.eq_ignore_ascii_case(b"nan") && !signed).then_some(f64::NAN)
}

fn finite(whole: &[u8], unsigned: &[u8], size: FloatSize) -> Result<f64, NumberFault> {
    let bare: Vec<u8>;
    let digits = if unsigned.contains(&b'_') {
        if !underscores_well_placed(whole) {
            return Err(NumberFault::Syntax);
        }
        bare = unsigned.iter().copied().filter(|byte| *byte != b'_').collect();
        &bare
    } else {
        unsigned
    };
    let value = match digits {
        [b'0', b'x' | b'X', rest @ ..] => hexadecimal(rest, size)?,
        _ => decimal(digits, size)?,
    };
    if value.is_infinite() { Err(NumberFault::Range) } else { Ok(value) }
}

fn decimal(digits: &[u8], size: FloatSize) -> Result<f64, NumberFault> {
    // the standard library would also take "+1" here, and names of infinities
    let well_formed = digits.first().is_some_and(|first| first.is_ascii_digit() || *first == b'.');
    let text = str::from_utf8(digits).ok().filter(|_| well_formed).ok_or(NumberFault::Syntax)?;
    match size {
        FloatSize::F32 => text.parse::<f32>().map(f64::from).map_err(|_| NumberFault::Syntax),
        FloatSize::F64 => text.parse().map_err(|_| NumberFault::Syntax),
    }
}

fn hexadecimal(text: &[u8], size: FloatSize) -> Result<f64, NumberFault> {
    let mark = text.iter().position(|byte| matches!(byte, b'p' | b'P')).ok_or(NumberFault::Syntax)?;
    let exponent = binary_exponent(&text[mark + 1..])?;
    let (mut mantissa, mut places, mut seen, mut after_point) = (0u64, 0i64, false, false);
    for &byte in &text[..mark] {
        if byte == b'.' {
            if std::mem::replace(&mut after_point, true) {
                return Err(NumberFault::Syntax);
            }
            continue;
        }
        let digit = char::from(byte).to_digit(16).ok_or(NumberFault::Syntax)?;
        seen = true;
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            places -= if after_point { 4 } else { 0 };
        } else {
            // beyond 60 bits only "something is left" matters to rounding
            mantissa |= u64::from(digit != 0);
            places += if after_point { 0 } else { 4 };
        }
    }
    if !seen {
        return Err(NumberFault::Syntax);
    }
    Ok(scaled(mantissa, exponent + places, size))
}

fn binary_exponent(text: &[u8]) -> Result<i64, NumberFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberFault::Syntax);
    }
    // far beyond every exponent it does not matter how far
    let value = digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1 << 40));
    Ok(if negative { -value } else { value })
}

/// `mantissa` × 2^`exponent`, rounded once, half to even.
fn scaled(mantissa: u64, exponent: i64, size: FloatSize) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let (precision, lowest, highest) = match size {
        FloatSize::F32 => (24, -149, 127),
        FloatSize::F64 => (53, -1074, 1023),
    };
    let length = i64::from(64 - mantissa.leading_zeros());
    let last = (exponent + length - precision).max(lowest);
    let dropped = last - exponent;
    let kept = match dropped {
        ..=0 => u128::from(mantissa) << (-dropped).min(64),
        1..=64 => round_half_even(u128::from(mantissa), dropped as u32),
        _ => 0,
    };
    if kept != 0 && last + i64::from(127 - kept.leading_zeros()) > highest {
        return f64::INFINITY;
    }
    kept as f64 * power_of_two(last)
}

fn round_half_even(mantissa: u128, dropped: u32) -> u128 {
    let (kept, rest, half) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1), 1u128 << (dropped - 1));
    kept + u128::from(rest > half || rest == half && kept & 1 == 1)
}

fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        ..-1074 => 0.0,
        -1074..-1022 => f64::from_bits(1 << (exponent + 1074)),
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        _ => f64::INFINITY,
    }
}
