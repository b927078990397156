//! DER as far as keys need it (X.690).

use num_bigint::BigUint;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]` of a structure.
pub(super) const FIRST: u8 = 0xA0;
pub(super) const SECOND: u8 = 0xA1;

/// A structure of these whole numbers, with the version 0 before them: what keys of RSA and DSA are.
pub(super) fn numbers(numbers: &[&BigUint]) -> Vec<u8> {
    let mut parts = element(INTEGER, &[0]);
    for number in numbers {
        let mut digits = number.to_bytes_be();
        if digits[0] >= 0x80 {
            // It would be negative.
            digits.insert(0, 0);
        }
        parts.extend(element(INTEGER, &digits));
    }
    element(SEQUENCE, &parts)
}

/// How many whole numbers a structure is; `None` when there is anything else in it or behind it.
pub(super) fn count_of_numbers(der: &[u8]) -> Option<usize> {
    let (mut rest, behind) = take(SEQUENCE, der)?;
    let mut count = 0;
    while !rest.is_empty() {
        rest = take(INTEGER, rest)?.1;
        count += 1;
    }
    behind.is_empty().then_some(count)
}

/// An element of DER.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match length {
        0..0x80 => out.push(u8::try_from(length).unwrap_or_default()),
        _ => {
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// The first element of DER with its tag, and what follows.
pub(super) fn take(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(first & 0x7F)).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    if *found != tag {
        return None;
    }
    rest.split_at_checked(length)
}
