//! Actions and control structures.

use super::parser::{Parsed, Parser, Piece};
use super::token::{Keyword, Token, TokenKind};
use super::tree::{ListId, Node, PipeId, TemplateNode};
use crate::strconv::unquote;

/// The branches of an `if` or `with`, and what is left.
type Branches = (Vec<(PipeId, ListId)>, Option<ListId>);

impl Parser<'_> {
    /// An action, from behind the left delimiter.
    pub(super) fn action(&mut self) -> Parsed<Piece> {
        let token = self.next_non_space();
        let TokenKind::Keyword(keyword) = token.kind else { return self.plain_action() };
        match keyword {
            Keyword::Block => self.block().map(Piece::Node),
            Keyword::Break => self.leave("break", Node::Break),
            Keyword::Continue => self.leave("continue", Node::Continue),
            Keyword::Else => self.otherwise(),
            Keyword::End => self.expect(TokenKind::RightDelimiter, "end").map(|_| Piece::End),
            Keyword::If => {
                let (branches, otherwise) = self.branches("if", Keyword::If)?;
                Ok(Piece::Node(Node::If { branches, otherwise }))
            }
            Keyword::With => {
                let (branches, otherwise) = self.branches("with", Keyword::With)?;
                Ok(Piece::Node(Node::With { branches, otherwise }))
            }
            Keyword::Range => self.range().map(Piece::Node),
            Keyword::Template => self.template().map(Piece::Node),
            Keyword::Define | Keyword::Dot | Keyword::Nil => self.plain_action(),
        }
    }

    fn plain_action(&mut self) -> Parsed<Piece> {
        self.back_up();
        let position = self.peek().position;
        let pipe = self.pipeline("command", TokenKind::RightDelimiter)?;
        Ok(Piece::Node(Node::Action { position, pipe }))
    }

    /// `{{ break }}` or `{{ continue }}`
    fn leave(&mut self, word: &str, node: Node) -> Parsed<Piece> {
        let action = format!("{{{{{word}}}}}");
        self.expect(TokenKind::RightDelimiter, &action)?;
        if self.scope.range_depth == 0 {
            return Err(self.fault(format!("{action} outside {{{{range}}}}")));
        }
        Ok(Piece::Node(node))
    }

    /// `{{ else }}`; of `{{ else if` and `{{ else with` the second word stays.
    fn otherwise(&mut self) -> Parsed<Piece> {
        let next = self.peek_non_space().kind;
        if !matches!(next, TokenKind::Keyword(Keyword::If | Keyword::With)) {
            self.expect(TokenKind::RightDelimiter, "else")?;
        }
        Ok(Piece::Else)
    }

    /// `{{ if }}` or `{{ with }}`, from behind the word to behind its `end`.
    fn branches(&mut self, context: &str, keyword: Keyword) -> Parsed<Branches> {
        let mut branches = Vec::new();
        let mark = self.scope.variables.mark();
        let otherwise = loop {
            let pipe = self.pipeline(context, TokenKind::RightDelimiter)?;
            let declared = self.scope.variables.mark();
            let (nodes, end) = self.item_list()?;
            branches.push((pipe, self.scope.add_list(nodes)));
            self.scope.variables.end_lives(declared);
            match end {
                Piece::Else if self.peek().kind == TokenKind::Keyword(keyword) => drop(self.next()),
                Piece::Else => break Some(self.last_branch()?),
                _ => break None,
            }
        };
        self.scope.variables.forget(mark);
        Ok((branches, otherwise))
    }

    fn last_branch(&mut self) -> Parsed<ListId> {
        let (nodes, end) = self.item_list()?;
        if !matches!(end, Piece::End) {
            return Err(self.fault(format!("expected end; found {}", end.describe())));
        }
        Ok(self.scope.add_list(nodes))
    }

    /// `{{ range }}`, from behind the word to behind its `end`.
    fn range(&mut self) -> Parsed<Node> {
        let mark = self.scope.variables.mark();
        let pipe = self.pipeline("range", TokenKind::RightDelimiter)?;
        let declared = self.scope.variables.mark();
        self.scope.range_depth += 1;
        let (nodes, end) = self.item_list()?;
        self.scope.range_depth -= 1;
        let body = self.scope.add_list(nodes);
        self.scope.variables.end_lives(declared);
        let otherwise = if matches!(end, Piece::Else) { Some(self.last_branch()?) } else { None };
        self.scope.variables.forget(mark);
        Ok(Node::Range { pipe, body, otherwise })
    }

    /// `{{ block "name" pipeline }} … {{ end }}`, from the name on.
    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelimiter)?;
        self.parse_block(&name, CONTEXT)?;
        Ok(Node::Template(TemplateNode { position: token.position, name, pipe: Some(pipe) }))
    }

    /// `{{ template "name" pipeline }}`, from the name on.
    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().kind != TokenKind::RightDelimiter {
            self.back_up();
            pipe = Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?);
        }
        Ok(Node::Template(TemplateNode { position: token.position, name, pipe }))
    }

    pub(super) fn template_name(&mut self, token: &Token<'_>, context: &str) -> Parsed<Box<str>> {
        if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = unquote(&token.text).map_err(|error| self.fault(error.to_string()))?;
        Ok(String::from_utf8_lossy(&name).into())
    }
}
