//! Reads a tree by the JSON Schema of the file's types: a JSON value for serde, and every fault with its place.

use serde_json::{Map, Number, Value};

use crate::duration::parse_duration;
use crate::faults::Fault;
use crate::nearest::nearest;
use crate::quantity::{Amount, ByteSize, FileMode, StatusRange};
use crate::schema::ALIAS_OF;
use crate::services::{BackoffRange, GiveUpBudget, SignalName};
use crate::tree::{Content, Entry, Node};

/// Reads `node` by `schema`, whose definitions are its `$defs`. What does not fit is added to `faults` and left out.
pub(crate) fn read(node: &Node, schema: &Value, faults: &mut Vec<Fault>) -> Option<Value> {
    Reader { root: schema, faults, trying: false }.value(node, schema)
}

struct Reader<'a> {
    root: &'a Value,
    faults: &'a mut Vec<Fault>,
    /// Whether faults are only counted: then no near names are looked for.
    trying: bool,
}

/// The shapes that a node can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Scalar,
    List,
    Map,
}

impl<'a> Reader<'a> {
    fn value(&mut self, node: &Node, schema: &'a Value) -> Option<Value> {
        let schema = self.resolve(schema);
        if schema.as_bool() == Some(true) || is_open(schema) {
            return Some(untyped(node));
        }
        if let Some(choices) = choices(schema) {
            return self.choice(node, choices);
        }
        match (&node.content, shape_of_type(schema)) {
            (Content::Scalar { text, plain }, Shape::Scalar) => self.scalar(node, text, *plain, schema),
            (Content::List(items), Shape::List) => self.list(node, items, schema),
            (Content::Map(entries), Shape::Map) => self.map(node, entries, schema),
            // A section whose items are all commented out.
            (Content::Scalar { .. }, Shape::List) if node.is_null() => Some(Value::Array(Vec::new())),
            _ => self.refuse(node, &expectation(schema)),
        }
    }

    /// The one choice that has the node's shape; of several, the first that fits.
    fn choice(&mut self, node: &Node, choices: &'a [Value]) -> Option<Value> {
        let shape = shape(node);
        let fitting: Vec<&'a Value> = choices.iter().filter(|choice| self.may_be(choice, shape)).collect();
        match fitting.as_slice() {
            [] => {
                let expected: Vec<String> =
                    choices.iter().map(|choice| expectation(self.resolve(choice))).collect();
                self.refuse(node, &expected.join(" or "))
            }
            [only] => self.value(node, only),
            several => {
                let read = several.iter().find_map(|choice| self.try_value(node, choice));
                read.or_else(|| {
                    let allowed: Vec<&str> =
                        several.iter().filter_map(|choice| choice["const"].as_str()).collect();
                    if allowed.is_empty() {
                        self.value(node, several[0])
                    } else {
                        self.refuse_word(node, &allowed)
                    }
                })
            }
        }
    }

    fn try_value(&self, node: &Node, schema: &'a Value) -> Option<Value> {
        let mut faults = Vec::new();
        let value = Reader { root: self.root, faults: &mut faults, trying: true }.value(node, schema);
        value.filter(|_| faults.is_empty())
    }

    fn may_be(&self, schema: &'a Value, shape: Shape) -> bool {
        let schema = self.resolve(schema);
        match choices(schema) {
            Some(choices) => choices.iter().any(|choice| self.may_be(choice, shape)),
            None => shape_of_type(schema) == shape,
        }
    }

    fn scalar(&mut self, node: &Node, text: &str, plain: bool, schema: &'a Value) -> Option<Value> {
        if node.is_null() {
            return self.fail(node, format!("there is no value; {} was expected", expectation(schema)));
        }
        if has_type(schema, "string") {
            return self.text(node, text, schema);
        }
        let value = match schema["type"].as_str() {
            Some("boolean") if plain => truth(text).map(Value::Bool),
            Some("integer") if plain => whole(text).map(Value::Number),
            Some("number") if plain => decimal(text).map(Value::Number),
            _ => None,
        };
        let Some(value) = value else { return self.refuse(node, &expectation(schema)) };
        self.in_bounds(node, &value, schema).then_some(value)
    }

    fn text(&mut self, node: &Node, text: &str, schema: &'a Value) -> Option<Value> {
        let value = Some(Value::String(text.to_owned()));
        if let Some(only) = schema["const"].as_str() {
            return if text == only { value } else { self.refuse_word(node, &[only]) };
        }
        if let Some(allowed) = schema["enum"].as_array() {
            let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
            return if allowed.contains(&text) { value } else { self.refuse_word(node, &allowed) };
        }
        if text.is_empty() && schema["minLength"].as_u64().is_some_and(|least| least > 0) {
            return self.fail(node, "this must not be empty".to_owned());
        }
        match check_format(schema["format"].as_str(), text) {
            Some(why) => self.fail(node, format!("{text:?} is {why}")),
            None => value,
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &'a Value) -> Option<Value> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        if (items.len() as u64) < least {
            return self.fail(node, format!("at least {least} item must be here"));
        }
        // An item that does not fit leaves a gap, so that the others keep their places.
        let values =
            items.iter().map(|item| self.value(item, &schema["items"]).unwrap_or_default()).collect();
        Some(Value::Array(values))
    }

    fn map(&mut self, node: &Node, entries: &[Entry], schema: &'a Value) -> Option<Value> {
        let properties = schema["properties"].as_object();
        let mut values = Map::new();
        for entry in entries {
            match properties.and_then(|known| known.get(&entry.key)) {
                Some(property) => self.entry(entry, property, &mut values),
                None if !matches!(schema["additionalProperties"], Value::Bool(false)) => {
                    self.entry(entry, &schema["additionalProperties"], &mut values);
                }
                None => self.unknown_key(entry, properties),
            }
        }
        self.required_keys(node, entries, schema);
        self.number_of_keys(node, entries.len() as u64, schema);
        Some(Value::Object(values))
    }

    fn entry(&mut self, entry: &Entry, schema: &'a Value, values: &mut Map<String, Value>) {
        let before = self.faults.len();
        if let Some(value) = self.value(&entry.value, schema) {
            values.insert(entry.key.clone(), value);
        }
        // A value that is not there has no place of its own: its key does.
        if entry.value.is_null() {
            for fault in &mut self.faults[before..] {
                (fault.line, fault.column, fault.width) =
                    (entry.span.line, entry.span.column, entry.span.width);
            }
        }
    }

    fn unknown_key(&mut self, entry: &Entry, properties: Option<&Map<String, Value>>) {
        if self.trying {
            return self.faults.push(entry.span.fault("an unknown key"));
        }
        let known: Vec<&str> =
            properties.into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
        let mut fault = entry.span.fault(format!("unknown key `{}`", entry.key));
        fault.hint = Some(match nearest(&entry.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", first_names(properties).join(", ")),
        });
        self.faults.push(fault);
    }

    fn required_keys(&mut self, node: &Node, entries: &[Entry], schema: &Value) {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| entries.iter().all(|entry| entry.key != *key)) {
            let place = entries.first().map_or(node.span, |entry| entry.span);
            self.faults.push(place.fault(format!("the key `{key}` is missing")));
        }
    }

    fn number_of_keys(&mut self, node: &Node, count: u64, schema: &Value) {
        let least = schema["minProperties"].as_u64().unwrap_or(0);
        let most = schema["maxProperties"].as_u64().unwrap_or(u64::MAX);
        if count < least || count > most {
            self.faults.push(node.span.fault("exactly one key must be here"));
        }
    }

    fn in_bounds(&mut self, node: &Node, value: &Value, schema: &Value) -> bool {
        let number = value.as_f64().unwrap_or_default();
        let least = schema["minimum"].as_f64().filter(|least| number < *least);
        let most = schema["maximum"].as_f64().filter(|most| number > *most);
        let complaint = match (least, most) {
            (Some(least), _) => format!("{value} is less than {least}"),
            (_, Some(most)) => format!("{value} is more than {most}"),
            _ => return true,
        };
        self.faults.push(node.span.fault(complaint));
        false
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        match reference.and_then(|pointer| self.root.pointer(pointer)) {
            Some(target) => self.resolve(target),
            None => schema,
        }
    }

    fn refuse_word(&mut self, node: &Node, allowed: &[&str]) -> Option<Value> {
        let Content::Scalar { text, .. } = &node.content else { return None };
        if self.trying {
            return self.fail(node, "another word".to_owned());
        }
        let mut fault = node.span.fault(format!("{text:?} is not one of {}", allowed.join(", ")));
        fault.hint = nearest(text, allowed.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
        self.faults.push(fault);
        None
    }

    fn refuse(&mut self, node: &Node, expected: &str) -> Option<Value> {
        let mut fault = node.span.fault(format!("this is {}; {expected} was expected", description(node)));
        if let Content::Scalar { text, plain: false } = &node.content
            && (truth(text).is_some() || decimal(text).is_some())
        {
            fault.hint = Some("write it without the quotes".to_owned());
        }
        self.faults.push(fault);
        None
    }

    fn fail(&mut self, node: &Node, message: String) -> Option<Value> {
        self.faults.push(node.span.fault(message));
        None
    }
}

/// The known keys without those that are other names of them.
fn first_names(properties: Option<&Map<String, Value>>) -> Vec<&str> {
    let known = properties.into_iter().flatten();
    known.filter(|(_, schema)| schema.get(ALIAS_OF).is_none()).map(|(key, _)| key.as_str()).collect()
}

/// Whether the schema says nothing about the value's shape.
fn is_open(schema: &Value) -> bool {
    schema.is_null()
        || schema.as_object().is_some_and(|keys| {
            !["type", "anyOf", "oneOf", "const", "enum", "properties"]
                .iter()
                .any(|key| keys.contains_key(*key))
        })
}

/// The alternatives of a schema. The `oneOf` of a check only says which keys are needed, so a type comes first.
fn choices(schema: &Value) -> Option<&[Value]> {
    let alternatives =
        schema.get("anyOf").or_else(|| schema.get("oneOf").filter(|_| schema["type"] != "object"));
    alternatives.and_then(Value::as_array).map(Vec::as_slice)
}

fn shape(node: &Node) -> Shape {
    match node.content {
        Content::Scalar { .. } => Shape::Scalar,
        Content::List(_) => Shape::List,
        Content::Map(_) => Shape::Map,
    }
}

fn shape_of_type(schema: &Value) -> Shape {
    match schema["type"].as_str() {
        Some("array") => Shape::List,
        Some("object") => Shape::Map,
        _ => Shape::Scalar,
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|known| known == name),
        single => single == name,
    }
}

/// What a schema asks for, in words.
fn expectation(schema: &Value) -> String {
    let words = match schema["type"].as_str() {
        Some("array") => "a list",
        Some("object") => return map_in_words(schema),
        Some("boolean") => "true or false",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        _ => match schema["format"].as_str() {
            Some("preflight-duration") => "a duration like 60s",
            Some("preflight-size") => "a size like 512MiB",
            Some("preflight-amount") => "a size like 512MiB or a share like 10%",
            Some("preflight-status") => "a status like 200 or 2xx",
            _ => "a text",
        },
    };
    words.to_owned()
}

fn map_in_words(schema: &Value) -> String {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match required.as_slice() {
        [] if schema["properties"].is_object() => "a map".to_owned(),
        [] => "a map of names, like `name: …`,".to_owned(),
        keys => format!("a map like {{ {}: … }}", keys.join(": …, ")),
    }
}

fn description(node: &Node) -> String {
    match &node.content {
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a map".to_owned(),
        Content::Scalar { .. } if node.is_null() => "empty".to_owned(),
        Content::Scalar { text, .. } => format!("{:?}", text.chars().take(40).collect::<String>()),
    }
}

/// Why `text` is not of one of this crate's own formats.
fn check_format(format: Option<&str>, text: &str) -> Option<String> {
    match format? {
        "preflight-duration" => parse_duration(text).err().map(|error| error.to_string()),
        "preflight-size" => text.parse::<ByteSize>().err().map(|error| error.to_string()),
        "preflight-amount" => text.parse::<Amount>().err().map(|error| error.to_string()),
        "preflight-mode" => text.parse::<FileMode>().err().map(|error| error.to_string()),
        "preflight-backoff" => text.parse::<BackoffRange>().err().map(|error| error.to_string()),
        "preflight-give-up" => text.parse::<GiveUpBudget>().err().map(|error| error.to_string()),
        "preflight-signal" => text.parse::<SignalName>().err().map(|error| error.to_string()),
        "preflight-status" => text.parse::<StatusRange>().err().map(|error| error.to_string()),
        _ => None,
    }
}

/// The truth values of YAML 1.1, which the file's first users write.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn whole(text: &str) -> Option<Number> {
    let unsigned = text.parse::<u64>().map(Number::from);
    unsigned.or_else(|_| text.parse::<i64>().map(Number::from)).ok()
}

fn decimal(text: &str) -> Option<Number> {
    let begins = text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    whole(text).or_else(|| text.parse::<f64>().ok().filter(|_| begins).and_then(Number::from_f64))
}

/// A value of no declared type, by the core schema of YAML 1.2.
fn untyped(node: &Node) -> Value {
    match &node.content {
        Content::List(items) => Value::Array(items.iter().map(untyped).collect()),
        Content::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), untyped(&entry.value))).collect())
        }
        Content::Scalar { .. } if node.is_null() => Value::Null,
        Content::Scalar { text, plain: true } => match text.as_str() {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => decimal(text).map_or_else(|| Value::String(text.clone()), Value::Number),
        },
        Content::Scalar { text, .. } => Value::String(text.clone()),
    }
}
