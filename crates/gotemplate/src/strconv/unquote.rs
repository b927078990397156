//! Reading Go's quoted strings and runes.

use super::decode_rune;

/// The text is no quoted string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid syntax")]
pub struct SyntaxError;

/// One character of a quoted text, escape read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotedChar<'text> {
    /// The code point, or the byte of a `\x` or octal escape. An invalid byte reads as U+FFFD.
    pub value: u32,
    /// Whether `value` is a code point that takes several bytes of UTF-8 (and no single byte of its own).
    pub multibyte: bool,
    /// What follows the character.
    pub rest: &'text [u8],
}

/// The content of a text between `"`, `'` or backquotes.
///
/// # Errors
/// When the text is not one whole quoted string, or holds an escape that Go does not know.
pub fn unquote(text: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    let (&delimiter, rest) = text.split_first().ok_or(SyntaxError)?;
    match delimiter {
        b'`' => unquote_raw(rest),
        b'"' => unquote_string(rest),
        b'\'' => unquote_rune(rest),
        _ => Err(SyntaxError),
    }
}

fn unquote_raw(rest: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    let end = rest.iter().position(|&byte| byte == b'`').ok_or(SyntaxError)?;
    if end + 1 != rest.len() {
        return Err(SyntaxError);
    }
    Ok(rest[..end].iter().copied().filter(|&byte| byte != b'\r').collect())
}

fn unquote_string(mut rest: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    let mut content = Vec::with_capacity(rest.len());
    loop {
        match rest {
            [b'"'] => return Ok(content),
            [] | [b'"' | b'\n', ..] => return Err(SyntaxError),
            _ => rest = unquote_next(rest, b'"', &mut content)?,
        }
    }
}

fn unquote_rune(rest: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    let mut content = Vec::with_capacity(4);
    match rest {
        // an empty rune is an empty string, though the language itself refuses it
        [b'\''] => return Ok(content),
        [b'\n', ..] => return Err(SyntaxError),
        _ => {}
    }
    match unquote_next(rest, b'\'', &mut content)? {
        [b'\''] => Ok(content),
        _ => Err(SyntaxError),
    }
}

fn unquote_next<'text>(
    text: &'text [u8],
    delimiter: u8,
    content: &mut Vec<u8>,
) -> Result<&'text [u8], SyntaxError> {
    let read = unquote_char(text, delimiter)?;
    match char::from_u32(read.value) {
        Some(rune) if read.multibyte => content.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => content.push(u8::try_from(read.value).map_err(|_| SyntaxError)?),
    }
    Ok(read.rest)
}

/// The first character of the inside of a quoted text. `delimiter` is the quote that may be escaped and must not
/// stand bare: `"`, `'` or 0 for none.
///
/// # Errors
/// When `text` is empty or begins with an unknown or unfinished escape or the bare delimiter.
pub fn unquote_char(text: &[u8], delimiter: u8) -> Result<QuotedChar<'_>, SyntaxError> {
    match text {
        [] => Err(SyntaxError),
        [first, ..] if *first == delimiter && matches!(delimiter, b'"' | b'\'') => Err(SyntaxError),
        [b'\\', escape, rest @ ..] => unquote_escape(*escape, rest, delimiter),
        [b'\\'] => Err(SyntaxError),
        [first, rest @ ..] if first.is_ascii() => {
            Ok(QuotedChar { value: u32::from(*first), multibyte: false, rest })
        }
        _ => {
            let (rune, length) = decode_rune(text);
            let value = u32::from(rune.unwrap_or(char::REPLACEMENT_CHARACTER));
            Ok(QuotedChar { value, multibyte: true, rest: &text[length..] })
        }
    }
}

fn unquote_escape(escape: u8, rest: &[u8], delimiter: u8) -> Result<QuotedChar<'_>, SyntaxError> {
    let value = match escape {
        b'a' => 0x7,
        b'b' => 0x8,
        b'f' => 0xc,
        b'n' => 0xa,
        b'r' => 0xd,
        b't' => 0x9,
        b'v' => 0xb,
        b'\\' => u32::from(b'\\'),
        b'\'' | b'"' if escape == delimiter => u32::from(escape),
        b'x' => return digits(rest, 2, 16).map(|(value, rest)| QuotedChar { value, multibyte: false, rest }),
        b'u' => return code_point(rest, 4),
        b'U' => return code_point(rest, 8),
        b'0'..=b'7' => return octal(escape, rest),
        _ => return Err(SyntaxError),
    };
    Ok(QuotedChar { value, multibyte: false, rest })
}

fn code_point(text: &[u8], length: usize) -> Result<QuotedChar<'_>, SyntaxError> {
    let (value, rest) = digits(text, length, 16)?;
    char::from_u32(value).ok_or(SyntaxError)?;
    Ok(QuotedChar { value, multibyte: true, rest })
}

fn octal(first: u8, rest: &[u8]) -> Result<QuotedChar<'_>, SyntaxError> {
    let (low, rest) = digits(rest, 2, 8)?;
    let value = u32::from(first - b'0') * 64 + low;
    if value > 255 {
        return Err(SyntaxError);
    }
    Ok(QuotedChar { value, multibyte: false, rest })
}

fn digits(text: &[u8], length: usize, base: u32) -> Result<(u32, &[u8]), SyntaxError> {
    let (digits, rest) = text.split_at_checked(length).ok_or(SyntaxError)?;
    let value = digits.iter().try_fold(0u32, |value, &digit| {
        let digit = char::from(digit).to_digit(base).ok_or(SyntaxError)?;
        Ok(value.wrapping_mul(base) | digit)
    })?;
    Ok((value, rest))
}
