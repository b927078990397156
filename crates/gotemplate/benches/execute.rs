//! Parsing and running templates; `benches/go` does the same with Go's text/template.
//!
//! Each output is compared with what Go made of it (`expected.txt`: name, length, FNV-1a) before anything is measured.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use preflight_gotemplate::{
    CallError, Field, Function, Functions, NamedType, Options, Signature, Template, Type, Value,
};

const TEMPLATES: [(&str, &str); 5] = [
    ("config", include_str!("templates/config.tmpl")),
    ("services", include_str!("templates/services.tmpl")),
    ("nested", include_str!("templates/nested.tmpl")),
    ("helpers", include_str!("templates/helpers.tmpl")),
    ("control", include_str!("templates/control.tmpl")),
];

fn execute(criterion: &mut Criterion) {
    let (data, functions) = (data(), functions());
    let mut group = criterion.benchmark_group("execute");
    for (name, text) in sources() {
        let template = parsed(name, &text, &functions);
        assert_as_go(name, &template.execute(&data, &()).expect("the template runs"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(template.execute(black_box(&data), &())).expect("it runs"));
        });
    }
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    let functions = functions();
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in sources() {
        group.bench_function(name, |bencher| bencher.iter(|| parsed(name, black_box(&text), &functions)));
    }
    group.finish();
}

fn sources() -> Vec<(&'static str, String)> {
    let plain = "A line of plain text, without any action in it whatsoever.\n".repeat(170);
    let mut all = vec![("plain", plain)];
    all.extend(TEMPLATES.map(|(name, text)| (name, text.to_owned())));
    all
}

fn parsed(name: &str, text: &str, functions: &Functions) -> Template {
    Template::parse(name, text, functions, &Options::default()).expect("a template")
}

fn assert_as_go(name: &str, output: &[u8]) {
    let sum = output
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    let line = format!("{name} {} {sum:016x}", output.len());
    let shown = String::from_utf8_lossy(&output[..output.len().min(300)]);
    assert!(include_str!("expected.txt").lines().any(|expected| expected == line), "{line}\n{shown}");
}

fn data() -> Value {
    let service = NamedType::structure(
        "benches.Service",
        [
            Field::new("Name", Type::String),
            Field::new("Address", Type::String),
            Field::new("Port", Type::INT),
            Field::new("Weight", Type::INT),
            Field::new("Backup", Type::Bool),
            Field::new("Tags", Type::string_slice()),
        ],
    )
    .build();
    let fields = [Field::new("Name", Type::String), Field::new("Servers", Type::slice(service.clone()))];
    let upstream = NamedType::structure("benches.Upstream", fields).build();
    let upstreams = (0..20).map(|index| {
        let name = Value::from(format!("upstream_{index}"));
        Value::structure(&upstream, [name, services(&service, 10)])
    });
    let names: Vec<String> = (0..100).map(|index| format!("key_{index:03}")).collect();
    Value::map([
        ("Settings", Value::map(names.iter().map(|name| (name, Value::from(format!("value of {name}")))))),
        ("Names", Value::strings(&names)),
        ("Services", services(&service, 1000)),
        ("Upstreams", Value::list(upstream.clone(), upstreams)),
        ("Environment", Value::from("production")),
    ])
}

fn services(ty: &Type, count: i64) -> Value {
    let each = (0..count).map(|index| {
        let fields = [
            Value::from("web"),
            Value::from(format!("10.0.{}.{}", index / 256, index % 256)),
            Value::int(8000 + index),
            Value::int(index % 100),
            Value::from(index % 7 == 0),
            Value::strings(["http", "v2"]),
        ];
        Value::structure(ty, fields)
    });
    Value::list(ty.clone(), each)
}

fn functions() -> Functions {
    let text = || Signature::new([Type::String]).returns(Type::String);
    let split = Signature::new([Type::String, Type::String]).returns(Type::string_slice());
    let join = Signature::new([Type::String, Type::string_slice()]).returns(Type::String);
    let indent = Signature::new([Type::INT, Type::String]).returns(Type::String);
    let replace = Signature::new([Type::String, Type::String, Type::String]).returns(Type::String);
    let add = Signature::new([Type::INT, Type::INT]).returns(Type::INT);
    Functions::new()
        .with("upper", Function::new(text(), |_, given| Ok(Value::from(string(&given[0])?.to_uppercase()))))
        .with("lower", Function::new(text(), |_, given| Ok(Value::from(string(&given[0])?.to_lowercase()))))
        .with("trim", Function::new(text(), |_, given| Ok(Value::from(string(&given[0])?.trim()))))
        .with(
            "replace",
            Function::new(replace, |_, given| {
                Ok(Value::from(string(&given[2])?.replace(string(&given[0])?, string(&given[1])?)))
            }),
        )
        .with(
            "indent",
            Function::new(indent, |_, given| {
                let spaces = usize::try_from(given[0].as_i64().unwrap_or_default()).unwrap_or_default();
                Ok(Value::from(format!("{}{}", " ".repeat(spaces), string(&given[1])?)))
            }),
        )
        .with(
            "join",
            Function::new(join, |_, given| {
                let items = given[1].as_list().map(|list| list.to_vec()).unwrap_or_default();
                let items: Result<Vec<&str>, CallError> = items.iter().map(string).collect();
                Ok(Value::from(items?.join(string(&given[0])?)))
            }),
        )
        .with(
            "split",
            Function::new(split, |_, given| Ok(Value::strings(string(&given[1])?.split(string(&given[0])?)))),
        )
        .with(
            "add",
            Function::new(add, |_, given| {
                let sum = given.iter().filter_map(Value::as_i64).sum();
                Ok(Value::int(sum))
            }),
        )
}

fn string(value: &Value) -> Result<&str, CallError> {
    value.as_str().ok_or_else(|| CallError::new("not a text"))
}

criterion_group!(benches, execute, parse);
criterion_main!(benches);
