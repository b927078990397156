//! Pipelines, commands and single operands.

use super::call::{Calling, Target};
use super::{At, Held, Machine, Outcome};
use crate::parse::{self, Callee, Command, Ideal, Number, PipeId, Term, TermKind, Variable};
use crate::value::Value;

/// What stands behind the word of a command: its arguments, and the value of the command before it in the pipeline.
pub(super) struct Arguments<'t> {
    pub(super) terms: &'t [Term],
    pub(super) last: Option<Held>,
}

impl Arguments<'_> {
    pub(super) const NONE: Self = Self { terms: &[], last: None };

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.last.is_none()
    }
}

impl<'t> Machine<'t, '_> {
    /// The value of a pipeline, which also goes to its variables.
    pub(super) fn eval_pipeline(&mut self, dot: &Held, id: PipeId) -> Outcome<Held> {
        let pipe = self.tree.pipe(id);
        self.at = At::Pipe(id);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.eval_command(dot, command, value)?.out_of_any());
        }
        let value = value.unwrap_or_default();
        for variable in &pipe.variables {
            self.set(variable, value.clone())?;
        }
        Ok(value)
    }

    /// Sets a variable that is declared or assigned.
    pub(super) fn set(&mut self, target: &parse::Target, value: Held) -> Outcome<()> {
        let slot = target.slot.map(|slot| self.base + slot);
        match slot.and_then(|slot| self.variables.get_mut(slot)) {
            Some(variable) => {
                *variable = value;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {}", target.name)),
        }
    }

    fn eval_command(&mut self, dot: &Held, command: &'t Command, last: Option<Held>) -> Outcome<Held> {
        let [word, terms @ ..] = &*command.terms else { return Ok(Held::default()) };
        let arguments = Arguments { terms, last };
        match &word.kind {
            TermKind::Field(fields) => {
                self.at = At::Term(word);
                self.eval_fields(dot, dot, word, fields, arguments)
            }
            TermKind::Chain { term, fields } => self.eval_chain(dot, word, term, fields, arguments),
            TermKind::Function { name, callee } => {
                self.at = At::Term(word);
                self.eval_function(dot, name, callee, At::Command(command), arguments)
            }
            TermKind::Pipe(pipe) => {
                self.refuse_arguments(word, &arguments)?;
                crate::deep(|| self.eval_pipeline(dot, *pipe))
            }
            TermKind::Variable(variable) => self.eval_variable(dot, word, variable, arguments),
            _ => {
                self.at = At::Term(word);
                self.refuse_arguments(word, &arguments)?;
                self.eval_constant(dot, word)
            }
        }
    }

    fn refuse_arguments(&self, word: &Term, arguments: &Arguments<'_>) -> Outcome<()> {
        if arguments.is_empty() {
            return Ok(());
        }
        self.fail(format!("can't give argument to non-function {}", self.show(word)))
    }

    fn eval_constant(&mut self, dot: &Held, word: &'t Term) -> Outcome<Held> {
        match &word.kind {
            TermKind::Dot => Ok(dot.clone()),
            TermKind::Nil => self.fail("nil is not a command"),
            TermKind::Bool(value) => Ok(Held::plain(Value::Bool(*value))),
            TermKind::Number(number) => self.ideal(number).map(Held::plain),
            TermKind::String { value, .. } => Ok(Held::plain(value.clone())),
            _ => Ok(Held::default()),
        }
    }

    /// A number where nothing says of which type.
    pub(super) fn ideal(&self, number: &Number) -> Outcome<Value> {
        match &number.ideal {
            Ideal::Value(value) => Ok(value.clone()),
            Ideal::Overflow => {
                self.fail(format!("{} overflows int", String::from_utf8_lossy(&number.written)))
            }
        }
    }

    /// An operand as it is, where nothing says of which type it should be.
    pub(super) fn eval_operand(&mut self, dot: &Held, term: &'t Term) -> Outcome<Held> {
        self.at = At::Term(term);
        match &term.kind {
            TermKind::Nil => Ok(Held::default()),
            TermKind::Field(fields) => self.eval_fields(dot, dot, term, fields, Arguments::NONE),
            TermKind::Variable(variable) => self.eval_variable(dot, term, variable, Arguments::NONE),
            TermKind::Pipe(pipe) => crate::deep(|| self.eval_pipeline(dot, *pipe)),
            TermKind::Function { name, callee } => {
                self.eval_function(dot, name, callee, At::Term(term), Arguments::NONE)
            }
            TermKind::Chain { term: inner, fields } => {
                self.eval_chain(dot, term, inner, fields, Arguments::NONE)
            }
            _ => self.eval_constant(dot, term),
        }
    }

    fn eval_function(
        &mut self,
        dot: &Held,
        name: &'t str,
        callee: &'t Callee,
        node: At<'t>,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        match callee {
            Callee::Function(function) => {
                let calling = Calling { name, node, target: Target::Function(function) };
                self.eval_call(dot, &calling, arguments)
            }
            Callee::Builtin(builtin) => self.eval_builtin(dot, *builtin, name, node, arguments),
        }
    }

    /// `(pipeline).X.Y` or `function.X.Y`
    fn eval_chain(
        &mut self,
        dot: &Held,
        chain: &'t Term,
        term: &'t Term,
        fields: &'t [Box<str>],
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        let receiver = self.eval_operand(dot, term)?;
        self.eval_fields(dot, &receiver, chain, fields, arguments)
    }

    /// `$x.Y.Z`
    fn eval_variable(
        &mut self,
        dot: &Held,
        term: &'t Term,
        variable: &'t Variable,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        self.at = At::Term(term);
        let slot = variable.slot.map(|slot| self.base + slot);
        let Some(value) = slot.and_then(|slot| self.variables.get(slot)) else {
            return self.fail(format!("undefined variable: {}", variable.name));
        };
        let value = value.clone();
        if variable.fields.is_empty() {
            self.refuse_arguments(term, &arguments)?;
            return Ok(value);
        }
        self.eval_fields(dot, &value, term, &variable.fields, arguments)
    }
}
