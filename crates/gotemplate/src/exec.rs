//! Running trees: walks the nodes, evaluates pipelines, prints what comes out.

mod argument;
mod call;
mod field;
mod held;
mod pipeline;
mod print;
mod range;
mod site;
mod walk;

pub(crate) use held::Held;

use std::any::Any;

use crate::error::{CallError, ExecError, Place};
use crate::parse::{Command, PipeId, TemplateNode, Term, Tree};
use crate::strconv::quote;
use crate::template::Template;
use crate::value::Value;

/// Runs the template `name` of a set.
pub(crate) fn execute(
    template: &Template,
    name: &str,
    output: &mut Vec<u8>,
    data: &Value,
    host: &dyn Any,
) -> Result<(), ExecError> {
    run(Start { template, name, host, depth: 0, nesting: 0 }, output, data)
}

/// Where a run begins.
#[derive(Clone, Copy)]
struct Start<'t> {
    template: &'t Template,
    name: &'t str,
    host: &'t dyn Any,
    depth: usize,
    nesting: usize,
}

fn run(start: Start<'_>, output: &mut Vec<u8>, data: &Value) -> Result<(), ExecError> {
    let Some(tree) = start.template.tree(start.name) else {
        let message = format!("{} is an incomplete or empty template", quote(start.name.as_bytes()));
        return Err(outside(start.name, message));
    };
    let dot = Held::plain(data.clone());
    let mut variables = vec![Held::default(); tree.slots];
    variables[0] = dot.clone();
    let mut machine = Machine { start, name: start.name, tree, output, variables, base: 0, at: At::Nothing };
    machine.walk_list(&dot, tree.root).map(|_| ()).map_err(|failure| *failure)
}

/// The error of asking a set for a template that it does not have.
pub(crate) fn no_such_template(name: &str, associated: &str) -> ExecError {
    let (name, associated) = (quote(name.as_bytes()), quote(associated.as_bytes()));
    let mut error = outside("", format!("no template {name} associated with template {associated}"));
    error.bare = true;
    error
}

fn outside(template: &str, message: String) -> ExecError {
    ExecError { template: template.to_owned(), place: None, message, bare: false, cause: None }
}

/// Appends a value as `%v` prints it.
pub(crate) fn append_value(out: &mut Vec<u8>, value: &Value) {
    crate::fmt::append_plain(out, value);
}

/// A run under way.
struct Machine<'t, 'o> {
    start: Start<'t>,
    /// The name of the template that is running.
    name: &'t str,
    tree: &'t Tree,
    output: &'o mut Vec<u8>,
    /// The variables of all templates that are running; those of the innermost begin at `base`.
    variables: Vec<Held>,
    base: usize,
    /// What is being evaluated, for errors.
    at: At<'t>,
}

/// A part of a tree that errors can point to.
#[derive(Clone, Copy)]
enum At<'t> {
    Nothing,
    Action(usize, PipeId),
    Pipe(PipeId),
    Command(&'t Command),
    Term(&'t Term),
    Template(&'t TemplateNode),
}

/// Errors are large and rare.
type Failure = Box<ExecError>;
type Outcome<T> = Result<T, Failure>;

impl<'t> Machine<'t, '_> {
    /// A failure at what is being evaluated.
    #[cold]
    fn fail<T>(&self, message: impl Into<String>) -> Outcome<T> {
        Err(self.failure(CallError::new(message)))
    }

    #[cold]
    fn failure(&self, error: CallError) -> Failure {
        let (message, cause) = error.into_parts();
        let place = self.position().map(|position| {
            let (line, column) = self.tree.source.place(position);
            let context = String::from_utf8_lossy(&self.context()).into();
            Place { file: self.tree.source.name.clone(), line, column, context }
        });
        Box::new(ExecError { template: self.name.to_owned(), place, message, bare: false, cause })
    }

    fn position(&self) -> Option<usize> {
        Some(match self.at {
            At::Nothing => return None,
            At::Action(position, _) => position,
            At::Pipe(pipe) => self.tree.pipe(pipe).position,
            At::Command(command) => command.position,
            At::Term(term) => term.position,
            At::Template(node) => node.position,
        })
    }

    fn context(&self) -> Vec<u8> {
        match self.at {
            At::Nothing => Vec::new(),
            At::Action(_, pipe) => self.tree.show_action(pipe),
            At::Pipe(pipe) => self.tree.show_pipe(pipe),
            At::Command(command) => self.tree.show_command(command),
            At::Term(term) => self.tree.show_term(term),
            At::Template(node) => self.tree.show_template(&node.name, node.pipe),
        }
    }

    /// A term as messages show it.
    fn show(&self, term: &Term) -> String {
        String::from_utf8_lossy(&self.tree.show_term(term)).into_owned()
    }
}
