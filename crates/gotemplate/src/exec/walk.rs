//! Nodes: texts, actions, branches, calls of templates.

use super::{At, Held, Machine, Outcome};
use crate::parse::{ListId, Node, PipeId, TemplateNode};
use crate::strconv::quote;

/// Templates may call each other this deep, as in Go.
const DEEPEST: usize = 100_000;

/// How a list was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// At its end.
    Next,
    /// By `break`.
    Break,
    /// By `continue`.
    Continue,
}

impl<'t> Machine<'t, '_> {
    pub(super) fn walk_list(&mut self, dot: &Held, list: ListId) -> Outcome<Flow> {
        crate::deep(|| {
            let tree = self.tree;
            for node in tree.list(list) {
                let flow = self.walk(dot, node)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
            }
            Ok(Flow::Next)
        })
    }

    fn walk(&mut self, dot: &Held, node: &'t Node) -> Outcome<Flow> {
        match node {
            Node::Text(range) => {
                let tree = self.tree;
                self.output.extend_from_slice(tree.text(range));
                Ok(Flow::Next)
            }
            Node::Action { position, pipe } => {
                let value = self.eval_pipeline(dot, *pipe)?;
                if self.tree.pipe(*pipe).variables.is_empty() {
                    self.at = At::Action(*position, *pipe);
                    self.print(&value)?;
                }
                Ok(Flow::Next)
            }
            Node::If { branches, otherwise } => self.walk_branches(dot, branches, *otherwise, false),
            Node::With { branches, otherwise } => self.walk_branches(dot, branches, *otherwise, true),
            Node::Range { pipe, body, otherwise } => self.walk_range(dot, *pipe, *body, *otherwise),
            Node::Template(node) => self.walk_template(dot, node),
            Node::Break => Ok(Flow::Break),
            Node::Continue => Ok(Flow::Continue),
        }
    }

    /// The first branch whose value is true; with `with`, that value is dot there.
    fn walk_branches(
        &mut self,
        dot: &Held,
        branches: &[(PipeId, ListId)],
        otherwise: Option<ListId>,
        with: bool,
    ) -> Outcome<Flow> {
        for (pipe, list) in branches {
            let value = self.eval_pipeline(dot, *pipe)?;
            if value.value.is_true() {
                return self.walk_list(if with { &value } else { dot }, *list);
            }
        }
        otherwise.map_or(Ok(Flow::Next), |list| self.walk_list(dot, list))
    }

    fn walk_template(&mut self, dot: &Held, node: &'t TemplateNode) -> Outcome<Flow> {
        self.at = At::Template(node);
        let Some(tree) = self.start.template.tree(&node.name) else {
            return self.fail(format!("template {} not defined", quote(node.name.as_bytes())));
        };
        if self.start.depth == DEEPEST {
            return self.fail(format!("exceeded maximum template depth ({DEEPEST})"));
        }
        let data = match node.pipe {
            Some(pipe) => self.eval_pipeline(dot, pipe)?,
            None => Held::default(),
        };
        let outer = (self.tree, self.name, self.base, self.at);
        self.tree = tree;
        self.name = &node.name;
        self.base = self.variables.len();
        self.variables.resize_with(self.base + tree.slots, Held::default);
        self.variables[self.base] = data.clone();
        self.start.depth += 1;
        let outcome = self.walk_list(&data, tree.root);
        self.start.depth -= 1;
        if outcome.is_ok() {
            self.variables.truncate(self.base);
            (self.tree, self.name, self.base, self.at) = outer;
        }
        outcome.map(|_| Flow::Next)
    }
}
