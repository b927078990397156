//! What is known within one template while it is parsed: tokens read ahead, variables, and what there is of its tree.

use super::token::Token;
use super::tree::{ListId, Node, Pipe, PipeId, Slot};

/// A template in the making.
pub(super) struct Scope<'t> {
    /// Up to three tokens; the first one is the last that was read, whose line messages give.
    pub(super) tokens: [Token<'t>; 3],
    /// How many of them are to be read again.
    pub(super) ahead: usize,
    pub(super) variables: Variables,
    /// The line where the action at hand begins; 0 outside of actions.
    pub(super) action_line: usize,
    pub(super) range_depth: usize,
    pub(super) paren_depth: usize,
    pub(super) lists: Vec<Vec<Node>>,
    pub(super) pipes: Vec<Pipe>,
}

impl Scope<'_> {
    pub(super) fn new() -> Self {
        Self {
            tokens: [Token::nothing(), Token::nothing(), Token::nothing()],
            ahead: 0,
            variables: Variables::new(),
            action_line: 0,
            range_depth: 0,
            paren_depth: 0,
            lists: Vec::new(),
            pipes: Vec::new(),
        }
    }

    pub(super) fn add_list(&mut self, nodes: Vec<Node>) -> ListId {
        self.lists.push(nodes);
        ListId(self.lists.len() - 1)
    }

    pub(super) fn add_pipe(&mut self, pipe: Pipe) -> PipeId {
        self.pipes.push(pipe);
        PipeId(self.pipes.len() - 1)
    }
}

/// Variables, twice: those that may be named, and those that will live when the template runs. They differ, as in Go:
/// what a branch declares may be named in the `else` behind it, but does not live there.
pub(super) struct Variables {
    named: Vec<Box<str>>,
    alive: Vec<Box<str>>,
    /// The most that ever lived at once.
    most: usize,
}

/// How many variables there were.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    named: usize,
    alive: usize,
}

impl Variables {
    fn new() -> Self {
        Self { named: vec!["$".into()], alive: vec!["$".into()], most: 1 }
    }

    pub(super) fn name(&mut self, name: &str) {
        self.named.push(name.into());
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.named.iter().any(|named| &**named == name)
    }

    pub(super) fn declare(&mut self, name: &str) -> Slot {
        self.alive.push(name.into());
        self.most = self.most.max(self.alive.len());
        self.alive.len() - 1
    }

    pub(super) fn find(&self, name: &str) -> Option<Slot> {
        self.alive.iter().rposition(|alive| &**alive == name)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { named: self.named.len(), alive: self.alive.len() }
    }

    /// A branch is over, and another begins.
    pub(super) fn end_lives(&mut self, mark: Mark) {
        self.alive.truncate(mark.alive);
    }

    /// The whole of a control structure is over.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.alive.truncate(mark.alive);
        self.named.truncate(mark.named);
    }

    pub(super) fn slots(&self) -> usize {
        self.most
    }
}
