//! Every verb and flag over values of every kind, against what real Go prints (`tests/data/fmt.json`, written by
//! `tests/go/fmt`).

use std::sync::Arc;

use preflight_gotemplate::{
    Chan, ChanDirection, Field, Function, List, Map, NamedType, Pointer, Signature, Type, Value, fmt, text,
};
use serde_json::Value as Json;

const DATA: &str = include_str!("data/fmt.json");

fn section(name: &str) -> Vec<Json> {
    let data: Json = serde_json::from_str(DATA).expect("the data is JSON");
    data[name].as_array().expect("a section is a list").clone()
}

/// The data writes each byte as the character of its number.
fn bytes(value: &Json) -> Vec<u8> {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is a text"));
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a byte")).collect()
}

fn items(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn assert_none(faults: &[String], of: usize) {
    assert!(of > 10, "there are cases");
    assert!(faults.is_empty(), "{} of {of} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_value_prints_as_in_go_in_every_format() {
    let formats = section("formats");
    let (mut faults, mut count) = (Vec::new(), 0);
    for row in section("values") {
        let value = value(&row[0]);
        for (format, expected) in formats.iter().zip(&items(&row)[1..]) {
            if expected.is_null() {
                continue;
            }
            count += 1;
            let actual = fmt::sprintf(bytes(format), std::slice::from_ref(&value));
            if actual != bytes(expected) {
                let (actual, expected) = (actual.escape_ascii(), bytes(expected));
                let expected = expected.escape_ascii();
                faults.push(format!("{format} of {}\n      {actual}\n  for {expected}", row[0]));
            }
        }
    }
    assert_none(&faults, count);
}

#[test]
fn indexes_stars_and_wrong_formats_are_as_in_go() {
    let calls = section("calls");
    let mut faults = Vec::new();
    for call in &calls {
        let arguments: Vec<Value> = items(&call[1]).iter().map(value).collect();
        let actual = fmt::sprintf(bytes(&call[0]), &arguments);
        if actual != bytes(&call[2]) {
            faults.push(format!("{}\n      {}\n  for {}", call[0], actual.escape_ascii(), call[2]));
        }
    }
    assert_none(&faults, calls.len());
}

#[test]
fn print_and_println_put_spaces_where_go_does() {
    let rows = section("print");
    let mut faults = Vec::new();
    for row in &rows {
        let arguments: Vec<Value> = items(&row[0]).iter().map(value).collect();
        let (print, println) = (fmt::sprint(&arguments), fmt::sprintln(&arguments));
        if print != bytes(&row[1]) || println != bytes(&row[2]) {
            faults.push(format!("{row}: {} {}", print.escape_ascii(), println.escape_ascii()));
        }
    }
    assert_none(&faults, rows.len());
}

#[test]
fn escapes_are_gos() {
    let rows = section("escaped");
    let mut faults = Vec::new();
    for row in &rows {
        let arguments: Vec<Value> = items(&row[0]).iter().map(value).collect();
        let escaped = [text::html(&arguments), text::js(&arguments), text::urlquery(&arguments)];
        for (actual, expected) in escaped.iter().zip(&items(row)[1..]) {
            if *actual != bytes(expected) {
                faults.push(format!("{} for {expected}", actual.escape_ascii()));
            }
        }
    }
    assert_none(&faults, rows.len());
}

#[test]
fn references_print_a_steady_address() {
    let pointer = Value::int(5).pointer();
    let text = fmt::sprintf("%p %v %x %[1]d", &[pointer.clone(), pointer.clone(), pointer.clone()]);
    let text = String::from_utf8(text).expect("ascii");
    let words: Vec<&str> = text.split(' ').collect();
    assert!(words[0].starts_with("0x") && words[0] == words[1], "{text}");
    assert_eq!(words[0], format!("0x{}", words[2]));
    assert_eq!(u64::from_str_radix(words[2], 16).ok(), words[3].parse().ok());
    let nested = fmt::sprintf("%v", &[Value::list(Type::pointer(Type::INT), [pointer])]);
    assert_eq!(String::from_utf8(nested).expect("ascii"), format!("[{}]", words[0]));
    let function = Value::from(Function::new(Signature::new([]), |_, _| Ok(Value::Nil)));
    assert!(fmt::sprintf("%#v", &[function]).starts_with(b"(func() interface {})(0x"));
}

#[test]
fn a_map_within_itself_ends() {
    let map = Arc::new(Map::new(Type::String, Type::Any, []));
    map.insert(Value::from("one"), Value::Map(Arc::clone(&map))).expect("not nil");
    map.insert(Value::from("two"), Value::Map(Arc::clone(&map))).expect("not nil");
    assert_eq!(fmt::sprint(&[Value::Map(Arc::clone(&map))]), b"map[one:%!v(CYCLE) two:%!v(CYCLE)]");
    map.remove(&Value::from("one"));
    map.remove(&Value::from("two"));
}

#[test]
fn deep_nesting_ends() {
    let mut deep = Value::int(1);
    for _ in 0..30_000 {
        deep = Value::any_list([deep]);
    }
    let text = fmt::sprint(&[deep]);
    assert!(text.starts_with(b"[[[[") && text.ends_with(b"]]]]"));
    assert!(String::from_utf8(text).expect("ascii").contains("[%!v(TOO DEEP)]"));
}

/// A value from its description: its type as Go prints it, and its content.
fn value(described: &Json) -> Value {
    if described.is_null() {
        return Value::Nil;
    }
    let name = described[0].as_str().expect("a type");
    if name == "*errors.errorString" {
        return Value::error(bytes(&described[1][0]));
    }
    content(&parse_type(name), &described[1])
}

fn content(ty: &Type, described: &Json) -> Value {
    let each = |elem: &Type| items(described).iter().map(|item| content(elem, item)).collect::<Vec<_>>();
    match ty {
        Type::Any | Type::Interface(_) => value(described),
        Type::Bool => Value::Bool(described.as_bool().expect("a bool")),
        Type::Int(kind) => Value::Int(*kind, number(described).parse().expect("an integer")),
        Type::Uint(kind) => Value::Uint(*kind, number(described).parse().expect("an integer")),
        Type::Float(kind) => Value::Float(*kind, float(described)),
        Type::Complex(kind) => Value::Complex(*kind, Arc::new([float(&described[0]), float(&described[1])])),
        Type::String => Value::from(bytes(described)),
        _ if described.is_null() => match ty {
            Type::Slice(elem) => Value::List(Arc::new(List::nil((**elem).clone()))),
            Type::Map(map) => Value::Map(Arc::new(Map::nil(map.key.clone(), map.elem.clone()))),
            Type::Pointer(elem) => Value::Pointer(Arc::new(Pointer::nil((**elem).clone()))),
            Type::Named(_) => Value::zero(ty),
            Type::Func(signature) => Value::from(Function::nil((**signature).clone())),
            Type::Chan(_) => Value::Chan(Arc::new(Chan::nil(Type::INT, ChanDirection::Both))),
            _ => panic!("{ty} has no nil"),
        },
        Type::Slice(elem) if **elem == Type::BYTE => {
            let bytes: Vec<u8> = each(elem).iter().map(|byte| byte.as_u64().expect("a byte") as u8).collect();
            Value::bytes(bytes)
        }
        Type::Slice(elem) => Value::list((**elem).clone(), each(elem)),
        Type::Array(array) => Value::array(array.elem.clone(), each(&array.elem)),
        Type::Map(map) => {
            let entries = items(described).iter();
            let entries = entries.map(|pair| (content(&map.key, &pair[0]), content(&map.elem, &pair[1])));
            Value::typed_map(map.key.clone(), map.elem.clone(), entries)
        }
        Type::Pointer(elem) => content(elem, described).pointer(),
        Type::Struct(structure) => {
            let fields = structure.fields.iter().zip(items(described));
            Value::structure(ty, fields.map(|(field, described)| content(&field.ty, described)))
        }
        Type::Named(named) => match content(named.underlying(), described) {
            Value::Struct(structure) => Value::structure(ty, structure.fields().to_vec()),
            plain => Value::named(named, plain),
        },
        other => panic!("no values of {other}"),
    }
}

fn number(described: &Json) -> &str {
    described.as_str().expect("digits")
}

fn float(described: &Json) -> f64 {
    f64::from_bits(u64::from_str_radix(number(described), 16).expect("bits"))
}

fn parse_type(text: &str) -> Type {
    if let Some(elem) = text.strip_prefix("[]") {
        return Type::slice(parse_type(elem));
    }
    if let Some(elem) = text.strip_prefix('*') {
        return Type::pointer(parse_type(elem));
    }
    if let Some(rest) = text.strip_prefix("map[") {
        let (key, elem) = rest.split_at(closing(rest));
        return Type::map(parse_type(key), parse_type(&elem[1..]));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (length, elem) = rest.split_at(closing(rest));
        return Type::array(parse_type(&elem[1..]), length.parse().expect("a length"));
    }
    if let Some(named) = text.strip_prefix("main.") {
        return named_type(named);
    }
    plain_type(text)
}

fn plain_type(text: &str) -> Type {
    use preflight_gotemplate::{ComplexKind, FloatKind, IntKind, UintKind};
    match text {
        "interface {}" => Type::Any,
        "error" => Type::error(),
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
        "struct {}" => Type::structure([]),
        "struct { X int; Y []string }" => {
            Type::structure([Field::new("X", Type::INT), Field::new("Y", Type::string_slice())])
        }
        "func()" => Type::Func(Arc::new(Signature::new([]).without_result())),
        "chan int" => Type::chan(Type::INT, ChanDirection::Both),
        other => panic!("no type {other}"),
    }
}

/// The index of the bracket that ends what begins before `text`.
fn closing(text: &str) -> usize {
    let mut open = 1;
    let end = text.char_indices().find(|(_, character)| {
        open += match character {
            '[' => 1,
            ']' => -1,
            _ => 0,
        };
        open == 0
    });
    end.expect("brackets match").0
}

/// The twins of the types in `tests/go/fmt/values.go`.
fn named_type(name: &str) -> Type {
    let full = format!("main.{name}");
    let text = |value: &Value| value.as_bytes().unwrap_or_default().to_vec();
    match name {
        "Point" => structure(&full, [Field::new("A", Type::INT), Field::new("B", Type::String)]),
        "Label" => NamedType::new(&full, Type::String)
            .stringer(move |label| [b"label:", &text(label)[..]].concat())
            .build(),
        "Level" => NamedType::new(&full, Type::INT)
            .stringer(|level| format!("level {}", level.as_i64().expect("an int")).into_bytes())
            .build(),
        "Fault" => NamedType::structure(&full, [Field::new("Code", Type::INT)])
            .error(|fault| {
                let code = fault.as_struct().expect("a struct").fields()[0].as_i64();
                format!("fault {}", code.expect("an int")).into_bytes()
            })
            .build(),
        "Machine" => NamedType::structure(&full, [Field::new("Name", Type::String)])
            .pointer_stringer(move |machine| {
                let name = &machine.indirect().as_struct().expect("a struct").fields()[0];
                [b"machine ", &text(name)[..]].concat()
            })
            .build(),
        "Mixed" => structure(
            &full,
            [
                Field::new("Shown", named_type("Level")),
                Field::new("hidden", named_type("Level")),
                Field::new("Any", Type::Any),
                Field::new("Err", Type::error()),
                Field::new("List", Type::slice(named_type("Label"))),
            ],
        ),
        "Outer" => {
            structure(&full, [Field::embedded("Label", named_type("Label")), Field::new("N", Type::INT)])
        }
        "Nested" => structure(
            &full,
            [
                Field::new("In", named_type("Point")),
                Field::new("Ptr", Type::pointer(named_type("Point"))),
                Field::new("M", Type::map(Type::String, Type::INT)),
                Field::new("F", Type::FLOAT64),
            ],
        ),
        "Bytes" => NamedType::new(&full, Type::byte_slice()).build(),
        "Names" => NamedType::new(&full, Type::string_slice()).build(),
        "Table" => NamedType::new(&full, Type::map(Type::String, Type::INT)).build(),
        "Ratio" => NamedType::new(&full, plain_type("float32")).build(),
        other => panic!("no type {other}"),
    }
}

fn structure<const N: usize>(name: &str, fields: [Field; N]) -> Type {
    NamedType::structure(name, fields).build()
}
