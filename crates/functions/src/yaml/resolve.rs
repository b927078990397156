//! What a scalar without quotes is: a number, a truth, nothing, or text.

use preflight_gotemplate::Value;
use preflight_gotemplate::strconv::{FloatSize, parse_float, parse_int, parse_uint};

use crate::time::{Zone, parse_in};

/// What a scalar was found to be.
#[derive(Clone, Debug)]
pub(super) enum Resolved {
    Text,
    Null,
    Bool(bool),
    Int(Value),
    Float(f64),
    Timestamp,
}

impl Resolved {
    /// The tag in its short form.
    pub(super) fn tag(&self) -> &'static str {
        match self {
            Self::Text => "!!str",
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
        }
    }

    /// The value; timestamps stay the `text` that they are, as yaml.v2 leaves them in an interface.
    pub(super) fn value(self, text: &str) -> Value {
        match self {
            Self::Text | Self::Timestamp => text.into(),
            Self::Null => Value::Nil,
            Self::Bool(truth) => truth.into(),
            Self::Int(number) => number,
            Self::Float(number) => number.into(),
        }
    }
}

/// What `text` is.
pub(super) fn resolve(text: &str) -> Resolved {
    let first = text.bytes().next();
    if let Some(known) = word(text) {
        return known;
    }
    match first {
        Some(b'.') => match parse_float(text, FloatSize::F64) {
            Ok(number) => Resolved::Float(number),
            Err(_) => Resolved::Text,
        },
        Some(b'0'..=b'9' | b'+' | b'-') if is_timestamp(text) => Resolved::Timestamp,
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => Resolved::Text,
    }
}

fn word(text: &str) -> Option<Resolved> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        // What begins with `<` is not even looked up, but as a key it merges.
        _ => return None,
    })
}

fn number(text: &str) -> Resolved {
    let plain = text.replace('_', "");
    if let Ok(number) = parse_int(&plain, 0, 64) {
        return Resolved::Int(Value::int(number));
    }
    if let Ok(number) = parse_uint(&plain, 0, 64) {
        return Resolved::Int(number.into());
    }
    if is_float(&plain)
        && let Ok(number) = parse_float(&plain, FloatSize::F64)
    {
        return Resolved::Float(number);
    }
    Resolved::Text
}

/// A sign, digits with or without a point, and perhaps an exponent: no hexadecimal, no `inf`.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    digits(integer)
        && digits(fraction)
        && !(integer.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// A date, or a date and a time.
fn is_timestamp(text: &str) -> bool {
    const LAYOUTS: [&str; 4] = [
        "2006-1-2T15:4:5.999999999Z07:00",
        "2006-1-2t15:4:5.999999999Z07:00",
        "2006-1-2 15:4:5.999999999",
        "2006-1-2",
    ];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    LAYOUTS.iter().any(|layout| parse_in(layout.as_bytes(), text.as_bytes(), &Zone::Utc).is_ok())
}

/// `190:20:30`: a number to the base 60 for other readers, which is why it is written in quotes.
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (unsigned, ""),
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let wide = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    first.starts_with(|first: char| first.is_ascii_digit())
        && first.bytes().all(wide)
        && fraction.bytes().all(wide)
        && rest.peek().is_some()
        && rest.all(|part| match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
            _ => false,
        })
}
