//! Numbers without a type, as Go's constants are: what each of them can be.

use crate::strconv::{FloatSize, parse_float, parse_int, parse_uint, quote, unquote_char};
use crate::value::Value;

/// A number and every kind of value that it fits.
#[derive(Debug)]
pub(crate) struct Number {
    /// As it stands in the text.
    pub(crate) written: Box<[u8]>,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Real and imaginary part.
    pub(crate) complex: Option<[f64; 2]>,
    /// What it is where nothing says what it should be.
    pub(crate) ideal: Ideal,
}

/// What a number is where nothing says what it should be.
#[derive(Debug)]
pub(crate) enum Ideal {
    Value(Value),
    /// An integer that only an unsigned type can hold.
    Overflow,
}

impl Number {
    /// An integer, a float or an imaginary number.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        if let Some(imaginary) = text.strip_suffix(b"i")
            && let Ok(part) = parse_float(imaginary, FloatSize::F64)
        {
            return Ok(Self::of_complex(text, [0.0, part]));
        }
        let mut number = Self::bare(text);
        number.uint = parse_uint(text, 0, 64).ok();
        number.int = parse_int(text, 0, 64).ok();
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        match (number.int, number.uint) {
            (Some(int), _) => number.float = Some(int as f64),
            (None, Some(uint)) => number.float = Some(uint as f64),
            (None, None) => number.read_float(text)?,
        }
        Ok(number.settle())
    }

    /// A character between single quotes.
    pub(super) fn parse_char(text: &[u8]) -> Result<Self, String> {
        let inside = text.get(1..).unwrap_or_default();
        let read = unquote_char(inside, b'\'').map_err(|error| error.to_string())?;
        if read.rest != b"'" {
            return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
        }
        let mut number = Self::bare(text);
        number.int = Some(i64::from(read.value));
        number.uint = Some(u64::from(read.value));
        number.float = Some(f64::from(read.value));
        Ok(number.settle())
    }

    /// A real and an imaginary part, `1+2i`.
    pub(super) fn parse_complex(text: &[u8]) -> Result<Self, String> {
        let (real, rest) = split_float(text);
        let sign = rest.first().is_some_and(|byte| matches!(byte, b'+' | b'-'));
        let (imaginary, rest) = split_float(rest);
        if !sign || imaginary.len() < 2 || rest != b"i" {
            return Err("syntax error scanning complex number".to_owned());
        }
        let part = |text: &[u8]| parse_float(text, FloatSize::F64).map_err(|error| error.to_string());
        Ok(Self::of_complex(text, [part(real)?, part(imaginary)?]))
    }

    fn bare(text: &[u8]) -> Self {
        let ideal = Ideal::Value(Value::Nil);
        Self { written: text.into(), int: None, uint: None, float: None, complex: None, ideal }
    }

    fn of_complex(text: &[u8], parts: [f64; 2]) -> Self {
        let mut number = Self::bare(text);
        number.complex = Some(parts);
        if parts[1] == 0.0 {
            number.float = Some(parts[0]);
            number.int = whole_int(parts[0]);
            number.uint = whole_uint(parts[0]);
        }
        number.settle()
    }

    fn read_float(&mut self, text: &[u8]) -> Result<(), String> {
        let Ok(float) = parse_float(text, FloatSize::F64) else {
            return Err(format!("illegal number syntax: {}", quote(text)));
        };
        if !has_float_mark(text) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        self.float = Some(float);
        self.int = whole_int(float);
        self.uint = whole_uint(float);
        Ok(())
    }

    fn settle(mut self) -> Self {
        self.ideal = match self {
            Self { complex: Some([real, imaginary]), .. } => Ideal::Value(Value::complex(real, imaginary)),
            Self { float: Some(float), .. } if self.looks_like_float() => Ideal::Value(Value::from(float)),
            Self { int: Some(int), .. } => Ideal::Value(Value::int(int)),
            _ => Ideal::Overflow,
        };
        self
    }

    fn looks_like_float(&self) -> bool {
        // An `e` is a digit of a hexadecimal number, though not behind a sign, which Go does not look past.
        let hexadecimal = matches!(&*self.written, [b'0', b'x' | b'X', _, ..])
            && !self.written.iter().any(|byte| matches!(byte, b'p' | b'P'));
        !hexadecimal && self.written.first() != Some(&b'\'') && has_float_mark(&self.written)
    }
}

fn has_float_mark(text: &[u8]) -> bool {
    text.iter().any(|byte| b".eEpP".contains(byte))
}

const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

#[expect(clippy::cast_possible_truncation, reason = "in range, and checked to be whole")]
fn whole_int(float: f64) -> Option<i64> {
    let fits = float.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(&float);
    fits.then_some(float as i64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "in range, and checked to be whole"
)]
fn whole_uint(float: f64) -> Option<u64> {
    let fits = float.fract() == 0.0 && (0.0..TWO_TO_64).contains(&float);
    fits.then_some(float as u64)
}

/// Splits off what Go's `Sscan` takes for a float: sign, digits, point, digits, exponent.
fn split_float(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let hexadecimal = matches!(text.get(end..), Some([b'0', b'x' | b'X', ..]));
    let digits: &[u8] = if hexadecimal { b"0123456789abcdefABCDEF_" } else { b"0123456789_" };
    end += if hexadecimal { 2 } else { 0 };
    end = run_of(text, end, digits);
    if text.get(end) == Some(&b'.') {
        end = run_of(text, end + 1, digits);
    }
    let exponent: &[u8] = if hexadecimal { b"pP" } else { b"eEpP" };
    if text.get(end).is_some_and(|byte| exponent.contains(byte)) {
        end += 1;
        end += usize::from(matches!(text.get(end), Some(b'+' | b'-')));
        end = run_of(text, end, b"0123456789_");
    }
    text.split_at(end)
}

fn run_of(text: &[u8], from: usize, set: &[u8]) -> usize {
    from + text[from..].iter().take_while(|byte| set.contains(byte)).count()
}
