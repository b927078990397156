//! `toTitle`: the first letter of each word as a capital, the others as they are.
//!
//! Words are those of Unicode's word boundaries as golang.org/x/text/cases simplifies them: digits and marks neither
//! begin nor end a word, and an apostrophe, point or colon between two letters does not end one either.

use crate::text::{runes, title_rune};

pub(super) fn title(text: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let (mut within_word, mut after_middle) = (false, false);
    for (rune, _) in runes(text) {
        let middle = is_middle(rune);
        if after_middle && middle {
            within_word = false;
        }
        after_middle = middle;
        if is_cased(rune) && !within_word {
            push_title(&mut out, rune);
            within_word = true;
            continue;
        }
        out.push(rune);
        if is_break(rune) {
            within_word = false;
        }
    }
    out.into_bytes()
}

fn push_title(out: &mut String, rune: char) {
    let single = title_rune(rune);
    let mut upper = rune.to_uppercase();
    if single != rune || upper.len() == 1 {
        out.push(single);
        return;
    }
    // Only several characters will do: the first as a capital.
    out.extend(upper.next());
    out.extend(upper.flat_map(char::to_lowercase));
}

fn is_cased(rune: char) -> bool {
    rune.is_lowercase()
        || rune.is_uppercase()
        || title_rune(rune) == rune && rune.to_lowercase().next() != Some(rune)
}

/// What may stand between two letters of a word.
fn is_middle(rune: char) -> bool {
    matches!(
        rune,
        '\'' | '.'
            | ':'
            | '\u{B7}'
            | '\u{387}'
            | '\u{55F}'
            | '\u{5F4}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{FE13}'
            | '\u{FE52}'
            | '\u{FE55}'
            | '\u{FF07}'
            | '\u{FF0E}'
            | '\u{FF1A}'
    )
}

/// What ends a word: all but letters, digits, marks, joining lines and what may stand in the middle.
fn is_break(rune: char) -> bool {
    let joins = matches!(
        rune,
        '_' | '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'
            ..='\u{FE4F}' | '\u{FF3F}'
    );
    let mark = matches!(rune, '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200B}'..='\u{200F}' | '\u{20D0}'..='\u{20F0}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}');
    !(rune.is_alphanumeric() || joins || mark || is_middle(rune))
}
