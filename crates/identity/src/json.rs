//! Reading JSON from a source that may answer anything.

use serde_json::Value;

use crate::model;

/// The bytes as a JSON object; nothing if they are anything else.
pub(crate) fn object(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object)
}

/// A field that is a text, or a number in its digits, with something in it.
pub(crate) fn text(document: &Value, key: &str) -> Option<String> {
    match document.get(key)? {
        Value::String(raw) => model::text(raw),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
