//! Durations of Go: `1h30m0.5s`, in nanoseconds.

use preflight_gotemplate::strconv::quote;

/// A text that is no duration; its text is Go's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// It is none, or none that fits.
    #[error("time: invalid duration {}", quote(.0))]
    Invalid(Vec<u8>),
    /// A number has no unit.
    #[error("time: missing unit in duration {}", quote(.0))]
    MissingUnit(Vec<u8>),
    /// A unit is not known.
    #[error("time: unknown unit {} in duration {}", quote(.unit), quote(.text))]
    UnknownUnit { unit: Vec<u8>, text: Vec<u8> },
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// The magnitude of the smallest duration.
const LARGEST: u64 = 1 << 63;

/// Nanoseconds from a text such as `-1.5h` or `300ms`.
pub(crate) fn parse_duration(text: &[u8]) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_vec());
    let negative = text.first() == Some(&b'-');
    let mut rest = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let (part, after) = part(rest, text)?;
        total = total.checked_add(part).filter(|total| *total <= LARGEST).ok_or_else(invalid)?;
        rest = after;
    }
    match (negative, i64::try_from(total)) {
        (true, Ok(total)) => Ok(-total),
        (true, Err(_)) => Ok(i64::MIN),
        (false, total) => total.map_err(|_| invalid()),
    }
}

/// A number and its unit at the start of `rest`.
fn part<'a>(rest: &'a [u8], whole: &[u8]) -> Result<(u64, &'a [u8]), DurationError> {
    let invalid = || DurationError::Invalid(whole.to_vec());
    let digits_of = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (integer, mut after) = rest.split_at(digits_of(rest));
    let mut fraction: &[u8] = b"";
    if let Some(behind) = after.strip_prefix(b".") {
        (fraction, after) = behind.split_at(digits_of(behind));
    }
    if integer.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let length = after.iter().take_while(|byte| **byte != b'.' && !byte.is_ascii_digit()).count();
    let (name, after) = after.split_at(length);
    if name.is_empty() {
        return Err(DurationError::MissingUnit(whole.to_vec()));
    }
    let unit = UNITS.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, unit)| *unit);
    let unit =
        unit.ok_or_else(|| DurationError::UnknownUnit { unit: name.to_vec(), text: whole.to_vec() })?;
    let value = number(integer).and_then(|value| value.checked_mul(unit)).filter(|value| *value <= LARGEST);
    let value = value.ok_or_else(invalid)?;
    Ok((value + fraction_of(fraction, unit), after))
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// A fraction of a unit; digits too fine to matter are dropped.
fn fraction_of(digits: &[u8], unit: u64) -> u64 {
    let used = &digits[..digits.len().min(18)];
    let scale = 10u128.pow(u32::try_from(used.len()).unwrap_or(18));
    let value = u128::from(number(used).unwrap_or_default()) * u128::from(unit) / scale;
    u64::try_from(value).unwrap_or_default()
}

/// A duration as Go prints it: `1h0m0.5s`, `1.5ms`, `0s`.
pub(crate) fn format_duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let magnitude = nanoseconds.unsigned_abs();
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < 1_000_000_000 {
        let (unit, digits) = match magnitude {
            0..1_000 => ("ns", 0),
            1_000..1_000_000 => ("µs", 3),
            _ => ("ms", 6),
        };
        return format!("{sign}{}{unit}", decimal(magnitude, digits));
    }
    let seconds = decimal(magnitude % 60_000_000_000, 9);
    let minutes = magnitude / 60_000_000_000;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// A number with so many decimal digits, zeros at the end left out.
fn decimal(number: u64, digits: usize) -> String {
    let scale = 10u64.pow(u32::try_from(digits).unwrap_or(0));
    let fraction = format!("{:0digits$}", number % scale);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { (number / scale).to_string() } else { format!("{}.{fraction}", number / scale) }
}
