//! What a function may know of the place that it is called from, and do there.

use super::{Start, no_such_template, run};
use crate::error::CallError;
use crate::function::Caller;
use crate::parse::Tree;
use crate::value::Value;

/// Templates may run each other through functions this deep: every step takes native stack.
const DEEPEST: usize = 1_000;

/// The place of a call.
pub(super) struct Site<'t> {
    pub(super) start: Start<'t>,
    pub(super) name: &'t str,
    pub(super) tree: &'t Tree,
    pub(super) position: usize,
}

impl Caller for Site<'_> {
    fn position(&self) -> (&str, usize, usize) {
        let (line, column) = self.tree.source.place(self.position);
        (&self.tree.source.name, line, column)
    }

    fn template(&self) -> &str {
        self.name
    }

    fn execute(&self, name: &str, data: &Value) -> Result<Vec<u8>, CallError> {
        if self.start.nesting == DEEPEST {
            return Err(CallError::new(format!("exceeded maximum template depth ({DEEPEST})")));
        }
        let template = self.start.template;
        if !template.has(name) {
            return Err(CallError::caused_by(no_such_template(name, template.name())));
        }
        let start = Start { name, depth: self.start.depth, nesting: self.start.nesting + 1, ..self.start };
        let mut output = Vec::new();
        run(start, &mut output, data).map_err(CallError::caused_by)?;
        Ok(output)
    }

    fn defined(&self) -> Vec<&str> {
        self.start.template.defined_templates().collect()
    }
}
