//! What can be wrong with a variable's value, in stable classes and in one sentence each.

use std::fmt;
use std::path::PathBuf;

use crate::model::VariableType;

/// What is wrong with a variable, and what is merely odd.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// What keeps the service from starting.
    pub faults: Vec<VariableFault>,
    /// What does not.
    pub warnings: Vec<VariableFault>,
}

/// One thing that is wrong with a variable's value. Never holds the value of a secret variable.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableFault {
    /// Required and not set.
    Missing,
    /// Required and empty.
    Empty,
    /// Not one of those allowed.
    NotOneOf {
        /// The values that are allowed.
        allowed: Vec<String>,
        /// The value; `None` of a secret variable.
        value: Option<String>,
    },
    /// Does not match the pattern.
    PatternMismatch {
        /// The regular expression.
        pattern: String,
        /// The value; `None` of a secret variable.
        value: Option<String>,
    },
    /// Not of its type.
    WrongType {
        /// The type.
        expected: VariableType,
        /// What is wrong, without the value of a secret.
        why: String,
        /// The value; `None` of a secret variable.
        value: Option<String>,
    },
    /// Below the least.
    TooSmall {
        /// The smallest allowed.
        min: f64,
        /// The value; `None` of a secret variable.
        value: Option<String>,
    },
    /// Above the greatest.
    TooLarge {
        /// The largest allowed.
        max: f64,
        /// The value; `None` of a secret variable.
        value: Option<String>,
    },
    /// Fewer characters than the least.
    TooShort {
        /// The least number of characters.
        min_length: usize,
        /// The number of characters; `None` of a secret variable.
        length: Option<usize>,
    },
    /// More characters than the most.
    TooLong {
        /// The greatest number of characters.
        max_length: usize,
        /// The number of characters; `None` of a secret variable.
        length: Option<usize>,
    },
    /// A placeholder that nothing replaced.
    Placeholder {
        /// What kind of placeholder it is.
        kind: PlaceholderKind,
    },
    /// The quotes are part of the value.
    Quoted,
    /// A line break at the end of the value.
    TrailingNewline,
    /// The ARN of a secret stands where its value should.
    SecretArn,
    /// The file that the `*_FILE` variable names cannot be read.
    FileUnreadable {
        /// The `*_FILE` variable.
        variable: String,
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Both the variable and its `*_FILE` sibling are set.
    BothValueAndFile {
        /// The `*_FILE` variable, which is not used.
        variable: String,
    },
    /// Set, and going away.
    Deprecated {
        /// What the contract says about it.
        instead: String,
    },
}

/// What a placeholder looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceholderKind {
    /// `${X}` or `$(X)`.
    Shell,
    /// `{{ x }}`.
    Template,
    /// `<x>`.
    Angle,
    /// `changeme`, `TODO` and the like.
    Word,
}

impl VariableFault {
    /// The stable class, `layer.cause`.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Missing => "env.missing",
            Self::Empty => "env.empty",
            Self::NotOneOf { .. } => "env.not_allowed",
            Self::PatternMismatch { .. } => "env.pattern",
            Self::WrongType { .. } => "env.type",
            Self::TooSmall { .. } | Self::TooLarge { .. } => "env.range",
            Self::TooShort { .. } | Self::TooLong { .. } => "env.length",
            Self::Placeholder { .. } => "env.placeholder",
            Self::Quoted => "env.quoted",
            Self::TrailingNewline => "env.trailing_newline",
            Self::SecretArn => "env.secret_arn",
            Self::FileUnreadable { .. } => "env.file_unreadable",
            Self::BothValueAndFile { .. } => "env.both_value_and_file",
            Self::Deprecated { .. } => "env.deprecated",
        }
    }
}

impl fmt::Display for VariableFault {
    /// Completes a sentence that begins with the variable's name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(formatter, "is not set"),
            Self::Empty => write!(formatter, "is empty"),
            Self::NotOneOf { allowed, value: Some(value) } => {
                write!(formatter, "is {value:?}, not one of {}", allowed.join(", "))
            }
            Self::NotOneOf { allowed, value: None } => {
                write!(formatter, "is not one of the {} values allowed", allowed.len())
            }
            Self::PatternMismatch { pattern, value } => {
                write!(formatter, "{}does not match {pattern}", Is(value))
            }
            Self::WrongType { expected, why, value } => {
                write!(formatter, "{}is not {}: {why}", Is(value), expected.with_article())
            }
            Self::TooSmall { min, value } => write!(formatter, "{}is less than {min}", Is(value)),
            Self::TooLarge { max, value } => write!(formatter, "{}is more than {max}", Is(value)),
            Self::TooShort { min_length, length } => {
                write!(formatter, "is shorter than {min_length} characters{}", Long(*length))
            }
            Self::TooLong { max_length, length } => {
                write!(formatter, "is longer than {max_length} characters{}", Long(*length))
            }
            Self::Placeholder { kind } => {
                write!(formatter, "holds a placeholder that nothing replaced: {kind}")
            }
            Self::Quoted => write!(formatter, "has quotes around it that are part of the value"),
            Self::TrailingNewline => write!(formatter, "ends with a line break"),
            Self::SecretArn => write!(formatter, "holds the ARN of a secret instead of the secret's value"),
            Self::FileUnreadable { variable, path, why } => {
                write!(
                    formatter,
                    "has no value: {variable} names {}, which cannot be read: {why}",
                    path.display()
                )
            }
            Self::BothValueAndFile { variable } => {
                write!(formatter, "is set and so is {variable}; the file is not used")
            }
            Self::Deprecated { instead } if instead.is_empty() => write!(formatter, "is deprecated"),
            Self::Deprecated { instead } => write!(formatter, "is deprecated: {instead}"),
        }
    }
}

impl fmt::Display for PlaceholderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Shell => "${…} of a shell or a compose file",
            Self::Template => "{{…}} of a template",
            Self::Angle => "<…> of an example",
            Self::Word => "a word such as changeme",
        })
    }
}

/// The value, where it may be shown, as the beginning of a sentence.
struct Is<'a>(&'a Option<String>);

impl fmt::Display for Is<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| write!(formatter, "is {value:?}, which "))
    }
}

/// The length, where it may be said.
struct Long(Option<usize>);

impl fmt::Display for Long {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |length| write!(formatter, ": it has {length}"))
    }
}
