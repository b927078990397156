//! Numbers and quoted strings against what real Go makes of the same inputs (`tests/data/strconv.json`, written by
//! `tests/go/fmt`).

use preflight_gotemplate::strconv::{self, FloatSize};
use serde_json::Value;

const DATA: &str = include_str!("data/strconv.json");

fn rows(section: &str) -> Vec<Vec<Value>> {
    let data: Value = serde_json::from_str(DATA).expect("the data is JSON");
    let rows = data[section].as_array().expect("a section is a list").clone();
    assert!(rows.len() > 10, "{section} has cases");
    rows.into_iter().map(|row| row.as_array().expect("a row is a list").clone()).collect()
}

/// The data writes each byte as the character of its number.
fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a byte")).collect()
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn outcome<T>(result: Result<T, impl std::fmt::Display>, show: impl FnOnce(T) -> Vec<u8>) -> String {
    match result {
        Ok(value) => shown(&show(value)),
        Err(error) => shown(format!("!{error}").as_bytes()),
    }
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn floats_have_gos_digits_in_every_form() {
    let forms = rows("forms");
    let mut faults = Vec::new();
    for row in rows("float") {
        let bits = u64::from_str_radix(row[0].as_str().expect("bits"), 16).expect("bits");
        let value = f64::from_bits(bits);
        for (form, expected) in forms.iter().zip(&row[1..]) {
            let verb = form[0].as_str().expect("a verb").as_bytes()[0];
            let precision = usize::try_from(form[1].as_i64().expect("a precision")).ok();
            let size = if form[2] == 32 { FloatSize::F32 } else { FloatSize::F64 };
            let actual = strconv::format_float(value, verb, precision, size);
            if actual != *expected {
                faults.push(format!("{value:e} {form:?}: {actual} for {expected}"));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn precision_beyond_every_digit_is_zeros() {
    let text = strconv::format_float(0.1, b'e', Some(3000), FloatSize::F64);
    assert_eq!(text.len(), 3000 + 6);
    assert!(text.starts_with("1.000000000000000055511151231257827021181583404541015625000"));
    assert!(text.ends_with("000e-01"));
    assert_eq!(strconv::format_float(5e-324, b'f', Some(70_000), FloatSize::F64).len(), 70_002);
}

#[test]
fn texts_are_quoted_as_go_quotes_them() {
    let mut faults = Vec::new();
    for row in rows("quote") {
        let text = bytes(&row[0]);
        let actual = (strconv::quote(&text), strconv::quote_to_ascii(&text), strconv::can_backquote(&text));
        let expected = (bytes(&row[1]), bytes(&row[2]), row[3].as_bool().expect("a flag"));
        if (actual.0.as_bytes(), actual.1.as_bytes(), actual.2)
            != (&expected.0[..], &expected.1[..], expected.2)
        {
            faults.push(format!("{actual:?} for {row:?}"));
        }
    }
    for row in rows("rune") {
        let code = u32::try_from(row[0].as_u64().expect("a rune")).expect("a rune");
        let rune = char::from_u32(code).expect("a rune");
        let mut ascii = Vec::new();
        strconv::append_quote_rune_to_ascii(&mut ascii, rune);
        let quoted = strconv::quote_rune(rune);
        let printable = strconv::is_print(rune);
        if quoted.as_bytes() != bytes(&row[1]) || ascii != bytes(&row[2]) || row[3] != printable {
            faults.push(format!("{quoted} {printable} for {row:?}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn quoted_texts_are_read_as_go_reads_them() {
    let mut faults = Vec::new();
    for row in rows("unquote") {
        let actual = outcome(strconv::unquote(&bytes(&row[0])), |content| content);
        if row[1] != actual.as_str() {
            faults.push(format!("{actual} for {row:?}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn integers_are_read_as_go_reads_them() {
    let signed = |text: &[u8], base, bits| {
        outcome(strconv::parse_int(text, base, bits), |value| value.to_string().into_bytes())
    };
    let unsigned = |text: &[u8], base, bits| {
        outcome(strconv::parse_uint(text, base, bits), |value| value.to_string().into_bytes())
    };
    let mut faults = Vec::new();
    for row in rows("integer") {
        let text = bytes(&row[0]);
        let mut actual = vec![outcome(strconv::atoi(&text), |value| value.to_string().into_bytes())];
        for base in [0, 2, 8, 10, 16, 36] {
            actual.extend([signed(&text, base, 64), unsigned(&text, base, 64)]);
        }
        for bits in [8, 16, 32, 0] {
            actual.extend([signed(&text, 10, bits), unsigned(&text, 10, bits)]);
        }
        actual.extend([signed(&text, 1, 64), unsigned(&text, 37, 64)]);
        actual.extend([signed(&text, 10, 65), unsigned(&text, 10, -1)]);
        for (place, (actual, expected)) in actual.iter().zip(&row[1..]).enumerate() {
            if expected != actual.as_str() {
                faults.push(format!("{} column {place}: {actual} for {expected}", row[0]));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn floats_and_booleans_are_read_as_go_reads_them() {
    let bits = |value: f64| format!("{:016x}", value.to_bits()).into_bytes();
    let mut faults = Vec::new();
    for row in rows("decimal") {
        let text = bytes(&row[0]);
        for (size, expected) in [FloatSize::F64, FloatSize::F32].into_iter().zip(&row[1..]) {
            let actual = outcome(strconv::parse_float(&text, size), bits);
            // every NaN is the same to its readers
            let (actual, expected) = (actual.as_str(), expected.as_str().expect("a text"));
            let both_nan = actual.contains("7ff8000000000") && expected.contains("7ff8000000000");
            if actual != expected && !both_nan {
                faults.push(format!("{} {size:?}: {actual} for {expected}", row[0]));
            }
        }
    }
    for row in rows("boolean") {
        let actual = outcome(strconv::parse_bool(bytes(&row[0])), |value| value.to_string().into_bytes());
        if row[1] != actual.as_str() {
            faults.push(format!("{actual} for {row:?}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn integers_are_written_in_any_base() {
    assert_eq!(strconv::format_int(i64::MIN, 10), "-9223372036854775808");
    assert_eq!(strconv::format_int(-255, 16), "-ff");
    assert_eq!(strconv::format_uint(u64::MAX, 2), "1".repeat(64));
    assert_eq!(strconv::format_uint(35, 36), "z");
    assert_eq!(strconv::format_uint(0, 36), "0");
}
