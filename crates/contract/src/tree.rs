//! The YAML text as a tree in which every node knows its place.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span as Mark};

use crate::faults::Fault;

/// More nodes than any contract has; aliases that unfold into more are refused.
const MOST_NODES: usize = 100_000;

/// Deeper than any contract is.
const DEEPEST: usize = 64;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// How many characters, at least 1, never past the end of the line.
    pub(crate) width: usize,
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A single value; `plain` when it was written without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Node,
}

impl Span {
    pub(crate) fn fault(self, message: impl Into<String>) -> Fault {
        let Self { line, column, width } = self;
        Fault { line, column, width, message: message.into(), hint: None }
    }
}

impl Node {
    /// Whether nothing was written.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The entry with that key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        let Content::Map(entries) = &self.content else { return None };
        entries.iter().find(|entry| entry.key == key)
    }

    /// The place of the value of `key`, else of the node itself.
    pub(crate) fn place(&self, key: &str) -> Span {
        self.entry(key).map_or(self.span, |entry| entry.value.span)
    }

    /// The items of the list under `key`.
    pub(crate) fn items(&self, key: &str) -> &[Self] {
        match self.entry(key).map(|entry| &entry.value.content) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }
}

/// Reads the text into a tree; `None` when it is broken or empty. What is wrong is added to `faults`.
pub(crate) fn read_tree(text: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    let mut reader =
        TreeReader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), nodes: 0, faults };
    match reader.document() {
        Ok(node) => node,
        Err(fault) => {
            faults.push(tab_before(text, fault.line).unwrap_or(fault));
            None
        }
    }
}

/// YAML is indented with spaces; what a parser says about a tab names the wrong place and not the tab.
fn tab_before(text: &str, line: usize) -> Option<Fault> {
    let margin = |line: &str| line.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t');
    let lines = text.lines().enumerate().take(line + 1);
    let (index, column) = lines.filter_map(|(index, text)| Some((index, margin(text)?))).next()?;
    let mut fault = Span { line: index + 1, column: column + 1, width: 1 }.fault("a tab indents this line");
    fault.hint = Some("indent with spaces".to_owned());
    Some(fault)
}

struct TreeReader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    faults: &'a mut Vec<Fault>,
}

impl<'a> TreeReader<'a> {
    fn document(&mut self) -> Result<Option<Node>, Fault> {
        let mut root = None;
        while let Some((event, mark)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(..) if root.is_some() => {
                    return Err(span(mark).fault("a second document begins here; a contract is one"));
                }
                Event::DocumentStart(..) => self.anchors.clear(),
                event => root = Some(self.node(event, mark, 0)?),
            }
        }
        Ok(root.filter(|node| !node.is_null()))
    }

    fn node(&mut self, event: Event<'a>, mark: Mark, depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(span(mark).fault(format!("nested more than {DEEPEST} levels deep")));
        }
        self.count(1, mark)?;
        let before = self.nodes;
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                (Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(id) => return self.alias(id, mark),
            _ => return Err(span(mark).fault("a value is missing here")),
        };
        let node = Node { span: span(mark), content };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut items = Vec::new();
        while let Some((event, mark)) = self.next()? {
            match event {
                Event::SequenceEnd => break,
                event => items.push(self.node(event, mark, depth + 1)?),
            }
        }
        Ok(Content::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((event, mark)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, mark, depth + 1)?;
            let Some((event, mark)) = self.next()? else { break };
            let value = self.node(event, mark, depth + 1)?;
            let Content::Scalar { text, .. } = key.content else {
                self.faults.push(key.span.fault("a key must be a single word"));
                continue;
            };
            match entries.iter().find(|entry| entry.key == text) {
                Some(first) => {
                    let message = format!("`{text}` is written twice; first on line {}", first.span.line);
                    self.faults.push(key.span.fault(message));
                }
                None => entries.push(Entry { key: text, span: key.span, value }),
            }
        }
        Ok(Content::Map(entries))
    }

    fn alias(&mut self, id: usize, mark: Mark) -> Result<Node, Fault> {
        let Some((node, size)) = self.anchors.get(&id) else {
            return Err(span(mark).fault("this alias refers to itself"));
        };
        let (mut node, size) = (node.clone(), *size);
        self.count(size, mark)?;
        node.span = span(mark);
        Ok(node)
    }

    fn count(&mut self, more: usize, mark: Mark) -> Result<(), Fault> {
        self.nodes += more;
        if self.nodes > MOST_NODES {
            return Err(span(mark).fault(format!("more than {MOST_NODES} values, aliases unfolded")));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Mark)>, Fault> {
        loop {
            match self.parser.next_event() {
                None => return Ok(None),
                Some(Ok((Event::Comment(..) | Event::Anchor(..), _))) => {}
                Some(Ok((event, mark))) => return Ok(Some((event, mark))),
                Some(Err(error)) => {
                    let place = Span {
                        line: error.marker().line().max(1),
                        column: error.marker().col() + 1,
                        width: 1,
                    };
                    return Err(place.fault(format!("not valid YAML: {}", error.info())));
                }
            }
        }
    }
}

fn span(mark: Mark) -> Span {
    let (start, end) = (mark.start, mark.end);
    let width = if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
    Span { line: start.line().max(1), column: start.col() + 1, width: width.max(1) }
}
