//! The surroundings that the cases are run in, and the few values of Consul that they ask for: the same as in
//! `tests/go/brain.go`.

use preflight_functions::{Scratch, Surroundings};
use preflight_gotemplate::{Call, CallError, Field, Function, Functions, NamedType, Signature, Type, Value};

/// The environment of the cases; the clock and the interfaces are the machine's, of which
/// the cases ask only what is the same everywhere.
#[derive(Default)]
pub(crate) struct World {
    scratch: Scratch,
}

const GIVEN: [(&str, &str); 5] =
    [("GREETING", "hello"), ("EMPTY", ""), ("SHADOWED", "custom"), ("PAIR", "a=b"), ("HOST", "db.example")];
const PROCESS: [(&str, &str); 4] =
    [("TZ", "UTC"), ("FROM_PROCESS", "process"), ("SHADOWED", "process"), ("BLANK", "")];

fn look_up(variables: &[(&str, &str)], name: &[u8]) -> Option<Vec<u8>> {
    let found = variables.iter().find(|(known, _)| known.as_bytes() == name);
    found.map(|(_, value)| value.as_bytes().to_vec())
}

impl Surroundings for World {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        look_up(&GIVEN, name).or_else(|| self.process_variable(name))
    }

    fn process_variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        look_up(&PROCESS, name)
    }

    fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    fn print(&self, _: &[u8]) {}

    fn addresses(&self, host: &str) -> Vec<std::net::IpAddr> {
        if host == "localhost" { vec![std::net::Ipv4Addr::LOCALHOST.into()] } else { Vec::new() }
    }
}

/// Adds `tree`, `service` and `services`, as far as the cases call them.
pub(crate) fn register(functions: &mut Functions) {
    let by_name = || Signature::new([Type::String]);
    add(functions, "tree", by_name(), |_, given| {
        let name = given[0].as_str().unwrap_or_default();
        Ok(pairs(name))
    });
    add(functions, "service", by_name(), |_, _| Ok(services()));
    add(functions, "services", Signature::new([]), |_, _| Ok(catalog()));
}

fn add(
    functions: &mut Functions,
    name: &str,
    signature: Signature,
    body: impl Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
) {
    functions.insert(name, Function::new(signature, body));
}

fn pairs(prefix: &str) -> Value {
    let known: &[(&str, &str)] = match prefix {
        "app" => &[
            ("name", "shop"),
            ("db/host", "10.0.0.5"),
            ("db/port", "5432"),
            ("db/pool/size", "20"),
            ("cache/host", "10.0.0.6"),
        ],
        "clash" => &[("db", "plain"), ("db/host", "10.0.0.5")],
        _ => &[],
    };
    let texts = ["Path", "Key", "Value"].map(|name| Field::new(name, Type::String));
    let numbers =
        ["CreateIndex", "ModifyIndex", "LockIndex", "Flags"].map(|name| Field::new(name, Type::UINT64));
    let fields = texts.into_iter().chain(numbers).chain([Field::new("Session", Type::String)]);
    let ty = NamedType::structure("dependency.KeyPair", fields).build();
    let values = known.iter().map(|(key, value)| {
        let fields = [
            Value::from(format!("{prefix}/{key}")),
            Value::from(*key),
            Value::from(*value),
            Value::from(10u64),
            Value::from(12u64),
            Value::from(0u64),
            Value::from(3u64),
            Value::from(""),
        ];
        Value::structure(&ty, fields).pointer()
    });
    Value::list(Type::pointer(ty.clone()), values)
}

fn tags_type() -> Type {
    NamedType::new("dependency.ServiceTags", Type::string_slice()).build()
}

fn tags(names: &[&str]) -> Value {
    Value::strings(names).assigned_to(&tags_type()).expect("tags are texts")
}

fn services() -> Value {
    let ty = service_type();
    let one = |id: &str, port: i64, meta: &[(&str, &str)], names: &[&str]| {
        let fields = ty.fields().expect("a struct").iter().map(|field| match &*field.name {
            "Node" => Value::from(format!("node-{id}")),
            "NodeAddress" | "Address" => Value::from("10.1.0.1"),
            "ServiceMeta" => Value::string_map(meta.iter().copied()),
            "ID" => Value::from(id),
            "Name" => Value::from("web"),
            "Tags" => tags(names),
            "Status" => Value::from("passing"),
            "Port" => Value::int(port),
            _ => Value::zero(&field.ty),
        });
        Value::structure(&ty, fields).pointer()
    };
    let items = [
        one("web1", 8080, &[("zone", "eu"), ("rank", "2"), ("team", "a.b/c")], &["blue", "prod"]),
        one("web2", 8081, &[("zone", "us"), ("rank", "10")], &["green", "prod"]),
        one("web3", 8080, &[("rank", "x")], &["blue"]),
    ];
    Value::list(Type::pointer(ty.clone()), items)
}

fn service_type() -> Type {
    let weights = ["Passing", "Warning"].map(|name| Field::new(name, Type::INT));
    let fields = [
        Field::new("Node", Type::String),
        Field::new("NodeID", Type::String),
        Field::new("NodeAddress", Type::String),
        Field::new("NodeTaggedAddresses", Type::string_map()),
        Field::new("NodeMeta", Type::string_map()),
        Field::new("ServiceMeta", Type::string_map()),
        Field::new("Address", Type::String),
        Field::new("ServiceTaggedAddresses", Type::map(Type::String, Type::Any)),
        Field::new("ID", Type::String),
        Field::new("Name", Type::String),
        Field::new("Tags", tags_type()),
        Field::new("Checks", Type::any_slice()),
        Field::new("Status", Type::String),
        Field::new("Port", Type::INT),
        Field::new("Weights", NamedType::structure("api.AgentWeights", weights).build()),
    ];
    NamedType::structure("dependency.HealthService", fields).build()
}

fn catalog() -> Value {
    let fields = [Field::new("Name", Type::String), Field::new("Tags", tags_type())];
    let ty = NamedType::structure("dependency.CatalogSnippet", fields).build();
    let one = |name: &str, names: &[&str]| Value::structure(&ty, [Value::from(name), tags(names)]).pointer();
    let items = [one("api", &["prod", "v2"]), one("web", &["prod"]), one("bare", &[])];
    Value::list(Type::pointer(ty.clone()), items)
}
