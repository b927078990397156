//! The order in which the keys of a map are written: numbers by value, texts with the numbers within them by value.

use std::cmp::Ordering;

use preflight_gotemplate::Value;

/// Compares two keys.
pub(super) fn order(one: &Value, other: &Value) -> Ordering {
    let (one, other) = (one.indirect(), other.indirect());
    match (number(one), number(other)) {
        (Some(a), Some(b)) => {
            a.partial_cmp(&b).unwrap_or(Ordering::Equal).then_with(|| one.kind().cmp(&other.kind()))
        }
        _ => match (one.to_text(), other.to_text()) {
            (Some(a), Some(b)) => {
                let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
                if is_less(&a, &b) {
                    Ordering::Less
                } else if is_less(&b, &a) {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                }
            }
            _ => one.kind().cmp(&other.kind()),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers that far apart are in order all the same")]
fn number(value: &Value) -> Option<f64> {
    match value.underlying() {
        Value::Int(_, number) => Some(*number as f64),
        Value::Uint(_, number) => Some(*number as f64),
        Value::Float(_, number) => Some(*number),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
}

/// Digits run together are one number, other characters come before letters.
fn is_less(one: &[char], other: &[char]) -> bool {
    let Some(at) = one.iter().zip(other).position(|(a, b)| a != b) else {
        return one.len() < other.len();
    };
    let (a, b) = (one[at], other[at]);
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a < b,
        (false, false) => {}
        (_, other_is_letter) => return other_is_letter,
    }
    // A zero within a number must not make it the shorter one.
    let start = if (a == '0' || b == '0') && follows_digit(&one[..at]) { 1 } else { 0 };
    let (first, first_end) = number_at(one, at, start);
    let (second, second_end) = number_at(other, at, start);
    if first != second {
        return first < second;
    }
    if first_end != second_end {
        return first_end < second_end;
    }
    a < b
}

/// Whether the digits right before hold one that is not zero.
fn follows_digit(before: &[char]) -> bool {
    before.iter().rev().take_while(|digit| digit.is_numeric()).any(|digit| *digit != '0')
}

fn number_at(text: &[char], at: usize, start: i64) -> (i64, usize) {
    let digits = text[at..].iter().take_while(|digit| digit.is_numeric());
    let mut end = at;
    let number = digits.fold(start, |number, digit| {
        end += 1;
        number.wrapping_mul(10).wrapping_add(i64::from(u32::from(*digit)) - i64::from(u32::from('0')))
    });
    (number, end)
}
