//! What stands between the delimiters.

use super::{Lexer, TRIM_MARKER_LENGTH, begins_with_right_marker, is_space};
use crate::parse::letters::is_alphanumeric;
use crate::parse::token::{Keyword, Token, TokenKind};
use crate::strconv::{is_print, quote};

impl<'t> Lexer<'t> {
    pub(super) fn lex_inside_action(&mut self) -> Token<'t> {
        if self.at_right_delimiter().is_some() {
            return if self.paren_depth == 0 {
                self.lex_right_delimiter()
            } else {
                self.fail("unclosed left paren")
            };
        }
        let Some(rune) = self.peek() else { return self.fail("unclosed action") };
        match rune {
            ' ' | '\t' | '\r' | '\n' => self.lex_space(),
            '.' if !self.after(self.position + 1).first().is_none_or(u8::is_ascii_digit) => self.lex_dot(),
            '.' | '+' | '-' | '0'..='9' => self.lex_number(),
            _ if is_alphanumeric(rune) => self.lex_identifier(),
            _ => {
                self.next();
                self.lex_punctuation(rune)
            }
        }
    }

    /// Everything that is known by its first rune, which is passed.
    fn lex_punctuation(&mut self, rune: char) -> Token<'t> {
        match rune {
            '=' => self.emit(TokenKind::Assign),
            ':' if self.next() == Some('=') => self.emit(TokenKind::Declare),
            ':' => self.fail("expected :="),
            '|' => self.emit(TokenKind::Pipe),
            '"' => self.lex_quoted('"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.lex_quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            '`' => self.lex_raw_string(),
            '$' => self.lex_name(TokenKind::Variable, TokenKind::Variable),
            '(' => {
                self.paren_depth += 1;
                self.emit(TokenKind::LeftParen)
            }
            ')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.emit(TokenKind::RightParen)
                }
                None => self.fail("unexpected right paren"),
            },
            ' '..='~' => self.emit(TokenKind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", code_point(rune))),
        }
    }

    /// A run of spaces; the last one may belong to the marker of a right delimiter.
    fn lex_space(&mut self) -> Token<'t> {
        let begin = self.position;
        while self.rest().first().is_some_and(|byte| is_space(*byte)) {
            self.line += usize::from(self.rest().first() == Some(&b'\n'));
            self.position += 1;
        }
        let last = self.after(self.position - 1);
        if begins_with_right_marker(last) && last[TRIM_MARKER_LENGTH..].starts_with(self.right) {
            self.position -= 1;
            self.line -= usize::from(last.first() == Some(&b'\n'));
            if self.position == begin {
                return self.lex_right_delimiter();
            }
        }
        self.emit(TokenKind::Space)
    }

    fn lex_identifier(&mut self) -> Token<'t> {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match &self.input[self.start..self.position] {
            b"true" | b"false" => TokenKind::Bool,
            word => match Keyword::of(word) {
                Some(Keyword::Break) if !self.break_is_keyword => TokenKind::Identifier,
                Some(Keyword::Continue) if !self.continue_is_keyword => TokenKind::Identifier,
                Some(keyword) => TokenKind::Keyword(keyword),
                None => TokenKind::Identifier,
            },
        };
        self.emit(kind)
    }

    fn lex_dot(&mut self) -> Token<'t> {
        self.next();
        self.lex_name(TokenKind::Field, TokenKind::Keyword(Keyword::Dot))
    }

    /// What follows a dot or a dollar sign, which is passed; `bare` if nothing does.
    fn lex_name(&mut self, kind: TokenKind, bare: TokenKind) -> Token<'t> {
        if self.at_terminator() {
            return self.emit(bare);
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn bad_character(&mut self) -> Token<'t> {
        let rune = self.peek().unwrap_or_default();
        self.fail(format!("bad character {}", code_point(rune)))
    }

    /// Whether a name may end here: `.X.Y` is two names, `$x+2` is none.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(self.right),
        }
    }

    /// A string or character constant whose first quote is passed.
    fn lex_quoted(&mut self, quote: char, kind: TokenKind, unterminated: &str) -> Token<'t> {
        loop {
            match self.next() {
                Some('\\') if matches!(self.next(), None | Some('\n')) => return self.fail(unterminated),
                None | Some('\n') => return self.fail(unterminated),
                Some(rune) if rune == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn lex_raw_string(&mut self) -> Token<'t> {
        loop {
            match self.next() {
                None => return self.fail("unterminated raw quoted string"),
                Some('`') => return self.emit(TokenKind::RawString),
                Some(_) => {}
            }
        }
    }

    /// Something that looks like a number; whether it is one, the parser finds out.
    fn lex_number(&mut self) -> Token<'t> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(TokenKind::Number);
        }
        if self.scan_number() && self.input[..self.position].ends_with(b"i") {
            self.emit(TokenKind::Complex)
        } else {
            self.bad_number()
        }
    }

    fn bad_number(&mut self) -> Token<'t> {
        let seen = quote(&self.input[self.start..self.position]);
        self.fail(format!("bad number syntax: {seen}"))
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        self.accept(b"+-");
        let (digits, exponent): (&[u8], &[u8]) = match () {
            () if !self.accept(b"0") => (DECIMAL, b"eE"),
            () if self.accept(b"xX") => (b"0123456789abcdefABCDEF_", b"pP"),
            () if self.accept(b"oO") => (b"01234567_", b""),
            () if self.accept(b"bB") => (b"01_", b""),
            () => (DECIMAL, b"eE"),
        };
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

/// `U+0040 '@'`; the character itself only if it can be shown.
fn code_point(rune: char) -> String {
    let code = u32::from(rune);
    if is_print(rune) { format!("U+{code:04X} '{rune}'") } else { format!("U+{code:04X}") }
}
