//! What is known within one template while it is parsed: tokens read ahead, variables, and what there is of its tree.

use std::collections::HashMap;
use std::sync::Arc;

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
    named: Names,
    alive: Names,
    /// The most that ever lived at once.
    most: usize,
}

/// A stack of names that is quick to search.
#[derive(Default)]
struct Names {
    stack: Vec<Arc<str>>,
    /// Where in the stack each of them stands.
    places: HashMap<Arc<str>, Vec<usize>>,
}

impl Names {
    fn push(&mut self, name: &str) -> usize {
        let (place, name) = (self.stack.len(), Arc::<str>::from(name));
        self.places.entry(Arc::clone(&name)).or_default().push(place);
        self.stack.push(name);
        place
    }

    /// The topmost place of a name.
    fn find(&self, name: &str) -> Option<usize> {
        self.places.get(name)?.last().copied()
    }

    fn truncate(&mut self, length: usize) {
        for name in self.stack.drain(length..).rev() {
            if let Some(places) = self.places.get_mut(&name) {
                places.pop();
            }
        }
    }
}

/// How many variables there were.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    named: usize,
    alive: usize,
}

impl Variables {
    fn new() -> Self {
        let mut variables = Self { named: Names::default(), alive: Names::default(), most: 0 };
        variables.name("$");
        variables.declare("$");
        variables
    }

    pub(super) fn name(&mut self, name: &str) {
        self.named.push(name);
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.named.find(name).is_some()
    }

    pub(super) fn declare(&mut self, name: &str) -> Slot {
        let slot = self.alive.push(name);
        self.most = self.most.max(slot + 1);
        slot
    }

    pub(super) fn find(&self, name: &str) -> Option<Slot> {
        self.alive.find(name)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { named: self.named.stack.len(), alive: self.alive.stack.len() }
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
