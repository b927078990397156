//! Go's `strings` where it differs from Rust's: bytes that need not be UTF-8, and one character for one character.

use preflight_gotemplate::strconv::decode_rune;

/// No function makes a text longer than this many bytes out of a shorter one.
pub(crate) const LONGEST: usize = 256 << 20;

/// The characters of a text; each byte that is not UTF-8 is a U+FFFD of its own.
pub(crate) fn runes(text: &[u8]) -> impl Iterator<Item = (char, &[u8])> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (rune, length) = decode_rune(rest);
        let (here, after) = rest.split_at(length.max(1));
        rest = after;
        Some((rune.unwrap_or(char::REPLACEMENT_CHARACTER), here))
    })
}

/// A text with every character replaced; invalid bytes become U+FFFD.
pub(crate) fn map(text: &[u8], change: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    out.extend(runes(text).map(|(rune, _)| change(rune)));
    out.into_bytes()
}

/// The upper-case letter of one character; unchanged where only several characters would do.
pub(crate) fn upper_rune(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => greek_with_iota(rune).unwrap_or(rune),
    }
}

/// The lower-case letter of one character.
pub(crate) fn lower_rune(rune: char) -> char {
    match rune {
        // The dot above is dropped, as there is one character for the rest only.
        'İ' => 'i',
        _ => rune.to_lowercase().next().unwrap_or(rune),
    }
}

/// The title-case letter of one character.
pub(crate) fn title_rune(rune: char) -> char {
    match rune {
        '\u{1C4}'..='\u{1C6}' => '\u{1C5}',
        '\u{1C7}'..='\u{1C9}' => '\u{1C8}',
        '\u{1CA}'..='\u{1CC}' => '\u{1CB}',
        '\u{1F1}'..='\u{1F3}' => '\u{1F2}',
        // Georgian has no title case.
        '\u{10D0}'..='\u{10FA}' | '\u{10FD}'..='\u{10FF}' => rune,
        _ => upper_rune(rune),
    }
}

/// Greek letters with an iota below have one for a capital that Unicode's full mapping writes as two.
fn greek_with_iota(rune: char) -> Option<char> {
    let code = u32::from(rune);
    let distance = match code {
        0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7 => 8,
        0x1FB3 | 0x1FC3 | 0x1FF3 => 9,
        _ => return None,
    };
    char::from_u32(code + distance)
}

/// All letters in upper case.
pub(crate) fn upper(text: &[u8]) -> Vec<u8> {
    map(text, upper_rune)
}

/// All letters in lower case.
pub(crate) fn lower(text: &[u8]) -> Vec<u8> {
    map(text, lower_rune)
}

/// White space as Go's `unicode.IsSpace` has it.
pub(crate) fn is_space(rune: char) -> bool {
    rune.is_whitespace()
}

/// A text without white space at both ends.
pub(crate) fn trim_space(text: &[u8]) -> &[u8] {
    trim_where(text, is_space)
}

/// A text without characters of `cutset` at both ends.
pub(crate) fn trim<'a>(text: &'a [u8], cutset: &[u8]) -> &'a [u8] {
    let set: Vec<char> = runes(cutset).map(|(rune, _)| rune).collect();
    trim_where(text, |rune| set.contains(&rune))
}

fn trim_where(text: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    let start: usize = runes(text).take_while(|(rune, _)| cut(*rune)).map(|(_, bytes)| bytes.len()).sum();
    let text = &text[start..];
    let mut end = 0;
    let mut at = 0;
    for (rune, bytes) in runes(text) {
        at += bytes.len();
        if !cut(rune) {
            end = at;
        }
    }
    &text[..end]
}

/// Where `needle` first is.
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    let first = needle[0];
    let last = text.len().checked_sub(needle.len())?;
    let mut at = 0;
    while at <= last {
        at += text[at..=last].iter().position(|byte| *byte == first)?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether `needle` is in a text.
pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    find(text, needle).is_some()
}

/// The pieces between separators, at most `limit` of them; between all characters if the separator is empty.
pub(crate) fn split_n<'a>(text: &'a [u8], separator: &[u8], limit: usize) -> Vec<&'a [u8]> {
    if limit == 0 {
        return Vec::new();
    }
    if separator.is_empty() {
        return explode(text, limit);
    }
    let (mut pieces, mut rest) = (Vec::new(), text);
    while pieces.len() + 1 < limit
        && let Some(at) = find(rest, separator)
    {
        pieces.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    pieces.push(rest);
    pieces
}

fn explode(text: &[u8], limit: usize) -> Vec<&[u8]> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    for (_, bytes) in runes(text) {
        if pieces.len() + 1 == limit {
            pieces.push(&text[at..]);
            return pieces;
        }
        pieces.push(bytes);
        at += bytes.len();
    }
    pieces
}

/// The pieces between separators.
pub(crate) fn split<'a>(text: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    split_n(text, separator, usize::MAX)
}

/// A text with all of `from` replaced; an empty `from` stands before, between and behind all characters.
pub(crate) fn replace_all(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    if !from.is_empty() {
        return split(text, from).join(to);
    }
    let mut out = Vec::with_capacity(text.len() + to.len());
    for (_, bytes) in runes(text) {
        out.extend_from_slice(to);
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(to);
    out
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}
