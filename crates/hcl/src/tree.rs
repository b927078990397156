//! The tree: objects of items, each with the place where it was written.

use std::fmt;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Items in the order in which they were written; names may repeat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    /// The items.
    pub items: Vec<Item>,
}

/// `name = value`, `name { … }`, or a block with labels: `name "label" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The name and then the labels; never empty.
    pub keys: Vec<Key>,
    /// The value; with labels, or without `=`, an object.
    pub value: Node,
}

impl Item {
    /// The first key.
    #[must_use]
    pub fn name(&self) -> &str {
        self.keys.first().map_or("", |key| &key.text)
    }

    /// Where the item begins.
    #[must_use]
    pub fn position(&self) -> Position {
        self.keys.first().map_or(self.value.position, |key| key.position)
    }

    /// The keys after the first.
    #[must_use]
    pub fn labels(&self) -> &[Key] {
        self.keys.get(1..).unwrap_or_default()
    }
}

/// A name or label, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it begins.
    pub position: Position,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins; an object's at its brace.
    pub position: Position,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`
    Boolean(bool),
    /// `42`, `0644` (octal), `0x1f`
    Integer(i64),
    /// `1.5`, `1e3`
    Float(f64),
    /// A quoted text or a heredoc; in JSON `null` is the empty text.
    Text(String),
    /// `[ … ]`
    List(Vec<Node>),
    /// `{ … }`
    Object(Object),
}

impl Node {
    /// What kind of value it is, as a message names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "a block",
        }
    }

    /// The value of a boolean.
    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        if let Value::Boolean(value) = self.value { Some(value) } else { None }
    }

    /// The value of an integer.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Value::Integer(value) = self.value { Some(value) } else { None }
    }

    /// The text of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The elements of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    /// The object of a block.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Value::Object(object) = &self.value { Some(object) } else { None }
    }
}
