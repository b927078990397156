//! What is not the language's, and where. Values are never quoted: any of them may be a secret.

use crate::{DEEPEST, Position};

/// The first thing that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {problem}")]
pub struct Error {
    /// Where.
    pub position: Position,
    /// What.
    pub problem: Problem,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A character that begins nothing.
    #[error("{0:?} does not belong here")]
    Character(char),
    /// Something else should stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What should stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A name without `=` or `{`.
    #[error("\"{0}\" must be followed by \"=\" and a value, or by \"{{\"")]
    Key(String),
    /// `a b = …`
    #[error("only one name may stand before \"=\"; a block with labels has no \"=\"")]
    Labels,
    /// A quoted text that does not end on its line.
    #[error("the text has no closing quote on its line")]
    OpenText,
    /// A `${` that is not closed.
    #[error("\"${{\" is not closed before the end")]
    OpenInterpolation,
    /// A comment that does not end.
    #[error("the comment has no closing \"*/\"")]
    OpenComment,
    /// A `/` alone.
    #[error("a comment begins with \"//\", \"/*\" or \"#\"")]
    Slash,
    /// A backslash and something unknown.
    #[error(
        "\"\\{0}\" is no escape; known are \\n \\t \\r \\\" \\\\ \\a \\b \\f \\v \\x41 \\101 \\u0041 \\U00000041"
    )]
    Escape(char),
    /// An escape that ends too early or names no character.
    #[error("the escape \"\\{0}\" names no character")]
    EscapeDigits(char),
    /// `\xff`
    #[error("escapes in this text do not make UTF-8")]
    NotUtf8,
    /// A heredoc without a good first line.
    #[error(
        "a heredoc begins with \"<<\" or \"<<-\" and a word of letters and digits, alone on the rest of the line"
    )]
    HeredocAnchor,
    /// A heredoc without its last line.
    #[error("the heredoc is not closed by a line with only \"{0}\" on it")]
    OpenHeredoc(String),
    /// Digits that make no number.
    #[error("this is not a number; a text needs quotes")]
    Number,
    /// An integer out of range.
    #[error("too large for an integer of 64 bits")]
    TooLarge,
    /// Too many braces and brackets.
    #[error("nested deeper than {DEEPEST} levels")]
    TooDeep,
}
