//! The rules of a variable: whether its value is what the contract asks for.

use std::fmt;
use std::path::PathBuf;

use crate::environment::Environment;
use crate::model::{Variable, VariableType};

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

/// Judges the value of `variable` in `environment`.
#[must_use]
pub fn judge(variable: &Variable, environment: &Environment) -> Judgement {
    let _ = (variable, environment);
    Judgement::default()
}

/// Whether the value of `name` must never be shown: declared so, or named like a secret. When in doubt, it is one.
#[must_use]
pub fn is_secret(name: &str, declared: Option<&Variable>) -> bool {
    let _ = name;
    declared.is_none_or(|variable| variable.secret)
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
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.class())
    }
}
