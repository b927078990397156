//! The functions that templates of the cases may call; `tests/go/language/fixtures.go` has the same.

use preflight_gotemplate::{
    Call, CallError, ComplexKind, Function, Functions, IntKind, Signature, Type, Value,
};
use std::sync::Arc;

use crate::{fixtures, notation, types};

/// All of them.
pub(crate) fn all() -> Functions {
    let mut functions = Functions::new();
    add_plain(&mut functions);
    add_failing(&mut functions);
    add_choosy(&mut functions);
    functions
}

fn add_plain(functions: &mut Functions) {
    let text = |parameters: Vec<Type>| Signature::new(parameters).returns(Type::String);
    let ints = Signature::new([]).variadic(Type::INT).returns(Type::INT);
    let two = Signature::new([Type::INT, Type::INT]).returns(Type::INT);
    let to_function = Signature::new([Type::INT]).returns(Type::Func(Arc::new(types::of_int_to_int())));
    let pointer = || types::gives(Type::pointer(types::service()));
    add(functions, "echo", Signature::new([Type::Any]), |arguments| arguments[0].clone());
    add(functions, "add", two, fixtures::sum);
    add(functions, "sum", ints, fixtures::sum);
    add(functions, "joined", text(vec![Type::String]).variadic(Type::String), fixtures::joined);
    add(functions, "hello", text(vec![]), |_| Value::from("hello"));
    add(functions, "nothing", types::gives(Type::Any), |_| Value::Nil);
    add(functions, "nilService", pointer(), |_| fixtures::nil_service());
    add(functions, "newService", pointer(), |_| fixtures::service().pointer());
    add(functions, "adder", to_function, |arguments| fixtures::adder(&arguments[0]));
    add(functions, "numbers", types::gives(Type::slice(Type::INT)), |_| {
        Value::list(Type::INT, [1, 2, 3].map(Value::int))
    });
    add(functions, "table", types::gives(Type::any_map()), |_| {
        let deep = Value::map([("deep", Value::int(1))]);
        Value::map([("k", Value::from("v")), ("n", Value::Nil), ("m", deep)])
    });
}

fn add_failing(functions: &mut Functions) {
    let fails = |message: &'static str, signature: Signature| {
        Function::new(signature, move |_, _| Err(CallError::new(message)))
    };
    functions.insert("fail", fails("no luck", types::gives(Type::String).fallible()));
    functions.insert("boom", fails("boom!", types::gives(Type::String)));
    functions.insert("boomError", fails("boom error", types::gives(Type::String)));
    let with = Signature::new([Type::String]).returns(Type::String).fallible();
    let fail_with = |_: &Call<'_>, arguments: &[Value]| {
        Err(CallError::new(arguments[0].to_text().unwrap_or_default().into_owned()))
    };
    functions.insert("failWith", Function::new(with, fail_with));
}

/// Functions that take one type and give it back, or say something of it.
fn add_choosy(functions: &mut Functions) {
    let same = [
        ("takesBool", Type::Bool),
        ("takesInt", Type::INT),
        ("takesInt8", Type::Int(IntKind::Int8)),
        ("takesInt64", Type::INT64),
        ("takesUint", Type::UINT),
        ("takesUint8", Type::BYTE),
        ("takesFloat", Type::FLOAT64),
        ("takesComplex", Type::Complex(ComplexKind::Complex128)),
        ("takesString", Type::String),
    ];
    for (name, ty) in same {
        add(functions, name, Signature::new([ty.clone()]).returns(ty), |arguments| arguments[0].clone());
    }
    for (name, ty) in [
        ("takesStrings", Type::string_slice()),
        ("takesAnys", Type::any_slice()),
        ("takesMap", Type::any_map()),
    ] {
        add(functions, name, Signature::new([ty]).returns(Type::String), |arguments| {
            notation::printed(&[Value::count(arguments[0].len().unwrap_or(0)), arguments[0].clone()])
        });
    }
    for (name, ty) in [("takesDuration", types::duration()), ("takesError", Type::error())] {
        add(functions, name, Signature::new([ty]).returns(Type::String), notation::printed);
    }
    let service = Signature::new([types::service()]).returns(Type::String);
    add(functions, "takesService", service, |arguments| {
        arguments[0].as_struct().and_then(|service| service.field("ID")).cloned().unwrap_or_default()
    });
    for (name, ty) in [
        ("takesPointer", Type::pointer(types::service())),
        ("takesFunc", Type::Func(Arc::new(types::of_int_to_int()))),
    ] {
        let signature = Signature::new([ty]).returns(Type::Bool);
        add(functions, name, signature, |arguments| Value::Bool(arguments[0].is_nil()));
    }
    let bytes = Signature::new([Type::byte_slice()]).returns(Type::INT);
    add(functions, "takesBytes", bytes, |arguments| Value::count(arguments[0].len().unwrap_or(0)));
}

fn add(
    functions: &mut Functions,
    name: &str,
    signature: Signature,
    body: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
) {
    functions.insert(name, Function::new(signature, move |_, arguments| Ok(body(arguments))));
}
