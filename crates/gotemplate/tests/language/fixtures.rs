//! The values that cases ask for by name; `tests/go/language/fixtures.go` has the same.

use preflight_gotemplate::{
    Call, CallError, Chan, ChanDirection, Function, NamedType, Signature, Type, Value,
};
use std::sync::Arc;

use crate::{notation, types};

/// The value of a name.
pub(crate) fn build(name: &str) -> Value {
    match name {
        "service" => service(),
        "service pointer" => service().pointer(),
        "nil service" => nil_service(),
        "empty service" => Value::zero(&types::service()),
        "services" => {
            let pointer = Type::pointer(types::service());
            Value::list(pointer, [service().pointer(), with_id("db-3").pointer(), nil_service()])
        }
        "services by id" => {
            let entries = [("b", with_id("db-b").pointer()), ("a", service().pointer())];
            map(Type::pointer(types::service()), entries)
        }
        "plain" => plain("plain", 3, true),
        "plain pointer" => plain("pointed", 4, false).pointer(),
        "plains" => Value::list(types::plain(), [plain("one", 1, false), plain("two", 2, true)]),
        "plain map" => map(types::plain(), [("one", plain("one", 1, false))]),
        "level" => level(1),
        "levels" => Value::list(types::level(), [level(0), level(1)]),
        "level map" => {
            let entries = [(level(1), Value::int(10)), (level(0), Value::int(20))];
            Value::typed_map(types::level(), Type::INT, entries)
        }
        "tags" => tags(&["x", "y"]),
        "nil tags" => Value::zero(&types::tags()),
        "attributes" => attributes([("Size", "hidden"), ("k", "v")]),
        "error" => Value::error("some error"),
        "fault" => fault(9),
        _ => function_or_channel(name),
    }
}

fn function_or_channel(name: &str) -> Value {
    let fails = |message: &'static str, signature: Signature| {
        Function::new(signature, move |_, _| Err(CallError::new(message))).into()
    };
    match name {
        "func" => twice(),
        "func fails" => fails("call fails", types::gives(Type::INT).fallible()),
        "func panics" => fails("call panics", types::gives(Type::INT)),
        "func variadic" => {
            let signature = Signature::new([Type::String]).variadic(Type::INT).returns(Type::String);
            let print = |_: &Call<'_>, arguments: &[Value]| {
                let more = Value::list(Type::INT, arguments[1..].to_vec());
                Ok(notation::printed(&[arguments[0].clone(), more]))
            };
            Function::new(signature, print).into()
        }
        "func none" => Function::new(Signature::new([]).without_result(), |_, _| Ok(Value::Nil)).into(),
        "nil func" => Function::nil(types::of_int_to_int()).into(),
        "channel" => Chan::closed(Type::INT, ChanDirection::Both, [1, 2, 3].map(Value::int)).into(),
        "empty channel" => Chan::closed(Type::String, ChanDirection::Both, []).into(),
        "nil channel" => Chan::nil(Type::INT, ChanDirection::Both).into(),
        _ => panic!("no fixture {name}"),
    }
}

/// The service with something in every field.
pub(crate) fn service() -> Value {
    let host = Value::structure(&types::endpoint(), [Value::from("db.local"), Value::int(5432)]);
    let fields = [
        host,
        Value::from("db-1"),
        tags(&["primary", "fast"]),
        Value::string_map([("zone", "a"), ("Tier", "gold")]),
        attributes([("a", "1"), ("b", "2")]),
        Value::from(0.5),
        level(1),
        of_type(&types::duration(), Value::from(90_000_000_000_i64)),
        with_id("db-2").pointer(),
        Value::int(7),
        fault(3),
        twice(),
        Function::nil(Signature::new([]).without_result()).into(),
        plain("plain", 3, true),
        plain("pointed", 4, false).pointer(),
        Value::bytes("raw"),
        Value::Nil,
        Value::from("secret"),
    ];
    Value::structure(&types::service(), fields)
}

/// `(*Service)(nil)`
pub(crate) fn nil_service() -> Value {
    Value::zero(&Type::pointer(types::service()))
}

/// The sum of integers.
pub(crate) fn sum(numbers: &[Value]) -> Value {
    let add = |total: i64, number: &Value| total.wrapping_add(number.as_i64().expect("a number"));
    Value::int(numbers.iter().fold(0, add))
}

/// All texts but the first with the first between them.
pub(crate) fn joined(parts: &[Value]) -> Value {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes().expect("a text")).collect();
    Value::string(parts[1..].join(parts[0]))
}

/// A function that adds.
pub(crate) fn adder(by: &Value) -> Value {
    let by = by.clone();
    Function::new(types::of_int_to_int(), move |_, arguments| Ok(sum(&[by.clone(), arguments[0].clone()])))
        .into()
}

fn twice() -> Value {
    Function::new(types::of_int_to_int(), |_, arguments| {
        Ok(Value::int(arguments[0].as_i64().expect("a number").wrapping_mul(2)))
    })
    .into()
}

fn with_id(id: &str) -> Value {
    Value::structure(&types::service(), [Value::zero(&types::endpoint()), Value::from(id)])
}

fn plain(name: &str, count: i64, hidden: bool) -> Value {
    Value::structure(&types::plain(), [Value::from(name), Value::int(count), Value::Bool(hidden)])
}

fn level(number: i64) -> Value {
    of_type(&types::level(), Value::int(number))
}

fn tags(tags: &[&str]) -> Value {
    of_type(&types::tags(), Value::strings(tags))
}

fn attributes<const N: usize>(entries: [(&str, &str); N]) -> Value {
    of_type(&types::attributes(), Value::string_map(entries))
}

fn fault(code: i64) -> Value {
    Value::structure(&types::fault(), [Value::int(code)]).pointer()
}

fn map<const N: usize>(elem: Type, entries: [(&str, Value); N]) -> Value {
    Value::typed_map(Type::String, elem, entries.map(|(key, value)| (Value::from(key), value)))
}

fn of_type(ty: &Type, value: Value) -> Value {
    let named: &Arc<NamedType> = match ty {
        Type::Named(named) => named,
        _ => panic!("{ty} is not declared"),
    };
    Value::named(named, value)
}
