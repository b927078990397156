//! From text to trees.

mod control;
mod letters;
mod lexer;
mod number;
mod operand;
mod parser;
mod scope;
mod text;
mod token;
mod tree;

pub(crate) use number::{Ideal, Number};
pub(crate) use parser::parse;
pub(crate) use tree::{
    Callee, Command, ListId, Node, Pipe, PipeId, Target, TemplateNode, Term, TermKind, Tree, Variable,
};
