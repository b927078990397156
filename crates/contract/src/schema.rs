//! The JSON Schema of `preflight.yaml`, generated from the types that read it.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::attribute::Attribute;
use crate::file::{CheckKeys, ContractFile, OWN_KINDS};
use crate::vocabulary::Vocabulary;
use crate::{render, services};

/// Marks a key that is another name of a key beside it; not a word of JSON Schema, so editors pass over it.
pub(crate) const ALIAS_OF: &str = "x-alias-of";

/// The JSON Schema (draft 2020-12) of the file, for editors and for this crate's own reader.
#[must_use]
pub fn json_schema(vocabulary: Vocabulary<'_>) -> Value {
    schema_with(Some(vocabulary), true, true)
}

/// The schema of a file that has no `checks` (no vocabulary), renders nothing or runs nothing: it is made in a fraction of
/// the time.
pub(crate) fn schema_with(checks: Option<Vocabulary<'_>>, renders: bool, runs: bool) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    if checks.is_some() {
        generator.subschema_for::<CheckKeys>();
    }
    if renders {
        render::define(&mut generator);
    }
    if runs {
        services::define(&mut generator);
    }
    let mut schema = finished(generator);
    if let Some(vocabulary) = checks {
        add_kinds(&mut schema, vocabulary);
    }
    schema
}

fn finished(generator: SchemaGenerator) -> Value {
    let mut schema = Value::from(generator.into_root_schema_for::<ContractFile>());
    without_null(&mut schema);
    schema
}

/// A key that is there has a value: `null` is how an optional field looks in Rust, not in the file.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(keys) => {
            keys.values_mut().for_each(without_null);
            narrow_type(keys);
            narrow_choice(keys);
        }
        _ => {}
    }
}

fn narrow_type(keys: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = keys.get_mut("type") else { return };
    types.retain(|name| name != "null");
    if let [only] = types.as_slice() {
        let only = only.clone();
        keys.insert("type".to_owned(), only);
    }
    if keys.get("default").is_some_and(Value::is_null) {
        keys.shift_remove("default");
    }
}

fn narrow_choice(keys: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = keys.get_mut("anyOf") else { return };
    choices.retain(|choice| choice != &json!({ "type": "null" }));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        keys.shift_remove("anyOf");
        keys.shift_remove("default");
        keys.extend(only);
    }
}

/// Adds the vocabulary's kinds to a check's keys, and says that exactly one kind is needed.
fn add_kinds(schema: &mut Value, vocabulary: Vocabulary<'_>) {
    let Some(Value::Object(definitions)) = schema.get_mut("$defs") else { return };
    definitions.insert("Connection".to_owned(), connection_schema());
    let Some(Value::Object(check)) = definitions.get_mut("CheckKeys") else { return };
    let Some(Value::Object(properties)) = check.get_mut("properties") else { return };
    for kind in vocabulary {
        let described =
            json!({ "description": format!("A {} connection.", kind.name), "$ref": "#/$defs/Connection" });
        let own = properties.entry(kind.name).or_insert(described).clone();
        for alias in kind.aliases {
            let mut same = own.clone();
            same["description"] = Value::from(format!("The same as {}.", kind.name));
            same[ALIAS_OF] = Value::from(kind.name);
            properties.entry(*alias).or_insert(same);
        }
    }
    let mut kinds: Vec<&str> = OWN_KINDS.to_vec();
    kinds.extend(
        vocabulary.iter().flat_map(|kind| kind.every_name()).filter(|name| !OWN_KINDS.contains(name)),
    );
    let choices: Vec<Value> = kinds.iter().map(|kind| json!({ "required": [kind] })).collect();
    check.insert("oneOf".to_owned(), Value::Array(choices));
}

fn connection_schema() -> Value {
    let attribute = |attribute: Attribute| {
        let schema = json!({ "description": attribute.meaning(), "type": ["string", "number", "boolean"] });
        (attribute.lower(), schema)
    };
    let properties: Map<String, Value> = Attribute::ALL.into_iter().map(attribute).collect();
    json!({
        "description": "A connection, by the attributes that variables would carry.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}
