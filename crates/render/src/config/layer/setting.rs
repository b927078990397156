//! How one setting is read from a file's tree, and what a later layer does to it.

use std::sync::Arc;
use std::time::Duration;

use preflight_hcl::{Item, Node, Object, Position, Value};

use super::super::faults::{Fault, FaultKind, Place};
use super::super::nearest::nearest;
use super::super::settings::{Command, LogLevel, MissingAction, Secret};
use super::super::signals::{self, SignalChoice};
use super::super::{go_text, settings};
use super::BLOCKS;

/// One setting of a layer.
pub(crate) trait Setting: Default {
    /// Takes over what a file says about it.
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader);

    /// Lets a later layer have its way.
    fn overlay(&mut self, later: Self);
}

/// A setting of one value, of which the later counts.
pub(crate) trait Scalar: Sized {
    /// Reads the value, or says what is wrong with it.
    fn scan(node: &Node) -> Result<Self, Wrong>;

    /// What is odd about a value that is accepted.
    fn oddity(_key: &str, _node: &Node) -> Option<String> {
        None
    }
}

/// What is wrong with a value, and a hint.
pub(crate) type Wrong = (String, Option<String>);

impl<T: Scalar> Setting for Option<T> {
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        match T::scan(node) {
            Ok(value) => {
                *self = Some(value);
                if let Some(oddity) = T::oddity(key, node) {
                    reader.note(node, &oddity);
                }
            }
            Err((message, hint)) => reader.fault(node, format!("{key}: {message}"), hint),
        }
    }

    fn overlay(&mut self, later: Self) {
        if later.is_some() {
            *self = later;
        }
    }
}

/// A list of texts; later layers add to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Texts(pub(crate) Vec<String>);

impl Setting for Texts {
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        match &node.value {
            Value::List(list) => match texts(list) {
                Ok(texts) => self.0.extend(texts),
                Err((message, hint)) => reader.fault(node, format!("{key}: {message}"), hint),
            },
            Value::Text(text) if text.is_empty() => {}
            Value::Text(text) => self.0.extend(text.split(',').map(str::to_owned)),
            _ => reader.fault(node, format!("{key}: expected a list of texts, found {}", node.kind()), None),
        }
    }

    fn overlay(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

/// Anything at all, of which only its presence matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ignored;

impl Setting for Ignored {
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        reader.note(node, &format!("{key} is accepted and has no effect: there is no telemetry to send"));
    }

    fn overlay(&mut self, _later: Self) {}
}

/// Reads the tree of one file and remembers what was wrong with it.
pub(crate) struct Reader {
    origin: Arc<str>,
    kind: FaultKind,
    /// What was wrong.
    pub(crate) faults: Vec<Fault>,
    /// What was odd.
    pub(crate) notes: Vec<String>,
}

impl Reader {
    pub(crate) fn new(origin: &str, kind: FaultKind) -> Self {
        Self { origin: origin.into(), kind, faults: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn place(&self, node: &Node) -> Place {
        Place { origin: Arc::clone(&self.origin), position: Some(node.position) }
    }

    pub(crate) fn fault(&mut self, node: &Node, message: String, hint: Option<String>) {
        self.faults.push(Fault { kind: self.kind, place: self.place(node), message, hint });
    }

    pub(crate) fn fault_at(&mut self, position: Position, message: String) {
        let place = Place { origin: Arc::clone(&self.origin), position: Some(position) };
        self.faults.push(Fault { kind: self.kind, place, message, hint: None });
    }

    pub(crate) fn note(&mut self, node: &Node, text: &str) {
        self.notes.push(format!("{}: {text}", self.place(node)));
    }

    /// The object of a block: of several in a list, the last, as consul-template has it.
    pub(crate) fn object<'a>(&mut self, key: &str, node: &'a Node) -> Option<&'a Object> {
        let last = node.as_list().and_then(<[Node]>::last);
        let object = node.as_object().or_else(|| last.and_then(Node::as_object));
        if object.is_none() {
            let hint = Some(format!("write {key} {{ … }}"));
            self.fault(node, format!("{key}: expected a block, found {}", node.kind()), hint);
        }
        object
    }

    /// The items of a block whose keys are known, each with its key; the others are faults.
    pub(crate) fn known<'a>(
        &mut self,
        block: &str,
        keys: &'static [&'static str],
        object: &'a Object,
    ) -> Vec<(&'static str, &'a Node)> {
        let mut found: Vec<(&'static str, &'a Node)> = Vec::new();
        for item in &object.items {
            let Some(key) = keys.iter().find(|key| key.eq_ignore_ascii_case(item.name())) else {
                self.unknown(block, keys, item);
                continue;
            };
            if let Some(label) = item.labels().first() {
                let node = Node { position: label.position, value: Value::Boolean(false) };
                self.fault(&node, format!("{key} takes no label"), Some(format!("write {key} {{ … }}")));
                continue;
            }
            let again = found.iter().any(|(known, _)| known == key) && item.value.as_object().is_some();
            if again && *key != "template" {
                self.note(
                    &item.value,
                    &format!("{key} is written again: only its last block in a file counts"),
                );
            }
            found.push((key, &item.value));
        }
        found
    }

    fn unknown(&mut self, block: &str, keys: &[&str], item: &Item) {
        let name = item.name().to_lowercase();
        let message = if block.is_empty() {
            format!("unknown key {}", go_text::quote(item.name()))
        } else {
            format!("unknown key {} in {block}", go_text::quote(item.name()))
        };
        let elsewhere: Vec<&str> = BLOCKS
            .iter()
            .filter(|(_, keys)| keys.contains(&name.as_str()))
            .map(|(block, _)| *block)
            .collect();
        let hint = match nearest(&name, keys.iter().copied()) {
            Some(meant) => Some(format!("did you mean {meant}?")),
            None if elsewhere.is_empty() => None,
            None => Some(format!("it belongs in {}", elsewhere.join(" or "))),
        };
        let place = Place { origin: Arc::clone(&self.origin), position: Some(item.position()) };
        self.faults.push(Fault { kind: self.kind, place, message, hint });
    }
}

fn expected<T>(expected: &str, node: &Node) -> Result<T, Wrong> {
    Err((format!("expected {expected}, found {}", node.kind()), None))
}

fn plain(message: String) -> Wrong {
    (message, None)
}

impl Scalar for String {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match &node.value {
            Value::Text(text) => Ok(text.clone()),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {
                Err((format!("expected a text, found {}", node.kind()), Some("put it in quotes".to_owned())))
            }
            _ => expected("a text", node),
        }
    }
}

impl Scalar for Secret {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        String::scan(node).map(Self::new)
    }
}

impl Scalar for bool {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match node.as_boolean() {
            Some(value) => Ok(value),
            None if node.as_text().is_some_and(|text| go_text::boolean(text).is_ok()) => Err((
                "expected true or false, found a text".to_owned(),
                Some("leave its quotes out".to_owned()),
            )),
            None => expected("true or false", node),
        }
    }
}

impl Scalar for i64 {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match node.value {
            Value::Integer(value) => Ok(value),
            // A number of 64 bits with a fraction is cut down to an integer, as theirs does it.
            Value::Float(value) => Ok(value as Self),
            _ => expected("an integer", node),
        }
    }
}

impl Scalar for f64 {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match node.value {
            Value::Float(value) => Ok(value),
            Value::Integer(value) => Ok(value as Self),
            _ => expected("a number", node),
        }
    }
}

impl Scalar for Duration {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match &node.value {
            Value::Text(text) => go_text::duration(text).map_err(plain),
            Value::Integer(value) => u64::try_from(*value)
                .map(Self::from_nanos)
                .map_err(|_| plain("a duration must not be negative".to_owned())),
            _ => expected("a duration such as \"5s\"", node),
        }
    }

    fn oddity(key: &str, node: &Node) -> Option<String> {
        let nanoseconds = node.as_integer().filter(|value| *value != 0)?;
        Some(format!("{key} = {nanoseconds} is that many nanoseconds; write \"{nanoseconds}s\" for seconds"))
    }
}

impl Scalar for SignalChoice {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match node.as_text() {
            Some("") => Ok(Self(None)),
            Some(name) => signals::parse(name).map_err(plain),
            None => expected("the name of a signal", node),
        }
    }
}

impl Scalar for Command {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match &node.value {
            Value::Text(text) => Ok(Self::Text(text.clone())),
            Value::List(list) => texts(list).map(Self::List),
            _ => expected("a command: a text, or a list of texts", node),
        }
    }
}

fn texts(list: &[Node]) -> Result<Vec<String>, Wrong> {
    list.iter().map(String::scan).collect()
}

impl Scalar for LogLevel {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        settings::LogLevel::parse(&String::scan(node)?).map_err(plain)
    }
}

impl Scalar for MissingAction {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match node.as_text() {
            Some("warn") => Ok(Self::Warn),
            Some("fail") => Ok(Self::Fail),
            _ => Err(plain("expected \"warn\" or \"fail\"".to_owned())),
        }
    }
}

/// The bits of a file's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) u32);

impl Scalar for Mode {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        let mode = match &node.value {
            Value::Integer(value) => u32::try_from(*value).ok(),
            Value::Text(text) => u32::from_str_radix(text, 8).ok(),
            _ => return expected("an octal number such as 0644", node),
        };
        match mode.filter(|mode| *mode <= 0o7777) {
            Some(mode) => Ok(Self(mode)),
            None => Err(plain("expected an octal number from 0 to 07777".to_owned())),
        }
    }

    fn oddity(key: &str, node: &Node) -> Option<String> {
        let value = node.as_integer()?;
        // 600, 644, 755: digits that read like a mode, of a number whose bits do not even let the owner read.
        let meant = u32::from_str_radix(&value.to_string(), 8).ok();
        let looks_meant = value & 0o400 == 0 && meant.is_some_and(|mode| mode & 0o400 != 0 && mode <= 0o7777);
        looks_meant
            .then(|| format!("{key} reads as 0{value:o} in octal; if {value} was meant, write 0{value}"))
    }
}

/// An owner by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) String);

impl Scalar for Owner {
    fn scan(node: &Node) -> Result<Self, Wrong> {
        match &node.value {
            Value::Text(text) => Ok(Self(text.clone())),
            Value::Integer(value) => Ok(Self(value.to_string())),
            _ => expected("a name or a number", node),
        }
    }
}
