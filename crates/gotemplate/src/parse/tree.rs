//! Trees: what a text was parsed into.
//!
//! Lists and pipelines live in tables and refer to each other by number, so that neither dropping nor walking a tree
//! needs more stack the deeper it is nested.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::number::Number;
use crate::builtins::Builtin;
use crate::function::Function;
use crate::value::Value;

/// One template of a text.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) source: Arc<Source>,
    pub(crate) root: ListId,
    pub(crate) lists: Vec<Vec<Node>>,
    pub(crate) pipes: Vec<Pipe>,
    /// How many variables are alive at once, `$` included.
    pub(crate) slots: usize,
}

/// The text that trees come from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: Box<str>,
    pub(crate) text: Box<[u8]>,
    /// Where the lines begin, once somebody asks.
    lines: OnceLock<Vec<usize>>,
}

/// A list of nodes in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListId(pub(crate) usize);

/// A pipeline in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeId(pub(crate) usize);

/// A variable's place while a template runs.
pub(crate) type Slot = usize;

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    /// A part of the source.
    Text(Range<usize>),
    /// `{{ pipeline }}`
    Action { position: usize, pipe: PipeId },
    /// `{{ if }}`, with what `else if` adds.
    If { branches: Vec<(PipeId, ListId)>, otherwise: Option<ListId> },
    /// `{{ with }}`, with what `else with` adds.
    With { branches: Vec<(PipeId, ListId)>, otherwise: Option<ListId> },
    /// `{{ range }}`
    Range { pipe: PipeId, body: ListId, otherwise: Option<ListId> },
    /// `{{ template }}`, and what is left of `{{ block }}`.
    Template(TemplateNode),
    /// `{{ break }}`
    Break,
    /// `{{ continue }}`
    Continue,
}

/// A call of another template.
#[derive(Debug)]
pub(crate) struct TemplateNode {
    pub(crate) position: usize,
    pub(crate) name: Box<str>,
    pub(crate) pipe: Option<PipeId>,
}

/// `$a, $b := command | command`
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) position: usize,
    /// The variables are assigned, not declared.
    pub(crate) assigns: bool,
    pub(crate) variables: Vec<Target>,
    pub(crate) commands: Vec<Command>,
}

/// A variable that a pipeline declares or assigns.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: Box<str>,
    /// Nowhere, if a variable is assigned that is not alive here.
    pub(crate) slot: Option<Slot>,
}

/// A word and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) position: usize,
    pub(crate) terms: Vec<Term>,
}

/// A word or an argument.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) position: usize,
    pub(crate) kind: TermKind,
}

/// What a word or an argument is.
#[derive(Debug)]
pub(crate) enum TermKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    /// A string, and how it is written.
    String {
        value: Value,
        written: Range<usize>,
    },
    /// `.X.Y`
    Field(Vec<Box<str>>),
    /// `$x.Y`
    Variable(Box<Variable>),
    /// A function by its name.
    Function {
        name: Box<str>,
        callee: Callee,
    },
    /// `( pipeline )`
    Pipe(PipeId),
    /// `(…).X.Y` or `function.X`
    Chain {
        term: Box<Term>,
        fields: Vec<Box<str>>,
    },
}

/// `$x.Y.Z`
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: Box<str>,
    /// Where it lives; nowhere, if it was declared in a branch that is over.
    pub(crate) slot: Option<Slot>,
    pub(crate) fields: Vec<Box<str>>,
}

/// What a function's name stands for, known since the text was parsed.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Function(Function),
    Builtin(Builtin),
}

impl Tree {
    /// Whether it has nothing but space and comments.
    pub(crate) fn is_blank(&self) -> bool {
        self.list(self.root).iter().all(|node| match node {
            Node::Text(range) => is_blank(self.text(range)),
            _ => false,
        })
    }

    pub(crate) fn list(&self, id: ListId) -> &[Node] {
        &self.lists[id.0]
    }

    pub(crate) fn pipe(&self, id: PipeId) -> &Pipe {
        &self.pipes[id.0]
    }

    pub(crate) fn text(&self, range: &Range<usize>) -> &[u8] {
        &self.source.text[range.clone()]
    }
}

impl Source {
    pub(crate) fn new(name: &str, text: &[u8]) -> Self {
        Self { name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The line from 1 and the column from 0 of a position, both as Go counts them: in bytes.
    pub(crate) fn place(&self, position: usize) -> (usize, usize) {
        let lines = self.lines.get_or_init(|| {
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', &self.text).map(|end| end + 1)).collect()
        });
        let line = lines.partition_point(|begin| *begin <= position);
        let begin = line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or(0);
        (line, position - begin)
    }
}

/// Whether Go's `bytes.TrimSpace` leaves nothing.
fn is_blank(text: &[u8]) -> bool {
    let rest = text.trim_ascii_start();
    if rest.first().is_some_and(u8::is_ascii_graphic) {
        return false;
    }
    match std::str::from_utf8(rest) {
        Ok(text) => text.chars().all(char::is_whitespace),
        Err(_) => false,
    }
}
