//! Floating-point numbers with a binary exponent: `4503599627370496p-52` and `0x1.8p+00`.

use std::io::Write as _;

use super::FloatSize;

/// Appends the whole mantissa and the power of two it is to be multiplied with (`%b`).
pub(super) fn append_binary(out: &mut Vec<u8>, value: f64, size: FloatSize) {
    let (mantissa, exponent) = match size {
        FloatSize::F32 => {
            let bits = (value as f32).to_bits();
            split(u64::from(bits & 0x7f_ffff), (bits >> 23 & 0xff) as i32, 23, 127)
        }
        FloatSize::F64 => split_f64(value),
    };
    if value.is_sign_negative() {
        out.push(b'-');
    }
    // writing to memory cannot fail
    let _ = write!(out, "{mantissa}p{exponent:+}");
}

/// Appends `0x1.8p+00`, with `precision` hexadecimal digits behind the point, rounded half to even.
pub(super) fn append_hexadecimal(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    let (fraction, exponent) = rounded(value, precision);
    let upper = verb == b'X';
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend([b'0', verb, if value == 0.0 { b'0' } else { b'1' }]);
    append_fraction(out, fraction, precision, upper);
    out.push(if upper { b'P' } else { b'p' });
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{sign}{:02}", exponent.unsigned_abs());
}

fn append_fraction(out: &mut Vec<u8>, fraction: u64, precision: Option<usize>, upper: bool) {
    let needed = 13usize.saturating_sub(fraction.trailing_zeros() as usize / 4);
    let shown = precision.unwrap_or(if fraction == 0 { 0 } else { needed });
    if shown == 0 {
        return;
    }
    out.push(b'.');
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let places = (0..shown.min(13)).map(|place| digits[(fraction >> (48 - 4 * place) & 0xf) as usize]);
    out.extend(places);
    out.resize(out.len() + shown.saturating_sub(13), b'0');
}

/// The 52 bits behind the point of the value written as `1.…`, rounded, and its exponent.
fn rounded(value: f64, precision: Option<usize>) -> (u64, i32) {
    if value == 0.0 {
        return (0, 0);
    }
    let (mantissa, exponent) = split_f64(value);
    let shift = mantissa.leading_zeros() as i32 - 11;
    let (mut mantissa, mut exponent) = (mantissa << shift, exponent + 52 - shift);
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        let dropped = 52 - 4 * precision as u32;
        let (kept, rest, half) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1), 1 << (dropped - 1));
        let up = rest > half || rest == half && kept & 1 == 1;
        mantissa = (kept + u64::from(up)) << dropped;
        if mantissa >> 53 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    (mantissa & ((1 << 52) - 1), exponent)
}

/// The whole mantissa and the power of two of its last bit.
pub(super) fn split_f64(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    split(bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i32, 52, 1023)
}

/// The whole mantissa with its hidden bit, and the exponent that belongs to its last bit.
fn split(fraction: u64, biased: i32, mantissa_bits: i32, bias: i32) -> (u64, i32) {
    match biased {
        0 => (fraction, 1 - bias - mantissa_bits),
        _ => (fraction | 1 << mantissa_bits, biased - bias - mantissa_bits),
    }
}
