//! Pipelines, commands and their operands.

use super::number::Number;
use super::parser::{Parsed, Parser};
use super::token::{Keyword, Token, TokenKind};
use super::tree::{Callee, Command, Pipe, PipeId, Target, Term, TermKind, Variable};
use crate::builtins::Builtin;
use crate::strconv::{quote, unquote};
use crate::value::Value;

/// Parentheses may be nested this deep, as in Go.
const DEEPEST_PARENS: usize = 10_000;

impl<'t> Parser<'t> {
    /// `declarations? command ('|' command)*` up to and including `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<PipeId> {
        let position = self.peek_non_space().position;
        let (names, assigns) = self.declarations(context)?;
        let mut commands = Vec::new();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen
                | TokenKind::Keyword(Keyword::Dot | Keyword::Nil) => {
                    self.back_up();
                    commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
        self.check(&commands, context)?;
        // The variables begin to live when the commands have run.
        let variables = names.into_iter().map(|name| self.target(name, assigns)).collect();
        Ok(self.scope.add_pipe(Pipe { position, assigns, variables, commands }))
    }

    fn target(&mut self, name: Box<str>, assigns: bool) -> Target {
        let variables = &mut self.scope.variables;
        let slot = if assigns { variables.find(&name) } else { Some(variables.declare(&name)) };
        Target { name, slot }
    }

    /// `$x :=`, `$x =` and, for a range, `$x, $y :=`.
    fn declarations(&mut self, context: &str) -> Parsed<(Vec<Box<str>>, bool)> {
        let mut names: Vec<Box<str>> = Vec::new();
        while self.peek_non_space().kind == TokenKind::Variable {
            let variable = self.next();
            // Only what follows tells `$x :=` from `$x foo`, and there may be a space between.
            let beside = self.peek().clone();
            let next = self.peek_non_space();
            let kind = next.kind;
            let comma = kind == TokenKind::Char && &*next.text == b",";
            if !comma && !matches!(kind, TokenKind::Assign | TokenKind::Declare) {
                match beside.kind {
                    TokenKind::Space => self.back_up_to_two(variable, beside),
                    _ => self.back_up_to(variable),
                }
                break;
            }
            self.next_non_space();
            let name: Box<str> = String::from_utf8_lossy(&variable.text).into();
            self.scope.variables.name(&name);
            names.push(name);
            if !comma {
                return Ok((names, kind == TokenKind::Assign));
            }
            self.after_comma(context, names.len())?;
        }
        Ok((names, false))
    }

    fn after_comma(&mut self, context: &str, declared: usize) -> Parsed<()> {
        if context != "range" || declared >= 2 {
            return Err(self.fault(format!("too many declarations in {context}")));
        }
        match self.peek_non_space().kind {
            TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParen => Ok(()),
            _ => Err(self.fault("range can only initialize variables")),
        }
    }

    fn check(&self, commands: &[Command], context: &str) -> Parsed<()> {
        if commands.is_empty() {
            return Err(self.fault(format!("missing value for {context}")));
        }
        let constant = commands.iter().skip(1).position(|command| {
            command.terms.first().is_some_and(|term| {
                use TermKind::{Bool, Dot, Nil, Number, String};
                matches!(term.kind, Bool(_) | Dot | Nil | Number(_) | String { .. })
            })
        });
        match constant {
            Some(index) => Err(self.fault(format!("non executable command in pipeline stage {}", index + 2))),
            None => Ok(()),
        }
    }

    /// `operand (space operand)*`; passes a pipe behind it, but not a right delimiter.
    fn command(&mut self) -> Parsed<Command> {
        let position = self.peek_non_space().position;
        let mut terms = Vec::new();
        loop {
            self.peek_non_space();
            terms.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParen => self.back_up(),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        if terms.is_empty() {
            return Err(self.fault("empty command"));
        }
        Ok(Command { position, terms })
    }

    /// `term .Field*`, if one is next.
    fn operand(&mut self) -> Parsed<Option<Term>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let position = self.peek().position;
        let mut chain = Vec::new();
        while self.peek().kind == TokenKind::Field {
            chain.push(field_name(&self.next()));
        }
        let kind = match term.kind {
            TermKind::Field(mut fields) => {
                fields.extend(chain);
                TermKind::Field(fields)
            }
            TermKind::Variable(mut variable) => {
                variable.fields.extend(chain);
                TermKind::Variable(variable)
            }
            TermKind::Function { .. } | TermKind::Pipe(_) | TermKind::Chain { .. } => {
                TermKind::Chain { term: Box::new(term), fields: chain }
            }
            _ => return Err(self.fault(format!("unexpected . after term {}", self.show_literal(&term)))),
        };
        Ok(Some(Term { position, kind }))
    }

    fn show_literal(&self, term: &Term) -> String {
        match &term.kind {
            TermKind::Nil => quote(b"nil"),
            TermKind::Bool(value) => quote(value.to_string().as_bytes()),
            TermKind::Number(number) => quote(&number.written),
            TermKind::String { written, .. } => quote(&self.source.text[written.clone()]),
            _ => quote(b"."),
        }
    }

    /// A literal, a name or a parenthesised pipeline, if one is next.
    fn term(&mut self) -> Parsed<Option<Term>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            TokenKind::Identifier => self.function(&token)?,
            TokenKind::Keyword(Keyword::Dot) => TermKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => TermKind::Nil,
            TokenKind::Variable => self.variable(&token)?,
            TokenKind::Field => TermKind::Field(vec![field_name(&token)]),
            TokenKind::Bool => TermKind::Bool(&*token.text == b"true"),
            TokenKind::CharConstant => self.number(Number::parse_char(&token.text))?,
            TokenKind::Complex => self.number(Number::parse_complex(&token.text))?,
            TokenKind::Number => self.number(Number::parse(&token.text))?,
            TokenKind::LeftParen => return self.parenthesised().map(Some),
            TokenKind::String | TokenKind::RawString => self.string(&token)?,
            _ => {
                self.back_up();
                return Ok(None);
            }
        };
        Ok(Some(Term { position: token.position, kind }))
    }

    fn function(&self, token: &Token<'_>) -> Parsed<TermKind> {
        let name: Box<str> = String::from_utf8_lossy(&token.text).into();
        let callee = match self.functions.find(&name) {
            Some(function) => Callee::Function(function.clone()),
            None => match Builtin::find(&name) {
                Some(builtin) => Callee::Builtin(builtin),
                None => return Err(self.fault(format!("function {} not defined", quote(&token.text)))),
            },
        };
        Ok(TermKind::Function { name, callee })
    }

    fn variable(&self, token: &Token<'_>) -> Parsed<TermKind> {
        let name: Box<str> = String::from_utf8_lossy(&token.text).into();
        if !self.scope.variables.is_named(&name) {
            return Err(self.fault(format!("undefined variable {}", quote(&token.text))));
        }
        let slot = self.scope.variables.find(&name);
        Ok(TermKind::Variable(Box::new(Variable { name, slot, fields: Vec::new() })))
    }

    fn number(&self, number: Result<Number, String>) -> Parsed<TermKind> {
        number.map(|number| TermKind::Number(Box::new(number))).map_err(|message| self.fault(message))
    }

    fn string(&self, token: &Token<'_>) -> Parsed<TermKind> {
        let value = unquote(&token.text).map_err(|error| self.fault(error.to_string()))?;
        let written = token.position..token.position + token.text.len();
        Ok(TermKind::String { value: Value::from(value), written })
    }

    fn parenthesised(&mut self) -> Parsed<Term> {
        if self.scope.paren_depth >= DEEPEST_PARENS {
            return Err(self.fault("max expression depth exceeded"));
        }
        self.scope.paren_depth += 1;
        let pipe = crate::deep(|| self.pipeline("parenthesized pipeline", TokenKind::RightParen))?;
        self.scope.paren_depth -= 1;
        Ok(Term { position: self.scope.pipes[pipe.0].position, kind: TermKind::Pipe(pipe) })
    }
}

/// The name of a field token, without its dot.
fn field_name(token: &Token<'_>) -> Box<str> {
    String::from_utf8_lossy(token.text.get(1..).unwrap_or_default()).into()
}
