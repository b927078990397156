//! Parts of a tree as messages show them: not as written, but as Go writes them out again.

use super::tree::{Command, Pipe, PipeId, Term, TermKind, Tree};
use crate::deep;
use crate::strconv::append_quote;

impl Tree {
    /// `{{ pipeline }}` as Go writes it.
    pub(crate) fn show_action(&self, pipe: PipeId) -> Vec<u8> {
        let mut out = b"{{".to_vec();
        self.append_pipe(&mut out, pipe);
        out.extend_from_slice(b"}}");
        out
    }

    /// `{{template "name" pipeline}}`
    pub(crate) fn show_template(&self, name: &str, pipe: Option<PipeId>) -> Vec<u8> {
        let mut out = b"{{template ".to_vec();
        append_quote(&mut out, name.as_bytes());
        if let Some(pipe) = pipe {
            out.push(b' ');
            self.append_pipe(&mut out, pipe);
        }
        out.extend_from_slice(b"}}");
        out
    }

    pub(crate) fn show_pipe(&self, pipe: PipeId) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_pipe(&mut out, pipe);
        out
    }

    pub(crate) fn show_command(&self, command: &Command) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_command(&mut out, command);
        out
    }

    pub(crate) fn show_term(&self, term: &Term) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_term(&mut out, term);
        out
    }

    fn append_pipe(&self, out: &mut Vec<u8>, id: PipeId) {
        deep(|| {
            let pipe = self.pipe(id);
            append_variables(out, pipe);
            for (index, command) in pipe.commands.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b" | ");
                }
                self.append_command(out, command);
            }
        });
    }

    fn append_command(&self, out: &mut Vec<u8>, command: &Command) {
        for (index, term) in command.terms.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            self.append_operand(out, term);
        }
    }

    /// A term, with parentheses around a pipeline.
    fn append_operand(&self, out: &mut Vec<u8>, term: &Term) {
        match &term.kind {
            TermKind::Pipe(pipe) => {
                out.push(b'(');
                self.append_pipe(out, *pipe);
                out.push(b')');
            }
            _ => self.append_term(out, term),
        }
    }

    fn append_term(&self, out: &mut Vec<u8>, term: &Term) {
        match &term.kind {
            TermKind::Dot => out.push(b'.'),
            TermKind::Nil => out.extend_from_slice(b"nil"),
            TermKind::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            TermKind::Number(number) => out.extend_from_slice(&number.written),
            TermKind::String { written, .. } => out.extend_from_slice(self.text(written)),
            TermKind::Field(fields) => append_fields(out, fields),
            TermKind::Variable(variable) => {
                out.extend_from_slice(variable.name.as_bytes());
                append_fields(out, &variable.fields);
            }
            TermKind::Function { name, .. } => out.extend_from_slice(name.as_bytes()),
            TermKind::Pipe(pipe) => self.append_pipe(out, *pipe),
            TermKind::Chain { term, fields } => {
                self.append_operand(out, term);
                append_fields(out, fields);
            }
        }
    }
}

fn append_variables(out: &mut Vec<u8>, pipe: &Pipe) {
    for (index, variable) in pipe.variables.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(variable.name.as_bytes());
    }
    if !pipe.variables.is_empty() {
        out.extend_from_slice(if pipe.assigns { b" = " } else { b" := " });
    }
}

fn append_fields(out: &mut Vec<u8>, fields: &[Box<str>]) {
    for field in fields {
        out.push(b'.');
        out.extend_from_slice(field.as_bytes());
    }
}
