//! Texts: quoted ones with their escapes, and heredocs.

use crate::scan::Scanner;
use crate::{Error, Problem};

/// A quoted text of HCL; its opening quote comes next. `${…}` is kept as it stands, quotes and line ends included.
pub(crate) fn quoted(scanner: &mut Scanner<'_>) -> Result<String, Error> {
    let start = scanner.error(Problem::NotUtf8);
    let open = scanner.error(Problem::OpenText);
    scanner.next();
    let mut bytes = Vec::new();
    loop {
        let here = scanner.clone();
        match scanner.next() {
            None | Some('\n') => return Err(open),
            Some('"') => return String::from_utf8(bytes).map_err(|_| start),
            Some('\0') => return Err(here.error(Problem::Character('\0'))),
            Some('\\') => escape(scanner, &here, &mut bytes)?,
            Some('$') if scanner.peek() == Some('{') => interpolation(scanner, &here, &mut bytes)?,
            Some(c) => push(c, &mut bytes),
        }
    }
}

/// The rest of `${…}` after its dollar, braces counted, nothing else understood.
fn interpolation(scanner: &mut Scanner<'_>, here: &Scanner<'_>, bytes: &mut Vec<u8>) -> Result<(), Error> {
    bytes.push(b'$');
    let mut braces = 0;
    loop {
        let c = scanner.next().ok_or_else(|| here.error(Problem::OpenInterpolation))?;
        push(c, bytes);
        match c {
            '{' => braces += 1,
            '}' if braces == 1 => return Ok(()),
            '}' => braces -= 1,
            _ => {}
        }
    }
}

/// What stands behind a backslash, as Go's literals have it.
fn escape(scanner: &mut Scanner<'_>, here: &Scanner<'_>, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let letter = scanner.next().ok_or_else(|| here.error(Problem::OpenText))?;
    let wrong = || here.error(Problem::EscapeDigits(letter));
    match letter {
        'a' => bytes.push(7),
        'b' => bytes.push(8),
        'f' => bytes.push(12),
        'n' => bytes.push(b'\n'),
        'r' => bytes.push(b'\r'),
        't' => bytes.push(b'\t'),
        'v' => bytes.push(11),
        '\\' | '"' => push(letter, bytes),
        '0'..='7' => {
            let rest = digits(scanner, 8, 2).ok_or_else(wrong)?;
            let value = letter.to_digit(8).unwrap_or_default() * 64 + rest;
            bytes.push(u8::try_from(value).map_err(|_| wrong())?);
        }
        'x' => bytes.push(u8::try_from(digits(scanner, 16, 2).ok_or_else(wrong)?).map_err(|_| wrong())?),
        'u' | 'U' => {
            let value = digits(scanner, 16, if letter == 'u' { 4 } else { 8 }).ok_or_else(wrong)?;
            let known = value <= u32::from(char::MAX);
            let c =
                char::from_u32(value).or(known.then_some(char::REPLACEMENT_CHARACTER)).ok_or_else(wrong)?;
            push(c, bytes);
        }
        _ => return Err(here.error(Problem::Escape(letter))),
    }
    Ok(())
}

/// Exactly `count` digits.
pub(crate) fn digits(scanner: &mut Scanner<'_>, radix: u32, count: usize) -> Option<u32> {
    let mut value: u32 = 0;
    for _ in 0..count {
        let digit = scanner.peek()?.to_digit(radix)?;
        scanner.next();
        value = value.checked_mul(radix)? | digit;
    }
    Some(value)
}

pub(crate) fn push(c: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A heredoc; its `<<` comes next. With `<<-` the blank space before the closing word is taken from every line, if
/// every line has it; without the dash that blank space stays at the end of the text.
pub(crate) fn heredoc(scanner: &mut Scanner<'_>) -> Result<String, Error> {
    let start = scanner.clone();
    if !scanner.take("<<") {
        return Err(start.error(Problem::HeredocAnchor));
    }
    let dash = scanner.take("-");
    let (anchor, ended) = scanner.take_line();
    if anchor.is_empty() || !anchor.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(start.error(Problem::HeredocAnchor));
    }
    let open = || start.error(Problem::OpenHeredoc(anchor.to_owned()));
    if !ended {
        return Err(open());
    }
    let mut lines = Vec::new();
    loop {
        let (line, ended) = scanner.take_line();
        if !ended {
            return Err(open());
        }
        let indent = line.strip_suffix(anchor).filter(|indent| indent.chars().all(is_blank));
        match indent {
            Some(indent) => return Ok(joined(&lines, indent, dash)),
            None => lines.push(line),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0b' | '\x0c' | '\r')
}

fn joined(lines: &[&str], indent: &str, dash: bool) -> String {
    let cut = if dash && lines.iter().all(|line| line.starts_with(indent)) { indent.len() } else { 0 };
    let mut text: String = lines.iter().flat_map(|line| [&line[cut..], "\n"]).collect();
    if !dash {
        text.push_str(indent);
    }
    text
}
