//! The notation of data that both sides build; `tests/go/language/notation.go` says what it means.

use preflight_gotemplate::{
    ComplexKind, FloatKind, IntKind, List, Map, NamedType, Pointer, Type, UintKind, Value, fmt,
};
use serde_json::Value as Json;
use std::sync::Arc;

use crate::case::FOLDER;
use crate::{fixtures, types};

/// The value that a notation stands for.
pub(crate) fn build(notation: &Json) -> Value {
    match notation {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::int(number),
            None => Value::from(number.as_f64().expect("a number")),
        },
        Json::String(text) => Value::from(text),
        Json::Array(elements) => Value::any_list(elements.iter().map(build)),
        Json::Object(object) => match object.get("$") {
            Some(name) => named(name.as_str().expect("a type"), object.get("v").unwrap_or(&Json::Null)),
            None => Value::map(object.iter().map(|(key, element)| (key, build(element)))),
        },
    }
}

/// The bytes that pairs of hexadecimal digits stand for.
pub(crate) fn bytes_of_hex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn named(name: &str, value: &Json) -> Value {
    match name {
        "fixture" => fixtures::build(value.as_str().expect("a fixture's name")),
        "shared" => {
            let text = std::fs::read_to_string(format!("{FOLDER}/values.json")).expect("the shared data");
            build(&serde_json::from_str(&text).expect("the shared data are JSON"))
        }
        _ => typed(&type_of(name), value),
    }
}

fn type_of(name: &str) -> Type {
    if let Some(elem) = name.strip_prefix("[]") {
        return Type::slice(type_of(elem));
    }
    if let Some(elem) = name.strip_prefix('*') {
        return Type::pointer(type_of(elem));
    }
    if let Some(rest) = name.strip_prefix("map[") {
        let (key, elem) = rest.split_once(']').expect("a map's key");
        return Type::map(type_of(key), type_of(elem));
    }
    if let Some(rest) = name.strip_prefix('[') {
        let (length, elem) = rest.split_once(']').expect("an array's length");
        return Type::array(type_of(elem), length.parse().expect("a length"));
    }
    simple_type(name)
}

fn simple_type(name: &str) -> Type {
    match name {
        "any" => Type::Any,
        "bool" => Type::Bool,
        "string" => Type::String,
        "int" => Type::INT,
        "int8" => Type::Int(IntKind::Int8),
        "int16" => Type::Int(IntKind::Int16),
        "int32" => Type::Int(IntKind::Int32),
        "int64" => Type::INT64,
        "uint" => Type::UINT,
        "uint8" => Type::BYTE,
        "uint16" => Type::Uint(UintKind::Uint16),
        "uint32" => Type::Uint(UintKind::Uint32),
        "uint64" => Type::UINT64,
        "uintptr" => Type::Uint(UintKind::Uintptr),
        "float32" => Type::Float(FloatKind::Float32),
        "float64" => Type::FLOAT64,
        "complex64" => Type::Complex(ComplexKind::Complex64),
        "complex128" => Type::Complex(ComplexKind::Complex128),
        "error" => Type::error(),
        "time.Duration" => types::duration(),
        _ => panic!("no type {name}"),
    }
}

/// A value of a type.
fn typed(ty: &Type, value: &Json) -> Value {
    if value.is_null() {
        return Value::zero(ty);
    }
    if value.get("$").is_some() {
        return build(value);
    }
    match ty {
        Type::Any => build(value),
        Type::Bool => Value::Bool(value.as_bool().expect("a bool")),
        Type::Int(kind) => Value::Int(*kind, number(value)),
        Type::Uint(kind) => Value::Uint(*kind, number(value)),
        Type::Float(kind) => Value::Float(*kind, kind.round(number(value))),
        Type::Complex(kind) => complex(*kind, value),
        Type::String => Value::string(text(value)),
        Type::Slice(elem) => match value.as_array() {
            Some(elements) => {
                Value::list((**elem).clone(), elements.iter().map(|element| typed(elem, element)))
            }
            None => List::bytes(text(value)).into(),
        },
        Type::Array(array) => {
            let elements = value.as_array().expect("a list");
            Value::array(array.elem.clone(), elements.iter().map(|element| typed(&array.elem, element)))
        }
        Type::Map(map) => {
            Map::new(map.key.clone(), map.elem.clone(), entries(&map.key, &map.elem, value)).into()
        }
        Type::Pointer(elem) => Pointer::new((**elem).clone(), typed(elem, value)).into(),
        Type::Named(named) => of_named(named, value),
        _ => panic!("no value of {ty}"),
    }
}

fn of_named(named: &Arc<NamedType>, value: &Json) -> Value {
    Value::named(named, typed(named.underlying(), value))
}

fn entries(key: &Type, elem: &Type, value: &Json) -> Vec<(Value, Value)> {
    match value {
        Json::Array(pairs) => {
            pairs.iter().map(|pair| (typed(key, &pair[0]), typed(elem, &pair[1]))).collect()
        }
        Json::Object(object) => {
            object.iter().map(|(name, element)| (Value::from(name), typed(elem, element))).collect()
        }
        _ => panic!("no map: {value}"),
    }
}

fn text(value: &Json) -> Vec<u8> {
    match value.get("hex") {
        Some(digits) => bytes_of_hex(digits.as_str().expect("digits")),
        None => value.as_str().expect("a text").as_bytes().to_vec(),
    }
}

fn number<T: std::str::FromStr>(value: &Json) -> T {
    let digits = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    digits.parse().unwrap_or_else(|_| panic!("no number of its type: {digits}"))
}

/// Reads `1.5-2i`; whole parts without exponents are all there is.
fn complex(kind: ComplexKind, value: &Json) -> Value {
    let digits = value.as_str().expect("a complex number").trim_end_matches('i');
    let middle = digits.rfind(['+', '-']).expect("two parts");
    let part = |digits: &str| digits.parse::<f64>().expect("a number");
    Value::Complex(kind, Arc::new([part(&digits[..middle]), part(&digits[middle..])]))
}

/// What `fmt.Sprint` makes of values.
pub(crate) fn printed(values: &[Value]) -> Value {
    Value::from(fmt::sprint(values))
}
