//! Values as Go's standard library reads them from text, with its words for what is wrong: `time.ParseDuration`,
//! `strconv.ParseBool`, `strconv.ParseInt`, `strconv.Quote`.

use std::time::Duration;

/// Nanoseconds of every unit of a duration; both ways to write micro are known.
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

/// One past the longest duration, in nanoseconds.
const LIMIT: u64 = 1 << 63;

/// Reads `1h30m`, `250ms`, `0`.
///
/// # Errors
/// Go's words, or that it is negative, which Go allows and no setting can mean.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let invalid = || format!("time: invalid duration {}", quote(text));
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (nanoseconds, after) = part(rest, text)?;
        total = total.checked_add(nanoseconds).filter(|total| *total < LIMIT).ok_or_else(invalid)?;
        rest = after;
    }
    if text.starts_with('-') && total > 0 {
        return Err(format!("time: duration {} must not be negative", quote(text)));
    }
    Ok(Duration::from_nanos(total))
}

/// One number and its unit, in nanoseconds, and what follows them.
fn part<'a>(text: &'a str, whole: &str) -> Result<(u64, &'a str), String> {
    let invalid = || format!("time: invalid duration {}", quote(whole));
    let (integer, rest) = leading_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), leading_digits);
    if integer.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() {
        return Err(format!("time: missing unit in duration {}", quote(whole)));
    }
    let unit = UNITS.iter().find(|(unit, _)| *unit == name).map(|(_, nanoseconds)| *nanoseconds);
    let unit =
        unit.ok_or_else(|| format!("time: unknown unit {} in duration {}", quote(name), quote(whole)))?;
    let count: u64 = if integer.is_empty() { 0 } else { integer.parse().map_err(|_| invalid())? };
    let nanoseconds =
        count.checked_mul(unit).filter(|nanoseconds| *nanoseconds <= LIMIT).ok_or_else(invalid)?;
    Ok((nanoseconds + part_of(fraction, unit), rest))
}

/// A decimal fraction of `unit`, cut down to whole nanoseconds.
fn part_of(fraction: &str, unit: u64) -> u64 {
    // Eighteen digits are more than an hour has nanoseconds, and fit.
    let digits = &fraction[..fraction.len().min(18)];
    let scale = 10_u128.pow(u32::try_from(digits.len()).unwrap_or(18));
    let value: u128 = digits.parse().unwrap_or(0);
    u64::try_from(value * u128::from(unit) / scale).unwrap_or(0)
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Reads `1`, `t`, `TRUE` and their like.
///
/// # Errors
/// Go's words.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(text))),
    }
}

/// Reads an integer of 32 bits in base ten.
///
/// # Errors
/// Go's words.
pub(crate) fn integer(text: &str) -> Result<i64, String> {
    let wrong = |what| format!("strconv.ParseInt: parsing {}: {what}", quote(text));
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("invalid syntax"));
    }
    text.parse::<i32>().map(i64::from).map_err(|_| wrong("value out of range"))
}

/// `text` in Go's quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            c if c < ' ' || c == '\u{7f}' => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A list as Go's `%q` prints it.
pub(crate) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(quote).collect();
    format!("[{}]", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5m", 30_000_000_000),
            ("1.s", 1_000_000_000),
            ("+250ms", 250_000_000),
            ("3µs", 3_000),
            ("2562047h47m16.854775807s", 9_223_372_036_854_775_807),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_duration_is_said_in_gos_words() {
        for (text, message) in [
            ("", "time: invalid duration \"\""),
            ("5", "time: missing unit in duration \"5\""),
            ("s", "time: invalid duration \"s\""),
            (".s", "time: invalid duration \".s\""),
            ("5x", "time: unknown unit \"x\" in duration \"5x\""),
            ("5 s", "time: unknown unit \" s\" in duration \"5 s\""),
            ("2562047h47m16.854775808s", "time: invalid duration \"2562047h47m16.854775808s\""),
            ("99999999999999999999s", "time: invalid duration \"99999999999999999999s\""),
            ("-1s", "time: duration \"-1s\" must not be negative"),
        ] {
            assert_eq!(duration(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn integers_have_32_bits() {
        assert_eq!(integer("-12"), Ok(-12));
        assert_eq!(integer("x"), Err("strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()));
        assert_eq!(
            integer("2147483648"),
            Err("strconv.ParseInt: parsing \"2147483648\": value out of range".to_owned())
        );
    }
}
