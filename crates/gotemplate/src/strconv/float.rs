//! Floating-point numbers as text, in every form of Go's `FormatFloat`.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::str::FromStr;

use super::radix_float::{append_binary, append_hexadecimal, split_f64};

/// Which type a value comes from: it decides how many digits tell it from its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatSize {
    /// `float32`.
    F32,
    /// `float64`.
    F64,
}

/// More digits than this no `f64` has, after the point (1074) or in all (767): the rest are zeros.
const MOST_DIGITS: usize = 1100;

/// `value` in the form of `verb`: `b'e'`, `b'E'`, `b'f'`, `b'g'`, `b'G'`, `b'b'`, `b'x'` or `b'X'`.
/// Without a precision as many digits as are needed to read the same value back.
pub fn format_float(value: f64, verb: u8, precision: Option<usize>, size: FloatSize) -> String {
    let mut out = Vec::with_capacity(24);
    append_float(&mut out, value, verb, precision, size);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends what [`format_float`] returns. An unknown verb is appended behind `%`, as Go does.
pub fn append_float(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>, size: FloatSize) {
    let value = if size == FloatSize::F32 { f64::from(value as f32) } else { value };
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    match verb {
        b'b' => append_binary(out, value, size),
        b'x' | b'X' => append_hexadecimal(out, value, verb, precision),
        b'f' => append_decimal(out, value, precision, size),
        b'e' | b'E' => append_exponent(out, value, verb, precision, size),
        b'g' | b'G' => append_general(out, value, verb, precision, size),
        _ => out.extend([b'%', verb]),
    }
}

fn append_decimal(out: &mut Vec<u8>, value: f64, precision: Option<usize>, size: FloatSize) {
    let Some(precision) = precision else {
        append_sign(out, value);
        return Digits::<32>::shortest(value, size).append_plain(out);
    };
    // writing to memory cannot fail
    let _ = write!(out, "{value:.*}", precision.min(MOST_DIGITS));
    append_zeros(out, precision.saturating_sub(MOST_DIGITS));
}

fn append_exponent(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>, size: FloatSize) {
    append_sign(out, value);
    match precision {
        None => {
            let digits = Digits::<32>::shortest(value, size);
            digits.append_exponent(out, digits.text().len().saturating_sub(1), verb);
        }
        Some(precision) => exact(value, precision + 1, |digits| digits.append_exponent(out, precision, verb)),
    }
}

fn append_general(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>, size: FloatSize) {
    append_sign(out, value);
    let verb = if verb == b'G' { b'E' } else { b'e' };
    match precision {
        None => {
            let digits = Digits::<32>::shortest(value, size);
            digits.append_general(out, digits.text().len(), 6, verb);
        }
        Some(precision) => {
            let precision = precision.max(1);
            exact(value, precision, |digits| {
                let length = digits.text().len();
                let whole = usize::try_from(digits.point()).unwrap_or(0);
                let most = if precision > length && length >= whole { length } else { precision };
                digits.append_general(out, precision, most, verb);
            });
        }
    }
}

/// Gives `use_digits` the first `count` digits of `value`, in as small a buffer as they need.
fn exact(value: f64, count: usize, use_digits: impl FnOnce(&dyn DecimalDigits)) {
    if count <= 32 {
        use_digits(&Digits::<48>::exact(value, count));
    } else {
        use_digits(&Digits::<{ MOST_DIGITS + 16 }>::exact(value, count));
    }
}

fn append_sign(out: &mut Vec<u8>, value: f64) {
    if value.is_sign_negative() {
        out.push(b'-');
    }
}

fn append_zeros(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b'0');
}

/// Decimal digits without zeros at their end, and where the point stands among them.
trait DecimalDigits {
    /// The digits; none for zero.
    fn text(&self) -> &[u8];
    /// The point stands before this digit; negative when zeros stand between.
    fn point(&self) -> i32;

    fn append_exponent(&self, out: &mut Vec<u8>, precision: usize, verb: u8) {
        let (first, others) = self.text().split_first().unwrap_or((&b'0', &[]));
        out.push(*first);
        if precision > 0 {
            let shown = &others[..others.len().min(precision)];
            out.push(b'.');
            out.extend_from_slice(shown);
            append_zeros(out, precision - shown.len());
        }
        let exponent = if self.text().is_empty() { 0 } else { self.point() - 1 };
        out.extend([verb, if exponent < 0 { b'-' } else { b'+' }]);
        let _ = write!(out, "{:02}", exponent.unsigned_abs());
    }

    /// Scientific when the exponent is under -4 or not under `most`, plain otherwise.
    fn append_general(&self, out: &mut Vec<u8>, precision: usize, most: usize, verb: u8) {
        let length = self.text().len();
        let exponent = self.point() - 1;
        if exponent < -4 || usize::try_from(exponent).is_ok_and(|exponent| exponent >= most) {
            return self.append_exponent(out, precision.min(length).saturating_sub(1), verb);
        }
        self.append_plain(out);
    }

    fn append_plain(&self, out: &mut Vec<u8>) {
        let digits = self.text();
        let Ok(whole @ 1..) = usize::try_from(self.point()) else {
            out.push(b'0');
            if !digits.is_empty() {
                out.push(b'.');
                append_zeros(out, self.point().unsigned_abs() as usize);
                out.extend_from_slice(digits);
            }
            return;
        };
        let (before, after) = digits.split_at(whole.min(digits.len()));
        out.extend_from_slice(before);
        append_zeros(out, whole - before.len());
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after);
        }
    }
}

/// Digits in a buffer of `ROOM` bytes.
struct Digits<const ROOM: usize> {
    buffer: [u8; ROOM],
    length: usize,
    point: i32,
}

impl<const ROOM: usize> Digits<ROOM> {
    /// The fewest digits that read back as `value`, and of those the nearest; of two as near the even one.
    fn shortest(value: f64, size: FloatSize) -> Self {
        // up to fifteen digits no two numbers are the same float64
        if size == FloatSize::F64 && value.abs() < 1e15 && value.trunc() == value {
            return Self::whole(value.abs() as u64);
        }
        let digits = Self::read(|digits| match size {
            FloatSize::F32 => write!(digits, "{:e}", value.abs() as f32),
            FloatSize::F64 => write!(digits, "{:e}", value.abs()),
        });
        if !digits.may_be_one_of_two(value, size) {
            return digits;
        }
        // the standard library takes the upper one of two, an exact number of digits is rounded half to even
        let even = Self::exact(value, digits.length);
        let same = match size {
            FloatSize::F32 => even.value::<f32>().map(f64::from),
            FloatSize::F64 => even.value::<f64>(),
        };
        if same == Some(value.abs()) { even } else { digits }
    }

    /// Whether the value may stand in the middle between these digits and the next lower ones: they end in an odd
    /// digit, and the value itself has just one digit more.
    fn may_be_one_of_two(&self, value: f64, size: FloatSize) -> bool {
        let fewest = if size == FloatSize::F32 { 6 } else { 15 };
        let odd = self.text().last().is_some_and(|digit| digit & 1 == 1);
        if !odd || self.length < fewest {
            return false;
        }
        let (mantissa, exponent) = split_f64(value);
        if mantissa.is_power_of_two() && size == FloatSize::F32 {
            // Go rounds a float32 power of two up as well; there is one that matters, 2^-12
            return false;
        }
        let places = -(exponent + mantissa.trailing_zeros() as i32);
        places <= 0 || places == self.length as i32 - self.point + 1
    }

    /// What the digits read back as.
    fn value<T: FromStr>(&self) -> Option<T> {
        let digits = str::from_utf8(self.text()).ok()?;
        format!("0.{digits}e{}", self.point).parse().ok()
    }

    fn whole(number: u64) -> Self {
        let (mut rest, mut zeros) = (number, 0);
        while rest != 0 && rest % 10 == 0 {
            rest /= 10;
            zeros += 1;
        }
        let mut digits = Self { buffer: [0; ROOM], length: 0, point: 0 };
        let length = rest.checked_ilog10().map_or(0, |power| power as usize + 1);
        for place in digits.buffer[..length].iter_mut().rev() {
            *place = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        digits.length = length;
        digits.point = if length == 0 { 0 } else { length as i32 + zeros };
        digits
    }

    fn exact(value: f64, count: usize) -> Self {
        Self::read(|digits| write!(digits, "{:.*e}", count.min(MOST_DIGITS) - 1, value.abs()))
    }

    /// Takes the standard library's `1.25e-7` apart.
    fn read(write: impl FnOnce(&mut Self) -> fmt::Result) -> Self {
        let mut digits = Self { buffer: [0; ROOM], length: 0, point: 0 };
        // the buffer has room for every digit asked for, a point and an exponent
        let _ = write(&mut digits);
        let text = &digits.buffer[..digits.length];
        let mark = text.iter().rposition(|byte| *byte == b'e').unwrap_or(text.len());
        let exponent = str::from_utf8(text.get(mark + 1..).unwrap_or_default()).ok();
        let exponent: i32 = exponent.and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
        let mut length = mark;
        if mark > 1 {
            digits.buffer.copy_within(2..mark, 1);
            length -= 1;
        }
        while length > 0 && digits.buffer[length - 1] == b'0' {
            length -= 1;
        }
        digits.length = length;
        digits.point = if length == 0 { 0 } else { exponent + 1 };
        digits
    }
}

impl<const ROOM: usize> fmt::Write for Digits<ROOM> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.buffer.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

impl<const ROOM: usize> DecimalDigits for Digits<ROOM> {
    fn text(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    fn point(&self) -> i32 {
        self.point
    }
}
