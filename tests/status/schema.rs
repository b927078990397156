//! As much of JSON Schema as is needed to hold a document against its schema: types, required and known properties, items,
//! choices, references, times.

use serde_json::Value;

/// Everything in which a value does not fit; a property that the schema does not know is a misfit too.
pub(crate) fn misfits(value: &Value, rules: &Value, schema: &Value, path: &str) -> Vec<String> {
    if let Some(reference) = rules["$ref"].as_str() {
        let name = reference.strip_prefix("#/$defs/").expect("a reference within");
        return misfits(value, &schema["$defs"][name], schema, path);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(choices) = rules[choice].as_array() {
            let fits = choices.iter().any(|rules| misfits(value, rules, schema, path).is_empty());
            return if fits { Vec::new() } else { vec![format!("{path}: {value} is none of {choice}")] };
        }
    }
    if let Some(constant) = rules.get("const") {
        return if constant == value {
            Vec::new()
        } else {
            vec![format!("{path}: {value} is not {constant}")]
        };
    }
    let mut found = Vec::new();
    if !has_type(value, &rules["type"]) {
        found.push(format!("{path}: {value} is not of type {}", rules["type"]));
    }
    if rules["format"] == "date-time"
        && value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err() || !text.ends_with('Z'))
    {
        found.push(format!("{path}: {value} is no time"));
    }
    found.extend(misfits_within(value, rules, schema, path));
    found
}

fn misfits_within(value: &Value, rules: &Value, schema: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(items), Some(rules)) = (value.as_array(), rules.get("items")) {
        for (number, item) in items.iter().enumerate() {
            found.extend(misfits(item, rules, schema, &format!("{path}[{number}]")));
        }
    }
    if let (Some(object), Some(properties)) = (value.as_object(), rules["properties"].as_object()) {
        for name in rules["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                found.push(format!("{path}: {name} is missing"));
            }
        }
        for (name, value) in object {
            match properties.get(name) {
                Some(rules) => found.extend(misfits(value, rules, schema, &format!("{path}.{name}"))),
                None => found.push(format!("{path}: {name} is not in the schema")),
            }
        }
    }
    found
}

fn has_type(value: &Value, types: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("an unknown type {other}"),
    };
    match types {
        Value::Null => true,
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        other => panic!("types as {other}"),
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let schema: Value =
        serde_json::from_str(&crate::run::project("docs/status.schema.json")).expect("a schema");
    let wrong = serde_json::json!({ "version": "1", "at": "yesterday", "state": "running", "services": [{}], "more": 1 });
    let found = misfits(&wrong, &schema, &schema, "status").join("\n");
    for part in [
        "version: \"1\" is not of type",
        "at: \"yesterday\" is no time",
        "kind is missing",
        "more is not in the schema",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    assert!(found.contains("services[0]: name is missing"), "{found}");
}
