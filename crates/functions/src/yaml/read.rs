//! Reading YAML into `interface {}`: maps are `map[interface {}]interface {}`.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, Tag};
use preflight_gotemplate::{Map, Type, Value, fmt};

use super::faults;
use super::resolve::{Resolved, resolve};
use crate::DEEPEST;
use crate::codec::{Alphabet, decode_base64};
use crate::sprig::deep_copy;

/// Reads the first document of a text.
///
/// # Errors
/// The text is not YAML; an alias or a merge has no target; aliases blow a small text up.
pub(crate) fn parse(text: &[u8]) -> Result<Value, String> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Err("yaml: invalid leading UTF-8 octet".to_owned());
    };
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        text,
        anchors: HashMap::new(),
        nodes: 0,
        from_aliases: 0,
    };
    reader.document()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    /// Anchored values and how many nodes they are.
    anchors: HashMap<usize, (Value, usize)>,
    nodes: usize,
    from_aliases: usize,
}

/// A list or map that is not complete yet.
struct Open {
    anchor: usize,
    /// The count of nodes when it began.
    start: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map { map: Map, key: Option<Key> },
}

enum Key {
    Value(Value),
    Merge,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, String> {
        let mut open: Vec<Open> = Vec::new();
        let mut root = Value::Nil;
        // Faults behind the root count too, up to the end of the document.
        while let Some(next) = self.parser.next_event() {
            let (event, _) = next.map_err(|error| self.fault(&error))?;
            let (anchor, start, value, merges) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let is_merge = style == ScalarStyle::Plain && text == "<<" && tag.is_none();
                    (anchor, self.nodes, scalar(&text, style, tag.as_deref())?, is_merge)
                }
                Event::Alias(anchor) => (0, self.nodes, self.alias(anchor)?, false),
                Event::SequenceStart(_, anchor, _) => {
                    open.push(Open { anchor, start: self.nodes, content: Content::List(Vec::new()) });
                    self.check_depth(open.len())?;
                    continue;
                }
                Event::MappingStart(_, anchor, _) => {
                    let map = Map::new(Type::Any, Type::Any, []);
                    open.push(Open { anchor, start: self.nodes, content: Content::Map { map, key: None } });
                    self.check_depth(open.len())?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                    Some(closed) => (closed.anchor, closed.start, closed.content.value(), false),
                    None => continue,
                },
                Event::StreamEnd | Event::DocumentEnd => break,
                _ => continue,
            };
            self.count(1, 0)?;
            if anchor != 0 {
                self.anchors.insert(anchor, (value.clone(), self.nodes - start));
            }
            match open.last_mut() {
                None => root = value,
                Some(parent) => parent.content.take(value, merges)?,
            }
        }
        Ok(root)
    }

    fn fault(&self, error: &granit_parser::ScanError) -> String {
        if matches!(error.kind(), granit_parser::ErrorKind::UnknownAnchor) {
            let from = error.marker().byte_offset().unwrap_or(error.marker().index());
            let name: String = self
                .text
                .get(from..)
                .unwrap_or_default()
                .chars()
                .skip(1)
                .take_while(|rune| !rune.is_whitespace() && !",]}".contains(*rune))
                .collect();
            return format!("yaml: unknown anchor '{name}' referenced");
        }
        faults::text(error, self.text)
    }

    fn alias(&mut self, anchor: usize) -> Result<Value, String> {
        let Some((value, nodes)) = self.anchors.get(&anchor).cloned() else {
            return Err("yaml: anchor value contains itself".to_owned());
        };
        self.count(nodes, nodes)?;
        deep_copy(&value).map_err(|fault| format!("yaml: {fault}"))
    }

    /// Counts nodes, and refuses documents most of which are copies.
    fn count(&mut self, nodes: usize, from_aliases: usize) -> Result<(), String> {
        self.nodes += nodes;
        self.from_aliases += from_aliases;
        let excessive = self.from_aliases > 100 && self.nodes > 1000 && {
            let (some, all) = (self.from_aliases as f64, self.nodes as f64);
            some / all > allowed_ratio(all)
        };
        if excessive { Err("yaml: document contains excessive aliasing".to_owned()) } else { Ok(()) }
    }

    fn check_depth(&self, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            let line = 1 + self.text.matches('\n').count();
            return Err(format!("yaml: line {line}: exceeded max depth of {DEEPEST}"));
        }
        Ok(())
    }
}

/// How large a part of a document may be copies: nearly all of a small one, a tenth of a large one.
fn allowed_ratio(nodes: f64) -> f64 {
    let (small, large) = (400_000.0, 4_000_000.0);
    if nodes <= small {
        0.99
    } else if nodes >= large {
        0.10
    } else {
        0.99 - 0.89 * (nodes - small) / (large - small)
    }
}

impl Content {
    fn value(self) -> Value {
        match self {
            Self::List(items) => Value::any_list(items),
            Self::Map { map, .. } => map.into(),
        }
    }

    /// Takes the next node: an item, a key or the value of a key.
    fn take(&mut self, value: Value, merges: bool) -> Result<(), String> {
        match self {
            Self::List(items) => items.push(value),
            Self::Map { map, key } => match key.take() {
                None if merges => *key = Some(Key::Merge),
                None if !value.is_comparable() => {
                    let shown = fmt::sprintf("%#v", &[value]);
                    return Err(format!("yaml: invalid map key: {}", String::from_utf8_lossy(&shown)));
                }
                None => *key = Some(Key::Value(value)),
                Some(Key::Merge) => merge(map, &value)?,
                Some(Key::Value(key)) => {
                    // A map made here is not nil.
                    map.insert(key, value).map_err(|fault| fault.to_string())?;
                }
            },
        }
        Ok(())
    }
}

/// Adds the entries of a map, or of several of which earlier ones win.
fn merge(map: &Map, value: &Value) -> Result<(), String> {
    let not_a_map = || "yaml: map merge requires map or sequence of maps as the value".to_owned();
    if let Some(other) = value.as_map() {
        for (key, value) in other.entries().iter() {
            map.insert(key.0.clone(), value.clone()).map_err(|fault| fault.to_string())?;
        }
        return Ok(());
    }
    for item in value.as_list().ok_or_else(not_a_map)?.iter().rev() {
        if item.as_map().is_none() {
            return Err(not_a_map());
        }
        merge(map, &item)?;
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag.map(short_tag) else {
        return Ok(if style == ScalarStyle::Plain { resolve(text).value(text) } else { text.into() });
    };
    match tag.as_str() {
        "!!binary" => decode_base64(Alphabet::Standard, text.as_bytes())
            .map(Value::from)
            .map_err(|_| "yaml: !!binary value contains invalid base64 data".to_owned()),
        "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp" => {
            let resolved = resolve(text);
            match (tag.as_str(), &resolved) {
                ("!!float", Resolved::Int(number)) if number.as_i64().is_some() => {
                    Ok(Value::from(number.as_i64().unwrap_or_default() as f64))
                }
                (tag, resolved_as) if resolved_as.tag() == tag => Ok(resolved.value(text)),
                (tag, resolved_as) => {
                    Err(format!("yaml: cannot decode {} `{text}` as a {tag}", resolved_as.tag()))
                }
            }
        }
        _ => Ok(text.into()),
    }
}

/// `!!str` for `tag:yaml.org,2002:str`.
fn short_tag(tag: &Tag) -> String {
    let whole = format!("{}{}", tag.handle(), tag.suffix());
    whole.strip_prefix("tag:yaml.org,2002:").map_or(whole.clone(), |name| format!("!!{name}"))
}
