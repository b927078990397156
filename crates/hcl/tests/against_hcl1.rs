//! Every case of ours was read by the real HCL 1 (`tests/go`); what came out there must come out here.

use preflight_hcl::{Item, Key, Node, Object, Position, Value};
use serde_json::{Map, Value as Json, json};

/// Where the two differ on purpose, and why.
const DIFFERENCES: [(&str, &str); 9] = [
    ("an equals sign at the end", "theirs drops the item without a word; ours says what is missing"),
    ("an escape above the last character", "theirs makes a replacement character of it"),
    ("json: a slash with a backslash", "JSON allows it"),
    ("json: a pair of halves", "theirs fails on characters that JSON writes in two halves"),
    ("json: an object with only objects", "theirs keeps the last of them only"),
    ("json: booleans in a list", "theirs leaves booleans in lists out"),
    ("json: a brace missing", "theirs accepts a file that was cut off"),
    ("json: something behind the object", "theirs never looks behind it"),
    (
        "a heredoc with a dash and its end at the margin",
        "theirs wants the end to be as long as the dash and the word",
    ),
];

fn outcomes() -> Vec<Json> {
    let text = include_str!("cases/expected.json");
    serde_json::from_str(text).expect("the kept outcomes are JSON")
}

fn text_of<'a>(outcome: &'a Json, field: &str) -> &'a str {
    outcome[field].as_str().unwrap_or_default()
}

#[test]
fn every_case_is_read_as_hcl_1_reads_it() {
    let mut wrong = Vec::new();
    for outcome in outcomes() {
        let (name, input) = (text_of(&outcome, "name"), text_of(&outcome, "input"));
        let ours = preflight_hcl::parse(input);
        let agrees = match &ours {
            Err(_) => outcome.get("error").is_some(),
            Ok(tree) if is_json(input) => outcome["decoded"] == decoded(tree, true),
            Ok(tree) => outcome["tree"] == items(tree),
        };
        let on_purpose = DIFFERENCES.iter().any(|(known, _)| *known == name);
        if agrees == on_purpose {
            let ours = ours.map(|tree| if is_json(input) { decoded(&tree, true) } else { items(&tree) });
            let theirs =
                json!({ "error": outcome["error"], "tree": outcome["tree"], "decoded": outcome["decoded"] });
            wrong.push(format!("{name}: agrees {agrees}\n  ours   {ours:?}\n  theirs {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_json(input: &str) -> bool {
    input.trim_start().starts_with('{')
}

fn items(object: &Object) -> Json {
    let one = |item: &Item| {
        let keys = item.keys.iter().map(|Key { text, position }| json!([text, place(*position)]));
        json!({ "keys": keys.collect::<Vec<_>>(), "value": value(&item.value) })
    };
    object.items.iter().map(one).collect()
}

fn value(node: &Node) -> Json {
    let at = place(node.position);
    match &node.value {
        Value::Boolean(value) => json!({ "at": at, "boolean": value }),
        Value::Integer(value) => json!({ "at": at, "integer": value }),
        Value::Float(value) => json!({ "at": at, "float": number(*value) }),
        Value::Text(value) => json!({ "at": at, "text": value }),
        Value::List(list) => json!({ "at": at, "list": list.iter().map(value).collect::<Vec<_>>() }),
        Value::Object(object) => json!({ "at": at, "object": items(object) }),
    }
}

/// Go's JSON writes 1000.0 as 1000.
fn number(value: f64) -> Json {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}

fn place(position: Position) -> String {
    position.to_string()
}

/// What HCL 1 makes of JSON: an object below the root is a list of one object.
fn decoded(object: &Object, root: bool) -> Json {
    let mut map = Map::new();
    for item in &object.items {
        map.insert(item.name().to_owned(), plain(&item.value));
    }
    if root { Json::Object(map) } else { json!([map]) }
}

fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Float(value) => number(*value),
        Value::Text(value) => json!(value),
        Value::Object(object) => decoded(object, false),
        Value::List(list) => list
            .iter()
            .map(|node| match &node.value {
                Value::Object(object) => decoded(object, true),
                _ => plain(node),
            })
            .collect(),
    }
}
