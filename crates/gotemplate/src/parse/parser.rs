//! The parser: reads tokens, knows the templates found so far, tells faults.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::lexer::Lexer;
use super::scope::Scope;
use super::token::{Keyword, Token, TokenKind};
use super::tree::{Node, Source, Tree};
use crate::error::ParseError;
use crate::function::Functions;
use crate::strconv::quote;
use crate::template::Options;

/// Control structures may be nested this deep. Go has no such limit, it runs out of stack instead.
const DEEPEST_NESTING: usize = 10_000;

/// Parses a text into the templates that it defines; the one named `name` is what stands outside of `define`.
pub(crate) fn parse(
    name: &str,
    text: &[u8],
    functions: &Functions,
    options: &Options,
) -> Result<BTreeMap<Box<str>, Tree>, ParseError> {
    let mut parser = Parser::new(name, text, functions, options);
    parser.parse_text(name)?;
    Ok(parser.templates)
}

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) functions: &'t Functions,
    pub(super) source: Arc<Source>,
    pub(super) scope: Scope<'t>,
    templates: BTreeMap<Box<str>, Tree>,
    nesting: usize,
}

/// What stands between two tokens of plain level: a node, or the end of a list.
pub(super) enum Piece {
    Node(Node),
    End,
    Else,
}

impl Piece {
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Else => "{{else}}",
            _ => "{{end}}",
        }
    }
}

pub(super) type Parsed<T> = Result<T, ParseError>;

impl<'t> Parser<'t> {
    fn new(name: &str, text: &'t [u8], functions: &'t Functions, options: &'t Options) -> Self {
        let mut lexer = Lexer::new(text, &options.left, &options.right);
        lexer.break_is_keyword = functions.find("break").is_none();
        lexer.continue_is_keyword = functions.find("continue").is_none();
        let source = Arc::new(Source::new(name, text));
        Self { lexer, functions, source, scope: Scope::new(), templates: BTreeMap::new(), nesting: 0 }
    }

    /// Everything outside of `define`.
    fn parse_text(&mut self, name: &str) -> Parsed<()> {
        let mut nodes = Vec::new();
        while self.peek().kind != TokenKind::End {
            if self.peek().kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_non_space().kind == TokenKind::Keyword(Keyword::Define) {
                    self.parse_definition()?;
                    continue;
                }
                self.back_up_to(delimiter);
            }
            match self.text_or_action()? {
                Piece::Node(node) => nodes.push(node),
                end => return Err(self.fault(format!("unexpected {}", end.describe()))),
            }
        }
        let tree = self.finish(nodes);
        self.add(name, tree)
    }

    /// `{{ define "name" }} … {{ end }}`, from the name on.
    fn parse_definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = mem::replace(&mut self.scope, Scope::new());
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(TokenKind::RightDelimiter, CONTEXT)?;
        self.parse_body(&name, CONTEXT)?;
        self.scope = outer;
        Ok(())
    }

    /// The body of a `block`, which is a template of its own.
    pub(super) fn parse_block(&mut self, name: &str, context: &str) -> Parsed<()> {
        let outer = mem::replace(&mut self.scope, Scope::new());
        self.parse_body(name, context)?;
        self.scope = outer;
        Ok(())
    }

    fn parse_body(&mut self, name: &str, context: &str) -> Parsed<()> {
        let (nodes, end) = self.item_list()?;
        if !matches!(end, Piece::End) {
            return Err(self.fault(format!("unexpected {} in {context}", end.describe())));
        }
        let tree = self.finish(nodes);
        self.add(name, tree)
    }

    fn finish(&mut self, nodes: Vec<Node>) -> Tree {
        let root = self.scope.add_list(nodes);
        Tree {
            source: Arc::clone(&self.source),
            root,
            lists: mem::take(&mut self.scope.lists),
            pipes: mem::take(&mut self.scope.pipes),
            slots: self.scope.variables.slots(),
        }
    }

    fn add(&mut self, name: &str, tree: Tree) -> Parsed<()> {
        if self.templates.get(name).is_some_and(|known| !known.is_blank()) {
            if tree.is_blank() {
                return Ok(());
            }
            let name = quote(name.as_bytes());
            return Err(self.fault(format!("template: multiple definition of template {name}")));
        }
        self.templates.insert(name.into(), tree);
        Ok(())
    }

    /// Nodes up to an `end` or `else`, which is returned too.
    pub(super) fn item_list(&mut self) -> Parsed<(Vec<Node>, Piece)> {
        self.nesting += 1;
        if self.nesting > DEEPEST_NESTING {
            return Err(self.fault("max nesting depth exceeded"));
        }
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != TokenKind::End {
            match crate::deep(|| self.text_or_action())? {
                Piece::Node(node) => nodes.push(node),
                end => {
                    self.nesting -= 1;
                    return Ok((nodes, end));
                }
            }
        }
        Err(self.fault("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Parsed<Piece> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Piece::Node(Node::Text(token.position..token.position + token.text.len()))),
            TokenKind::LeftDelimiter => {
                self.scope.action_line = token.line;
                let piece = self.action()?;
                self.scope.action_line = 0;
                Ok(piece)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token<'t> {
        if self.scope.ahead > 0 {
            self.scope.ahead -= 1;
        } else {
            self.scope.tokens[0] = self.lexer.next_token();
        }
        self.scope.tokens[self.scope.ahead].clone()
    }

    /// Goes back by one token.
    pub(super) fn back_up(&mut self) {
        self.scope.ahead += 1;
    }

    /// Goes back by two tokens, the first of which is this one.
    pub(super) fn back_up_to(&mut self, token: Token<'t>) {
        self.scope.tokens[1] = token;
        self.scope.ahead = 2;
    }

    /// Goes back by three tokens, the first two of which are these.
    pub(super) fn back_up_to_two(&mut self, first: Token<'t>, second: Token<'t>) {
        self.scope.tokens[1] = second;
        self.scope.tokens[2] = first;
        self.scope.ahead = 3;
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> &Token<'t> {
        if self.scope.ahead == 0 {
            self.scope.tokens[0] = self.lexer.next_token();
            self.scope.ahead = 1;
        }
        &self.scope.tokens[self.scope.ahead - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    /// The next token that is no space, which stays.
    pub(super) fn peek_non_space(&mut self) -> &Token<'t> {
        while self.peek().kind == TokenKind::Space {
            self.next();
        }
        self.peek()
    }

    pub(super) fn expect(&mut self, kind: TokenKind, context: &str) -> Parsed<Token<'t>> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// A fault at the last token read.
    pub(super) fn fault(&self, message: impl Into<String>) -> ParseError {
        let name = self.source.name.to_string();
        ParseError { name, line: self.scope.tokens[0].line, message: message.into() }
    }

    pub(super) fn unexpected(&self, token: &Token<'_>, context: &str) -> ParseError {
        let shown = token.describe();
        if token.kind != TokenKind::Error {
            return self.fault(format!("unexpected {shown} in {context}"));
        }
        let begin = self.scope.action_line;
        if begin == 0 || begin == token.line {
            return self.fault(shown);
        }
        // The message may already end in "action".
        let within = if shown.ends_with(" action") { "" } else { " in action" };
        self.fault(format!("{shown}{within} started at {}:{begin}", self.source.name))
    }
}
