//! How a text is written: plain, in quotes or as a block; broken into lines of about 80 columns.

use super::emit::Output;
use super::resolve::{Resolved, is_base_60, resolve};
use crate::codec::{Alphabet, encode_base64};

/// Lines are broken at the first space beyond this column.
const WIDTH: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a text allows.
#[derive(Debug)]
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

fn is_break(rune: char) -> bool {
    matches!(rune, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(rune: char) -> bool {
    matches!(rune, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

fn analyze(text: &str) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single: true, block: false };
    }
    let runes: Vec<char> = text.chars().collect();
    let at = |index: usize| runes.get(index).copied();
    let blank = |rune: Option<char>| rune.is_none_or(|rune| matches!(rune, ' ' | '\t'));
    let last = runes.len() - 1;
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut line_breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
    for (index, rune) in runes.iter().copied().enumerate() {
        let followed_by_blank = blank(at(index + 1));
        let before = index.checked_sub(1).and_then(at);
        indicators |= match rune {
            '#' => before.is_none_or(|before| matches!(before, ' ' | '\t' | '\0') || is_break(before)),
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                index == 0
            }
            '?' | '-' => index == 0 && followed_by_blank,
            ':' => followed_by_blank,
            _ => false,
        };
        special |= !is_printable(rune);
        line_breaks |= is_break(rune);
        break_space |= rune == ' ' && before.is_some_and(is_break);
        space_break |= is_break(rune) && before == Some(' ');
    }
    let edge = |rune: char| rune == ' ' || is_break(rune);
    let edges = edge(runes[0]) || edge(runes[last]);
    let unquotable = break_space || space_break || special;
    Analysis {
        multiline: line_breaks,
        plain: !(edges || unquotable || line_breaks || indicators),
        single: !unquotable,
        block: !(runes[last] == ' ' || space_break || special),
    }
}

/// Whether a text can be a key on one line.
pub(super) fn is_simple_key(text: &[u8]) -> bool {
    match std::str::from_utf8(text) {
        Ok(text) => !analyze(text).multiline && text.len() <= 128,
        Err(_) => text.len() <= 80,
    }
}

/// Writes a text. `indent` is where further lines of it begin; a key stays on one line.
pub(super) fn write(out: &mut Output, text: &[u8], indent: usize, is_key: bool) {
    let Ok(text) = std::str::from_utf8(text) else {
        let encoded = lines_of_base64(text);
        out.word("!!binary");
        let style = if encoded.contains('\n') { Style::Literal } else { Style::Plain };
        return write_in(out, &encoded, style, indent, is_key);
    };
    let can_be_plain = matches!(resolve(text), Resolved::Text) && !is_base_60(text);
    let style = match (text.contains('\n'), can_be_plain) {
        (true, _) => Style::Literal,
        (false, true) => Style::Plain,
        (false, false) => Style::Double,
    };
    write_in(out, text, style, indent, is_key);
}

fn write_in(out: &mut Output, text: &str, wanted: Style, indent: usize, is_key: bool) {
    let analysis = analyze(text);
    let mut style = if is_key && analysis.multiline { Style::Double } else { wanted };
    if style == Style::Plain && (!analysis.plain || (text.is_empty() && is_key)) {
        style = Style::Single;
    }
    if style == Style::Single && !analysis.single {
        style = Style::Double;
    }
    if style == Style::Literal && (!analysis.block || is_key) {
        style = Style::Double;
    }
    match style {
        Style::Plain => flow(out, text, "", indent, !is_key),
        Style::Single => flow(out, text, "'", indent, !is_key),
        Style::Double => double(out, text, indent, !is_key),
        Style::Literal => literal(out, text, indent),
    }
}

/// Plain or in single quotes, in which a quote is doubled.
fn flow(out: &mut Output, text: &str, quote: &str, indent: usize, may_break: bool) {
    out.word(quote);
    let runes: Vec<char> = text.chars().collect();
    let (mut spaces, mut breaks) = (false, false);
    for (index, rune) in runes.iter().copied().enumerate() {
        if rune == ' ' {
            let next_is_space = runes.get(index + 1) == Some(&' ');
            let inside = quote.is_empty() || (index > 0 && index + 1 < runes.len());
            if may_break && !spaces && out.column() > WIDTH && inside && !next_is_space {
                out.line(indent);
            } else {
                out.push(' ');
            }
            spaces = true;
        } else if is_break(rune) {
            if !breaks && rune == '\n' {
                out.push('\n');
            }
            out.push(rune);
            breaks = true;
        } else {
            if breaks {
                out.pad(indent);
            }
            if rune == '\'' && !quote.is_empty() {
                out.push('\'');
            }
            out.push(rune);
            (spaces, breaks) = (false, false);
        }
    }
    out.text(quote);
}

fn double(out: &mut Output, text: &str, indent: usize, may_break: bool) {
    out.word("\"");
    let runes: Vec<char> = text.chars().collect();
    let starts_with_mark = runes.first() == Some(&'\u{FEFF}');
    let mut spaces = false;
    for (index, rune) in runes.iter().copied().enumerate() {
        if !is_printable(rune) || starts_with_mark || is_break(rune) || matches!(rune, '"' | '\\') {
            out.text(&escaped(rune));
            spaces = false;
        } else if rune == ' ' {
            if may_break && !spaces && out.column() > WIDTH && index > 0 && index + 1 < runes.len() {
                out.line(indent);
                if runes.get(index + 1) == Some(&' ') {
                    out.push('\\');
                }
            } else {
                out.push(' ');
            }
            spaces = true;
        } else {
            out.push(rune);
            spaces = false;
        }
    }
    out.push('"');
}

fn escaped(rune: char) -> String {
    let short = match rune {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(rune);
            return match code {
                0..=0xFF => format!(r"\x{code:02X}"),
                0x100..=0xFFFF => format!(r"\u{code:04X}"),
                _ => format!(r"\U{code:08X}"),
            };
        }
    };
    format!(r"\{short}")
}

/// A block behind `|`, with the signs that tell its indentation and its end.
fn literal(out: &mut Output, text: &str, indent: usize) {
    out.word("|");
    let (first, mut from_end) = (text.chars().next(), text.chars().rev());
    if first.is_some_and(|first| first == ' ' || is_break(first)) {
        out.push('2');
    }
    match (from_end.next(), from_end.next()) {
        (Some(last), before) if is_break(last) => {
            if before.is_none_or(is_break) {
                out.push('+');
            }
        }
        _ => out.push('-'),
    }
    out.push('\n');
    let mut breaks = true;
    for rune in text.chars() {
        if is_break(rune) {
            out.push(rune);
            breaks = true;
        } else {
            if breaks {
                out.pad(indent);
            }
            out.push(rune);
            breaks = false;
        }
    }
    out.ends_in_block(breaks);
}

/// Base64 in lines of 70 characters; a single line has no end.
fn lines_of_base64(bytes: &[u8]) -> String {
    let encoded = encode_base64(Alphabet::Standard, bytes);
    let text = String::from_utf8_lossy(&encoded).into_owned();
    if text.len() < 70 {
        return text;
    }
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(70) {
        out.push_str(&String::from_utf8_lossy(chunk));
        out.push('\n');
    }
    out
}
