//! Words: their case, how they are joined, how they are broken into lines.

use preflight_gotemplate::{CallError, Type};

use crate::table::{Given as _, Table, fail};
use crate::text::{is_space, lower_rune, runes, title_rune, upper_rune};

pub(super) fn register(table: &mut Table<'_>) {
    table.text("title", title);
    table.text("untitle", |text| each_word(text, lower_rune));
    table.text("swapcase", swap_case);
    table.text("initials", initials);
    table.text("nospace", without_space);
    table.text("camelcase", camel_case);
    table.text("snakecase", |text| joined(text, '_'));
    table.text("kebabcase", |text| joined(text, '-'));
    table.add("wrap", [Type::INT, Type::String], Type::String, |_, given| {
        Ok(wrap(given.text(1), given.int(0), b"\n", false).into())
    });
    table.add("wrapWith", [Type::INT, Type::String, Type::String], Type::String, |_, given| {
        Ok(wrap(given.text(2), given.int(0), given.text(1), true).into())
    });
    table.add("abbrev", [Type::INT, Type::String], Type::String, |_, given| {
        let (width, text) = (given.int(0), given.text(1));
        if width < 4 { Ok(text.into()) } else { abbreviate(text, 0, width).map(Into::into) }
    });
    table.add("abbrevboth", [Type::INT, Type::INT, Type::String], Type::String, |_, given| {
        let (left, right, text) = (given.int(0), given.int(1), given.text(2));
        if right < 4 || (left > 0 && right < 7) {
            return Ok(text.into());
        }
        abbreviate(text, left, right).map(Into::into)
    });
}

/// Capitals after anything that is no letter, digit or `_`.
fn title(text: &[u8]) -> Vec<u8> {
    let mut before = ' ';
    let mut out = String::with_capacity(text.len());
    for (rune, _) in runes(text) {
        out.push(if separates(before) { title_rune(rune) } else { rune });
        before = rune;
    }
    out.into_bytes()
}

fn separates(rune: char) -> bool {
    if rune.is_ascii() {
        !rune.is_ascii_alphanumeric() && rune != '_'
    } else {
        !is_letter(rune) && is_space(rune)
    }
}

fn is_letter(rune: char) -> bool {
    rune.is_alphabetic()
}

/// Changes the first character of each word between spaces.
fn each_word(text: &[u8], change: fn(char) -> char) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for (rune, _) in runes(text) {
        let space = is_space(rune);
        out.push(if begins && !space { change(rune) } else { rune });
        begins = space;
    }
    out.into_bytes()
}

fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut after_space = true;
    for (rune, _) in runes(text) {
        let is_title = title_rune(rune) == rune && lower_rune(rune) != rune;
        let swapped = if rune.is_uppercase() || is_title {
            lower_rune(rune)
        } else if rune.is_lowercase() {
            if after_space { title_rune(rune) } else { upper_rune(rune) }
        } else {
            after_space = is_space(rune);
            out.push(rune);
            continue;
        };
        after_space = false;
        out.push(swapped);
    }
    out.into_bytes()
}

/// The first byte of each word, taken for a character as the original does.
fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    let mut after_space = true;
    for byte in text {
        let rune = char::from(*byte);
        let space = is_space(rune);
        if after_space && !space {
            out.push(rune);
        }
        after_space = space;
    }
    out.into_bytes()
}

/// All bytes that are no space, each taken for a character as the original does; a text without any stays as it is.
fn without_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_space(char::from(*byte))) {
        return text.to_vec();
    }
    text.iter().map(|byte| char::from(*byte)).filter(|rune| !is_space(*rune)).collect::<String>().into_bytes()
}

fn connects(rune: char) -> bool {
    matches!(rune, '-' | '_') || is_space(rune)
}

/// Words joined with capitals; connecting signs at the start, at the end and all but one of several stay.
fn camel_case(text: &[u8]) -> Vec<u8> {
    let all: Vec<char> = runes(text).map(|(rune, _)| rune).collect();
    let Some(first) = all.iter().position(|rune| !connects(*rune)) else {
        // Nothing but connecting signs: the last one is there twice.
        return all.iter().chain(all.last()).collect::<String>().into_bytes();
    };
    let mut out: String = all[..first].iter().collect();
    let mut before = upper_rune(all[first]);
    for rune in all[first + 1..].iter().copied() {
        let next = match (connects(before), connects(rune)) {
            (true, false) => upper_rune(rune),
            (false, _) | (true, true) => {
                out.push(before);
                rune
            }
        };
        before = next;
    }
    out.push(before);
    out.into_bytes()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Words in lower case with `connector` between them.
fn joined(text: &[u8], connector: char) -> Vec<u8> {
    let all: Vec<char> = runes(text).map(|(rune, _)| rune).collect();
    let words = split_words(&all);
    let mut out = String::with_capacity(text.len() + 8);
    let kind = |at: usize| words.get(at).map(|(kind, _)| *kind);
    let put = |out: &mut String, at: usize, kind: Kind| {
        if let Some((_, word)) = words.get(at) {
            push_word(out, kind, word, connector);
        }
    };
    let opens =
        |kind: Option<Kind>| kind.is_some_and(|kind| !matches!(kind, Kind::Connector | Kind::Punctuation));
    let part_of_word = |kind: Option<Kind>| matches!(kind, Some(Kind::Alphabet | Kind::Number));
    let mut at = 0;
    while at + 1 < words.len() {
        let word = words[at].0;
        put(&mut out, at, word);
        at += 1;
        let mut ends = matches!(word, Kind::Connector | Kind::Punctuation);
        if word == Kind::Number {
            while part_of_word(kind(at)) {
                put(&mut out, at, words[at].0);
                at += 1;
            }
        } else if !ends && kind(at) == Some(Kind::Number) {
            if at + 1 >= words.len() {
                ends = true;
            } else if kind(at + 1) == Some(Kind::Alphabet) {
                // Small letters behind a number: it begins a word of its own.
                out.push(connector);
                while part_of_word(kind(at)) {
                    put(&mut out, at, words[at].0);
                    at += 1;
                }
            } else {
                put(&mut out, at, Kind::Number);
                at += 1;
            }
        }
        if !ends && opens(kind(at)) {
            out.push(connector);
        }
    }
    if let Some(last) = kind(at) {
        put(&mut out, at, last);
    }
    out.into_bytes()
}

fn push_word(out: &mut String, kind: Kind, word: &[char], connector: char) {
    for rune in word.iter().copied() {
        out.push(match kind {
            Kind::Connector if connects(rune) => connector,
            Kind::Upper | Kind::Connector if rune.is_uppercase() => lower_rune(rune),
            _ => rune,
        });
    }
}

fn kind_of(rune: char) -> Kind {
    if connects(rune) {
        Kind::Connector
    } else if is_punctuation(rune) {
        Kind::Punctuation
    } else if rune.is_uppercase() {
        Kind::Upper
    } else if is_alphabet(rune) {
        Kind::Alphabet
    } else if rune.is_numeric() {
        Kind::Number
    } else {
        Kind::Other
    }
}

/// Letters that form words; Chinese and Japanese ones do not.
fn is_alphabet(rune: char) -> bool {
    is_letter(rune)
        && !matches!(rune, '\u{3034}'..='\u{30FE}' | '\u{3100}'..='\u{9FFF}' | '\u{FF66}'..='\u{FF9F}')
}

fn is_punctuation(rune: char) -> bool {
    match rune {
        '!'..='#' | '%'..='*' | ','..='/' | ':' | ';' | '?' | '@' | '['..=']' | '_' | '{' | '}' => true,
        '\u{A1}' | '\u{A7}' | '\u{AB}' | '\u{B6}' | '\u{B7}' | '\u{BB}' | '\u{BF}' => true,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' => !matches!(rune, '\u{2044}' | '\u{2052}'),
        '\u{3001}'..='\u{3003}'
        | '\u{3008}'..='\u{3011}'
        | '\u{FF01}'..='\u{FF03}'
        | '\u{FF05}'..='\u{FF0A}' => true,
        _ => false,
    }
}

/// A text as runs of one kind; a capital takes the small letters behind it along.
fn split_words(all: &[char]) -> Vec<(Kind, &[char])> {
    let (mut words, mut at) = (Vec::new(), 0);
    while at < all.len() {
        let kind = kind_of(all[at]);
        let length = match kind {
            Kind::Upper => capital_word(&all[at..]),
            Kind::Alphabet => small(&all[at..]),
            _ => all[at..].iter().take_while(|rune| kind_of(**rune) == kind).count(),
        };
        words.push((kind, &all[at..at + length]));
        at += length;
    }
    words
}

fn small(all: &[char]) -> usize {
    all.iter().take_while(|rune| is_alphabet(**rune) && !rune.is_uppercase()).count()
}

/// `Http` or, up to the last capital before small letters, `HTTP`.
fn capital_word(all: &[char]) -> usize {
    let capitals = all.iter().take_while(|rune| rune.is_uppercase()).count();
    let small_follows = all.get(capitals).is_some_and(|rune| is_alphabet(*rune));
    match (capitals, small_follows) {
        (1, true) => 1 + small(&all[1..]),
        (_, true) => capitals - 1,
        (_, false) => capitals,
    }
}

/// Breaks a text at spaces so that lines have at most `width` bytes; longer words are cut if they must be.
fn wrap(text: &[u8], width: i64, line_end: &[u8], cut_words: bool) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let line_end = if line_end.is_empty() { b"\n" } else { line_end };
    let (mut out, mut rest) = (Vec::with_capacity(text.len() + text.len() / width), text);
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|byte| *byte == b' ');
        let (end, skipped) = match (space, cut_words) {
            (Some(space), _) => (space, 1),
            (None, true) => (width, 0),
            (None, false) => match rest[width..].iter().position(|byte| *byte == b' ') {
                Some(space) => (width + space, 1),
                None => break,
            },
        };
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(line_end);
        rest = &rest[end + skipped..];
    }
    out.extend_from_slice(rest);
    out
}

/// Three points in place of what does not fit into `width` bytes, from `offset` on.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Result<Vec<u8>, CallError> {
    let (Ok(mut offset), Ok(width)) = (usize::try_from(offset.max(0)), usize::try_from(width)) else {
        return fail("runtime error: slice bounds out of range");
    };
    if text.len() <= width {
        return Ok(text.to_vec());
    }
    offset = offset.min(text.len());
    if text.len() - offset < width - 3 {
        offset = text.len() - (width - 3);
    }
    if offset <= 4 {
        return Ok([&text[..width - 3], b"..."].concat());
    }
    if width < 7 {
        return Ok(Vec::new());
    }
    if offset + width - 3 < text.len() {
        return Ok([
            b"...",
            &abbreviate(&text[offset..], 0, i64::try_from(width - 3).unwrap_or(i64::MAX))?[..],
        ]
        .concat());
    }
    Ok([b"...", &text[text.len() - (width - 3)..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_do_not_end_a_word() {
        assert_eq!(joined(b"Ab\xffCd", '_'), "ab_\u{FFFD}_cd".as_bytes());
    }
}
