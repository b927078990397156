//! The declared types of `tests/go/language/fixtures.go`, built with the crate's own means.

use preflight_gotemplate::{Call, CallError, Field, NamedType, Signature, Type, TypeBuilder, Value};
use std::sync::{Arc, LazyLock};

use crate::fixtures;

/// `time.Duration`
pub(crate) fn duration() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        let of = |value: &Value| value.as_i64().expect("a duration");
        let seconds = move |parts: f64| {
            move |_: &Call<'_>, arguments: &[Value]| {
                Ok(Value::from(duration_seconds(of(&arguments[0])) / parts))
            }
        };
        NamedType::new("time.Duration", Type::INT64)
            .stringer(move |receiver| duration_text(of(receiver)).into_bytes())
            .method("Seconds", gives(Type::FLOAT64), seconds(1.0))
            .method("Minutes", gives(Type::FLOAT64), seconds(60.0))
            .method("Hours", gives(Type::FLOAT64), seconds(3600.0))
            .method("Milliseconds", gives(Type::INT64), move |_, arguments| {
                Ok(Value::from(of(&arguments[0]) / 1_000_000))
            })
            .build()
    });
    TYPE.clone()
}

fn duration_seconds(nanoseconds: i64) -> f64 {
    std::time::Duration::from_nanos(nanoseconds.unsigned_abs()).as_secs_f64()
}

/// The text as Go's `Duration.String` writes it.
fn duration_text(nanoseconds: i64) -> String {
    let (sign, total) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.unsigned_abs());
    let small = |unit: u64, name: &str| format!("{sign}{}{name}", decimal(total / unit, total % unit, unit));
    let (hours, minutes) = (total / 3_600_000_000_000, total / 60_000_000_000 % 60);
    let seconds = decimal(total / 1_000_000_000 % 60, total % 1_000_000_000, 1_000_000_000);
    match total {
        0 => "0s".to_owned(),
        1..1000 => small(1, "ns"),
        1000..1_000_000 => small(1000, "µs"),
        1_000_000..1_000_000_000 => small(1_000_000, "ms"),
        _ if hours > 0 => format!("{sign}{hours}h{minutes}m{seconds}s"),
        _ if minutes > 0 => format!("{sign}{minutes}m{seconds}s"),
        _ => format!("{sign}{seconds}s"),
    }
}

/// A number with `rest / unit` behind the point, without zeros at its end.
fn decimal(whole: u64, rest: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    match digits.trim_end_matches('0') {
        "" => whole.to_string(),
        digits => format!("{whole}.{digits}"),
    }
}

/// `main.Endpoint`
pub(crate) fn endpoint() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        NamedType::structure(
            "main.Endpoint",
            [Field::new("Host", Type::String), Field::new("Port", Type::INT)],
        )
        .method("Address", gives(Type::String), |_, arguments| {
            Ok(Value::from(format!("{}:{}", text(&arguments[0], "Host"), number(&arguments[0], "Port"))))
        })
        .pointer_method("Renamed", Signature::new([Type::String]).returns(Type::String), |_, arguments| {
            let host = arguments[1].to_text().expect("a text");
            Ok(Value::from(format!("{host} was {}", text(&arguments[0], "Host"))))
        })
        .build()
    });
    TYPE.clone()
}

/// `main.Plain`
pub(crate) fn plain() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        let fields = [
            Field::new("Name", Type::String),
            Field::new("Count", Type::INT),
            Field::new("hidden", Type::Bool),
        ];
        NamedType::structure("main.Plain", fields).build()
    });
    TYPE.clone()
}

/// `main.Level`
pub(crate) fn level() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        NamedType::new("main.Level", Type::INT)
            .stringer(|receiver| match receiver.as_i64() {
                Some(0) => b"low".to_vec(),
                _ => b"high".to_vec(),
            })
            .method("Double", gives(Type::INT), |_, arguments| {
                Ok(Value::int(arguments[0].as_i64().expect("a level") * 2))
            })
            .build()
    });
    TYPE.clone()
}

/// `main.Tags`
pub(crate) fn tags() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        NamedType::new("main.Tags", Type::string_slice())
            .method("Contains", Signature::new([Type::String]).returns(Type::Bool), |_, arguments| {
                let tags = arguments[0].as_list().expect("tags");
                Ok(Value::Bool(tags.iter().any(|tag| tag.as_bytes() == arguments[1].as_bytes())))
            })
            .build()
    });
    TYPE.clone()
}

/// `main.Attributes`
pub(crate) fn attributes() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        NamedType::new("main.Attributes", Type::string_map())
            .method("Size", gives(Type::INT), |_, arguments| {
                Ok(Value::count(arguments[0].len().unwrap_or(0)))
            })
            .build()
    });
    TYPE.clone()
}

/// `main.Fault`
pub(crate) fn fault() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        NamedType::structure("main.Fault", [Field::new("Code", Type::INT)])
            .pointer_error(|receiver| format!("fault {}", number(receiver, "Code")).into_bytes())
            .build()
    });
    TYPE.clone()
}

/// `main.Service`
pub(crate) fn service() -> Type {
    static TYPE: LazyLock<Type> = LazyLock::new(|| {
        let named = NamedType::declare("main.Service");
        let own = Type::Named(Arc::clone(&named));
        named.define(with_methods(NamedType::structure("main.Service", service_fields(&own)), &own));
        own
    });
    TYPE.clone()
}

/// `func(int) int`
pub(crate) fn of_int_to_int() -> Signature {
    Signature::new([Type::INT]).returns(Type::INT)
}

fn service_fields(own: &Type) -> [Field; 18] {
    [
        Field::embedded("Endpoint", endpoint()),
        Field::new("ID", Type::String),
        Field::new("Tags", tags()),
        Field::new("Labels", Type::string_map()),
        Field::new("Meta", attributes()),
        Field::new("Weight", Type::FLOAT64),
        Field::new("Level", level()),
        Field::new("Timeout", duration()),
        Field::new("Next", Type::pointer(own.clone())),
        Field::new("Any", Type::Any),
        Field::new("Err", Type::error()),
        Field::new("Twice", Type::Func(Arc::new(of_int_to_int()))),
        Field::new("NoFunc", Type::Func(Arc::new(Signature::new([]).without_result()))),
        Field::new("Plain", plain()),
        Field::new("Pointer", Type::pointer(plain())),
        Field::new("Bytes", Type::byte_slice()),
        Field::new("Nothing", Type::Any),
        Field::new("internal", Type::String),
    ]
}

fn with_methods(builder: TypeBuilder, own: &Type) -> TypeBuilder {
    let (pointer, missing) = (Type::pointer(own.clone()), Type::pointer(own.clone()));
    let numbers = Type::map(Type::String, Type::INT);
    let builder = builder
        .method("Hello", Signature::new([Type::String]).returns(Type::String), |_, arguments| {
            let name = arguments[1].to_text().expect("a text");
            Ok(Value::from(format!("hello {name} from {}", text(&arguments[0], "ID"))))
        })
        .method("Add", Signature::new([Type::INT, Type::INT]).returns(Type::INT), |_, arguments| {
            Ok(fixtures::sum(&arguments[1..]))
        })
        .method(
            "Join",
            Signature::new([Type::String]).variadic(Type::String).returns(Type::String),
            |_, arguments| Ok(fixtures::joined(&arguments[1..])),
        )
        .method("Works", gives(Type::String).fallible(), |_, _| Ok(Value::from("works")))
        .method("Fails", gives(Type::String).fallible(), |_, _| Err(CallError::new("it fails")))
        .method("Panics", gives(Type::String), |_, _| Err(CallError::new("it panics")));
    builder
        .method("Self", gives(own.clone()), |_, arguments| Ok(arguments[0].clone()))
        .pointer_method("Here", gives(pointer), |_, arguments| Ok(arguments[0].clone()))
        .method("Missing", gives(missing.clone()), move |_, _| Ok(Value::zero(&missing)))
        .method("Nil", gives(Type::Any), |_, _| Ok(Value::Nil))
        .method("Map", gives(numbers), |_, _| {
            let entries = [(Value::from("one"), Value::int(1)), (Value::from("two"), Value::int(2))];
            Ok(Value::typed_map(Type::String, Type::INT, entries))
        })
        .method(
            "Adder",
            Signature::new([Type::INT]).returns(Type::Func(Arc::new(of_int_to_int()))),
            |_, arguments| Ok(fixtures::adder(&arguments[1])),
        )
}

/// No parameters and one result.
pub(crate) fn gives(result: Type) -> Signature {
    Signature::new([]).returns(result)
}

fn field(value: &Value, name: &str) -> Value {
    let structure = value.indirect().as_struct().expect("a struct");
    structure.field(name).expect("a field").clone()
}

fn text(value: &Value, name: &str) -> String {
    field(value, name).to_text().expect("a text").into_owned()
}

fn number(value: &Value, name: &str) -> i64 {
    field(value, name).as_i64().expect("a number")
}
