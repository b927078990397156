//! Characters with their places, and what both languages read alike: blank space and numbers.

use crate::{Error, Position, Problem, Value};

/// Reads a text character by character and knows where it is.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'text> {
    rest: &'text str,
    position: Position,
}

impl<'text> Scanner<'text> {
    pub(crate) fn new(text: &'text str) -> Self {
        Self { rest: text, position: Position { line: 1, column: 1 } }
    }

    /// What is still to be read.
    pub(crate) fn rest(&self) -> &'text str {
        self.rest
    }

    /// Where the next character stands.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        if next == '\n' {
            self.position = Position { line: self.position.line + 1, column: 1 };
        } else {
            self.position.column += 1;
        }
        Some(next)
    }

    /// Takes `wanted` if it comes next.
    pub(crate) fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest.starts_with(wanted);
        if found {
            for _ in wanted.chars() {
                self.next();
            }
        }
        found
    }

    /// Takes characters for as long as `belongs` holds.
    pub(crate) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'text str {
        let before = self.rest;
        while self.peek().is_some_and(&belongs) {
            self.next();
        }
        &before[..before.len() - self.rest.len()]
    }

    /// Takes the rest of the line and its end; whether there was an end.
    pub(crate) fn take_line(&mut self) -> (&'text str, bool) {
        let line = self.take_while(|c| c != '\n');
        (line.strip_suffix('\r').unwrap_or(line), self.next().is_some())
    }

    /// Blank space, and nothing else.
    pub(crate) fn skip_blank(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    pub(crate) fn error(&self, problem: Problem) -> Error {
        Error { position: self.position, problem }
    }

    /// What comes next, for a message.
    pub(crate) fn found(&self) -> String {
        match self.peek() {
            None => "the end of the file".to_owned(),
            Some(c) => format!("{c:?}"),
        }
    }

    /// A number, which the next character begins. `octal` reads `0644` and `0x1f` as Go does.
    pub(crate) fn number(&mut self, octal: bool) -> Result<Value, Error> {
        let position = self.position;
        let sign = if self.take("-") { "-" } else { "" };
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'));
        let exponent_sign = word.ends_with(['e', 'E']) && !is_hexadecimal(word);
        let mut text = format!("{sign}{word}");
        if exponent_sign && matches!(self.peek(), Some('+' | '-')) {
            text.extend(self.next());
            text.push_str(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
        number(&text, octal).map_err(|problem| Error { position, problem })
    }
}

fn is_hexadecimal(word: &str) -> bool {
    word.starts_with("0x") || word.starts_with("0X")
}

fn number(text: &str, octal: bool) -> Result<Value, Problem> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (radix, digits) = match digits {
        _ if octal && is_hexadecimal(digits) => (16, &digits[2..]),
        _ if octal && digits.len() > 1 && digits.starts_with('0') && all_digits(digits) => (8, &digits[1..]),
        _ => (10, digits),
    };
    let wrong = || Problem::Number;
    if radix != 10 || all_digits(digits) {
        if !octal && digits.len() > 1 && digits.starts_with('0') {
            return Err(wrong());
        }
        // The sign goes with the digits, so that the least integer can be read.
        return i64::from_str_radix(&format!("{sign}{digits}"), radix).map(Value::Integer).map_err(|error| {
            match error.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                    Problem::TooLarge
                }
                _ => wrong(),
            }
        });
    }
    // Rust's own words for floats (inf, nan) are no numbers here.
    let plain = digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let value: f64 = text.parse().map_err(|_| wrong())?;
    if plain && value.is_finite() { Ok(Value::Float(value)) } else { Err(wrong()) }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, Problem> {
        Scanner::new(text).number(true).map_err(|error| error.problem)
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        assert_eq!(read("0644"), Ok(Value::Integer(0o644)));
        assert_eq!(read("-0x1F"), Ok(Value::Integer(-31)));
        assert_eq!(read("0"), Ok(Value::Integer(0)));
        assert_eq!(read("-9223372036854775808"), Ok(Value::Integer(i64::MIN)));
        assert_eq!(read("1e3"), Ok(Value::Float(1000.0)));
        assert_eq!(read("1.5e-3,"), Ok(Value::Float(0.0015)));
        assert_eq!(read("08.5"), Ok(Value::Float(8.5)));
    }

    #[test]
    fn what_only_looks_like_a_number_is_none() {
        for text in ["08", "1_000", "0x", "1e", "1.2.3", "12ab", "-", "1e+", "0b11"] {
            assert_eq!(read(text), Err(Problem::Number), "{text}");
        }
        assert_eq!(read("1e999"), Err(Problem::Number));
        assert!(matches!(read("9223372036854775808"), Err(Problem::TooLarge)));
    }
}
