//! Makes any text safe to print on one line of a log or a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that could end a line, move a cursor or reorder what is read written as an
/// escape: `\n`, `\r`, `\t`, otherwise `\u{1b}` in Rust's notation. Text without such characters is borrowed.
///
/// Escaped are the C0 and C1 controls, DEL, the line and paragraph separators (U+2028, U+2029), the bidirectional
/// controls and the invisible format characters of Unicode Technical Report 36, and the byte order mark.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            dangerous if is_dangerous(dangerous) => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(dangerous));
            }
            plain => safe.push(plain),
        }
    }
    Cow::Owned(safe)
}

fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_a_line_or_drive_a_terminal() {
        assert_eq!(
            escape("a\n[Org:Team] ok\r\t\u{1b}[2J\u{9b}31m"),
            "a\\n[Org:Team] ok\\r\\t\\u{1b}[2J\\u{9b}31m"
        );
        assert_eq!(escape("abc\u{202e}def\u{2028}"), "abc\\u{202e}def\\u{2028}");
    }

    #[test]
    fn ordinary_text_in_any_script_is_left_alone() {
        assert!(matches!(escape("Grüße, 世界 — ok \\ done"), Cow::Borrowed(_)));
    }
}
