//! Runes of a byte string that need not be UTF-8: an invalid byte is a rune of its own, as in Go.

/// The first rune of `text` and its length in bytes.
///
/// `None` for the rune when the first byte begins no valid UTF-8 sequence; its length is then 1.
/// An empty text has length 0.
pub fn decode_rune(text: &[u8]) -> (Option<char>, usize) {
    let Some(&first) = text.first() else { return (None, 0) };
    let length = match first {
        0..=0x7f => return (Some(char::from(first)), 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return (None, 1),
    };
    let decoded = text.get(..length).and_then(|sequence| str::from_utf8(sequence).ok());
    match decoded.and_then(|sequence| sequence.chars().next()) {
        Some(rune) => (Some(rune), length),
        None => (None, 1),
    }
}

/// How many runes `text` has, an invalid byte counting as one.
pub fn rune_count(text: &[u8]) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    if let Ok(valid) = str::from_utf8(text) {
        return valid.chars().count();
    }
    let (mut rest, mut count) = (text, 0);
    while !rest.is_empty() {
        rest = &rest[decode_rune(rest).1..];
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_byte_is_one_rune() {
        assert_eq!(decode_rune(b"\xffa"), (None, 1));
        assert_eq!(decode_rune(b"\xe4\xb8"), (None, 1), "a sequence cut short");
        assert_eq!(decode_rune("世".as_bytes()), (Some('世'), 3));
        assert_eq!(decode_rune(b"\xed\xa0\x80"), (None, 1), "a surrogate half");
        assert_eq!(decode_rune(b""), (None, 0));
        assert_eq!(rune_count(b"a\xff\xe4\xb8\xc3\xa4"), 5);
    }
}
