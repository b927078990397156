//! Character classes and escapes of RE2, in the notation of the `regex` crate.

use std::fmt::Write as _;

use super::syntax::Fault;

/// What `\d`, `\s` and `\w` stand for: ASCII only.
const PERL: [(char, &str); 3] = [('d', "0-9"), ('s', r"\t\n\x0C\r\x20"), ('w', "0-9A-Za-z_")];
/// The names within `[: :]`.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Adds a character that stands for itself.
pub(super) fn push_literal(out: &mut String, literal: char) {
    if literal.is_ascii() && !literal.is_ascii_alphanumeric() {
        // Writing into a String cannot fail.
        let _ = write!(out, r"\x{:02X}", u32::from(literal));
    } else {
        out.push(literal);
    }
}

/// `[…]` at the start of `text`: the class and what follows it.
pub(super) fn bracketed(text: &str) -> Result<(String, &str), Fault> {
    let mut out = String::from("[");
    let mut rest = &text[1..];
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    while first || !rest.starts_with(']') {
        first = false;
        rest = member(&mut out, rest, text)?;
    }
    out.push(']');
    Ok((out, &rest[1..]))
}

/// One member of a class: a named class, a property, a character or a range.
fn member<'a>(out: &mut String, text: &'a str, whole: &str) -> Result<&'a str, Fault> {
    if text.len() > 2
        && text.starts_with("[:")
        && let Some(end) = text[2..].find(":]")
    {
        return posix(out, &text[..end + 4]).map(|()| &text[end + 4..]);
    }
    if let Some((name, rest)) = property(text)? {
        out.push_str(&name);
        return Ok(rest);
    }
    if let Some((name, rest)) = perl(text) {
        out.push_str(&name);
        return Ok(rest);
    }
    range(out, text, whole)
}

fn posix(out: &mut String, name: &str) -> Result<(), Fault> {
    let inner = name[2..name.len() - 2].trim_start_matches('^');
    let negations = name.len() - 4 - inner.len();
    if negations > 1 || !POSIX.contains(&inner) {
        return Err(("invalid character class range", name.to_owned()));
    }
    out.push_str(name);
    Ok(())
}

fn range<'a>(out: &mut String, text: &'a str, whole: &str) -> Result<&'a str, Fault> {
    let (low, mut rest) = character(text, whole)?;
    push_literal(out, low);
    if rest.len() >= 2 && rest.starts_with('-') && !rest[1..].starts_with(']') {
        let (high, after) = character(&rest[1..], whole)?;
        rest = after;
        if high < low {
            let at = &text[..text.len() - rest.len()];
            return Err(("invalid character class range", at.to_owned()));
        }
        out.push('-');
        push_literal(out, high);
    }
    Ok(rest)
}

fn character<'a>(text: &'a str, whole: &str) -> Result<(char, &'a str), Fault> {
    match text.chars().next() {
        None => Err(("missing closing ]", whole.to_owned())),
        Some('\\') => escaped(text),
        Some(plain) => Ok((plain, &text[plain.len_utf8()..])),
    }
}

/// An escape outside of a class: a property, a Perl class or one character.
pub(super) fn escape_outside(text: &str) -> Result<(String, &str), Fault> {
    if let Some(found) = property(text)? {
        return Ok(found);
    }
    if let Some(found) = perl(text) {
        return Ok(found);
    }
    let (literal, rest) = escaped(text)?;
    let mut out = String::new();
    push_literal(&mut out, literal);
    Ok((out, rest))
}

fn perl(text: &str) -> Option<(String, &str)> {
    let letter = char::from(*text.strip_prefix('\\')?.as_bytes().first()?);
    let (name, members) = PERL.iter().find(|(name, _)| *name == letter.to_ascii_lowercase())?;
    let not = if *name == letter { "" } else { "^" };
    Some((format!("[{not}{members}]"), &text[2..]))
}

/// `\pL`, `\p{Greek}`, `\P{^Greek}`
fn property(text: &str) -> Result<Option<(String, &str)>, Fault> {
    let Some(body) = text.strip_prefix(r"\p").or_else(|| text.strip_prefix(r"\P")) else {
        return Ok(None);
    };
    let invalid = |at: &str| ("invalid character class range", at.to_owned());
    let mut negated = text.starts_with(r"\P");
    let Some(first) = body.chars().next() else {
        return Err(invalid(text));
    };
    let (mut name, rest) = if first == '{' {
        body[1..].split_once('}').ok_or_else(|| invalid(text))?
    } else {
        body.split_at(first.len_utf8())
    };
    let sequence = &text[..text.len() - rest.len()];
    if let Some(inner) = name.strip_prefix('^') {
        negated = !negated;
        name = inner;
    }
    let known = known_property(name).ok_or_else(|| invalid(sequence))?;
    let letter = if negated { 'P' } else { 'p' };
    Ok(Some((format!(r"\{letter}{{{known}}}"), rest)))
}

/// A general category or a script, as the `regex` crate calls it; its other properties are none of Go's.
fn known_property(name: &str) -> Option<String> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte)) {
        return None;
    }
    let shapes = [format!("gc={name}"), format!("sc={name}")];
    shapes.into_iter().find(|shape| regex::Regex::new(&format!(r"\p{{{shape}}}")).is_ok())
}

/// `\` and the character that it makes.
fn escaped(text: &str) -> Result<(char, &str), Fault> {
    let mut rest = text[1..].chars();
    let Some(letter) = rest.next() else {
        return Err(("trailing backslash at end of expression", String::new()));
    };
    let after = rest.as_str();
    let simple = match letter {
        'a' => Some('\x07'),
        'f' => Some('\x0C'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0B'),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(other),
        _ => None,
    };
    match (simple, letter) {
        (Some(found), _) => Ok((found, after)),
        (None, '0'..='7') => octal(text, letter),
        (None, 'x') => hexadecimal(text),
        _ => Err(invalid_escape(text, after)),
    }
}

fn invalid_escape(text: &str, rest: &str) -> Fault {
    ("invalid escape sequence", text[..text.len() - rest.len()].to_owned())
}

/// One to three octal digits; a single digit other than 0 would be a back-reference.
fn octal(text: &str, first: char) -> Result<(char, &str), Fault> {
    let digits = text[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let rest = &text[1 + digits..];
    if digits == 1 && first != '0' {
        return Err(invalid_escape(text, rest));
    }
    let value = u32::from_str_radix(&text[1..=digits], 8).ok();
    value.and_then(char::from_u32).map(|found| (found, rest)).ok_or_else(|| invalid_escape(text, rest))
}

/// `\xFF` or `\x{10FFFF}`
fn hexadecimal(text: &str) -> Result<(char, &str), Fault> {
    let body = &text[2..];
    let (digits, rest) = match body.strip_prefix('{') {
        Some(braced) => {
            let length = braced.find(|next: char| !next.is_ascii_hexdigit()).unwrap_or(braced.len());
            let Some(rest) = braced[length..].strip_prefix('}') else {
                let stopped = braced[length..].chars().next().map_or(0, char::len_utf8);
                return Err(invalid_escape(text, &braced[length + stopped..]));
            };
            (&braced[..length], rest)
        }
        None => {
            let length = body.chars().take(2).map(char::len_utf8).sum();
            body.split_at(length)
        }
    };
    let braced = body.starts_with('{');
    if !braced && digits.len() != 2 {
        return Err(invalid_escape(text, rest));
    }
    let value = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    value.map(|found| (found, rest)).ok_or_else(|| invalid_escape(text, rest))
}
