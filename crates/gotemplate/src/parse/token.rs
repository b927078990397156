//! Tokens, as the lexer gives them to the parser.

use std::borrow::Cow;

use crate::strconv::{append_quote, decode_rune};

/// A piece of the text.
#[derive(Clone, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    /// Where it begins, in bytes.
    pub(crate) position: usize,
    /// What it says; the message if it is an error.
    pub(crate) text: Cow<'t, [u8]>,
    /// The line where it begins, from 1.
    pub(crate) line: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Error,
    Bool,
    /// A printable ASCII character that is nothing else, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Keyword(Keyword),
}

/// The words that cannot name a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Dot,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Keyword {
    /// The keyword that is spelt so.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"." => Self::Dot,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"nil" => Self::Nil,
            b"range" => Self::Range,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// More runes than this of a token are not shown in messages.
const SHOWN: usize = 10;

impl Token<'_> {
    /// What stands before anything was read.
    pub(crate) fn nothing() -> Self {
        Token { kind: TokenKind::Error, position: 0, text: Cow::Borrowed(b""), line: 0 }
    }

    /// The token as messages show it.
    pub(crate) fn describe(&self) -> String {
        let text = match self.kind {
            TokenKind::End => return "EOF".to_owned(),
            TokenKind::Error => return String::from_utf8_lossy(&self.text).into_owned(),
            TokenKind::Keyword(_) => return format!("<{}>", String::from_utf8_lossy(&self.text)),
            _ => &*self.text,
        };
        let long = text.len() > SHOWN;
        let mut quoted = Vec::new();
        append_quote(&mut quoted, if long { first_runes(text, SHOWN) } else { text });
        if long {
            quoted.extend_from_slice(b"...");
        }
        String::from_utf8_lossy(&quoted).into_owned()
    }
}

fn first_runes(text: &[u8], count: usize) -> &[u8] {
    let end = (0..count).fold(0, |end, _| end + decode_rune(&text[end..]).1);
    &text[..end]
}
