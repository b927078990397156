//! From text to tokens: delimiters, trim markers, comments, and what stands inside an action.

mod action;

use std::borrow::Cow;

use memchr::memmem;

use super::token::{Token, TokenKind};
use crate::strconv::decode_rune;

/// Cuts a text into tokens, one at a time.
#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    input: &'t [u8],
    left: &'t [u8],
    right: &'t [u8],
    position: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: usize,
    inside_action: bool,
    /// `break` and `continue` are keywords, unless there are functions of these names.
    pub(crate) break_is_keyword: bool,
    pub(crate) continue_is_keyword: bool,
}

/// The marker and the space that must stand beside it.
const TRIM_MARKER_LENGTH: usize = 2;

impl<'t> Lexer<'t> {
    /// A lexer at the beginning of a text.
    pub(crate) fn new(input: &'t [u8], left: &'t str, right: &'t str) -> Self {
        let or =
            |given: &'t str, usual: &'static str| if given.is_empty() { usual } else { given }.as_bytes();
        Self {
            input,
            left: or(left, "{{"),
            right: or(right, "}}"),
            position: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            break_is_keyword: true,
            continue_is_keyword: true,
        }
    }

    /// The next token. After an error nothing but further errors or the end follows.
    pub(crate) fn next_token(&mut self) -> Token<'t> {
        if self.inside_action { self.lex_inside_action() } else { self.lex_text() }
    }

    /// Scans to the next action; comments are skipped.
    fn lex_text(&mut self) -> Token<'t> {
        loop {
            let Some(offset) = memmem::find(self.rest(), self.left) else {
                self.position = self.input.len();
                let kind = if self.position > self.start { TokenKind::Text } else { TokenKind::End };
                self.count_lines(self.start, self.position);
                return self.emit(kind);
            };
            if let Some(text) = self.text_before(offset) {
                return text;
            }
            match self.lex_left_delimiter() {
                Ok(Some(token)) => return token,
                Ok(None) => {}
                Err(message) => return self.fail(message),
            }
        }
    }

    /// The text before a delimiter that begins `offset` bytes further on, without the space that the delimiter trims.
    fn text_before(&mut self, offset: usize) -> Option<Token<'t>> {
        if offset == 0 {
            return None;
        }
        let delimiter = self.position + offset;
        let mut end = delimiter;
        if begins_with_left_marker(self.after(delimiter + self.left.len())) {
            end -= trailing_space(&self.input[self.start..delimiter]);
        }
        self.position = end;
        self.count_lines(self.start, end);
        let text = self.emit(TokenKind::Text);
        self.position = delimiter;
        self.skip();
        (!text.text.is_empty()).then_some(text)
    }

    /// Passes the delimiter, or a comment whole.
    fn lex_left_delimiter(&mut self) -> Result<Option<Token<'t>>, &'static str> {
        self.position += self.left.len();
        let marker = if begins_with_left_marker(self.rest()) { TRIM_MARKER_LENGTH } else { 0 };
        if self.after(self.position + marker).starts_with(b"/*") {
            self.position += marker;
            self.skip();
            self.lex_comment()?;
            return Ok(None);
        }
        let token = self.emit(TokenKind::LeftDelimiter);
        self.inside_action = true;
        self.position += marker;
        self.skip();
        self.paren_depth = 0;
        Ok(Some(token))
    }

    fn lex_comment(&mut self) -> Result<(), &'static str> {
        let after_opening = self.position + 2;
        let length = memmem::find(self.after(after_opening), b"*/").ok_or("unclosed comment")?;
        self.position = after_opening + length + 2;
        let marker = self.at_right_delimiter().ok_or("comment ends before closing delimiter")?;
        self.pass_right_delimiter(marker);
        self.skip();
        Ok(())
    }

    fn lex_right_delimiter(&mut self) -> Token<'t> {
        let marker = self.at_right_delimiter().unwrap_or(0);
        self.position += marker;
        self.skip();
        self.position += self.right.len();
        let token = self.emit(TokenKind::RightDelimiter);
        if marker > 0 {
            self.position += leading_space(self.rest());
            self.skip();
        }
        self.inside_action = false;
        token
    }

    fn pass_right_delimiter(&mut self, marker: usize) {
        self.position += marker + self.right.len();
        if marker > 0 {
            self.position += leading_space(self.rest());
        }
    }

    /// If a right delimiter is next, the length of the trim marker before it.
    fn at_right_delimiter(&self) -> Option<usize> {
        let rest = self.rest();
        if begins_with_right_marker(rest) && rest[TRIM_MARKER_LENGTH..].starts_with(self.right) {
            return Some(TRIM_MARKER_LENGTH);
        }
        rest.starts_with(self.right).then_some(0)
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.position..]
    }

    fn after(&self, position: usize) -> &'t [u8] {
        self.input.get(position..).unwrap_or_default()
    }

    /// Takes the next rune; `None` at the end. An invalid byte is U+FFFD.
    fn next(&mut self) -> Option<char> {
        let rune = self.peek()?;
        self.position += decode_rune(self.rest()).1;
        self.line += usize::from(rune == '\n');
        Some(rune)
    }

    /// The next rune, which stays.
    fn peek(&self) -> Option<char> {
        let rest = self.rest();
        (!rest.is_empty()).then(|| decode_rune(rest).0.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Takes the next byte if it is one of `set`.
    fn accept(&mut self, set: &[u8]) -> bool {
        let accepted = self.rest().first().is_some_and(|byte| set.contains(byte));
        self.position += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, set: &[u8]) {
        while self.accept(set) {}
    }

    /// The token that ends here.
    fn emit(&mut self, kind: TokenKind) -> Token<'t> {
        let text = Cow::Borrowed(&self.input[self.start..self.position]);
        let token = Token { kind, position: self.start, text, line: self.start_line };
        self.start = self.position;
        self.start_line = self.line;
        token
    }

    /// Leaves out what was passed without looking at it.
    fn skip(&mut self) {
        self.count_lines(self.start, self.position);
        self.start = self.position;
        self.start_line = self.line;
    }

    fn count_lines(&mut self, from: usize, to: usize) {
        self.line += memchr::memchr_iter(b'\n', &self.input[from..to]).count();
    }

    /// An error, after which there is no more text.
    fn fail(&mut self, message: impl Into<String>) -> Token<'t> {
        let text = Cow::Owned(message.into().into_bytes());
        let token = Token { kind: TokenKind::Error, position: self.start, text, line: self.start_line };
        self.start = 0;
        self.position = 0;
        self.input = &[];
        token
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn begins_with_left_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if is_space(*space))
}

fn begins_with_right_marker(text: &[u8]) -> bool {
    matches!(text, [space, b'-', ..] if is_space(*space))
}

fn leading_space(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_space(**byte)).count()
}

fn trailing_space(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| is_space(**byte)).count()
}
