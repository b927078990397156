//! What Nomad's queries give to templates.

use std::sync::{Arc, LazyLock};

use preflight_functions::{local_time, local_time_text, time_type};
use preflight_gotemplate::{Field, NamedType, Signature, Struct, Type, Value};
use preflight_sources::nomad::{NomadAnswer, ServiceInstance, ServiceSnippet, Variable, VariableMeta};

use super::shape::{pointer, pointers, service_tags, service_tags_type, structure};

/// The answer as a template's value; nil for a variable that does not exist.
pub(super) fn of(answer: &NomadAnswer) -> Value {
    match answer {
        NomadAnswer::Services(services) => pointers(&SNIPPET, services, snippet),
        NomadAnswer::Service(instances) => pointers(&SERVICE, instances, instance),
        NomadAnswer::Variables(variables) => pointers(&META, variables, meta),
        NomadAnswer::Variable(None) => Value::Nil,
        NomadAnswer::Variable(Some(variable)) => items(variable),
    }
}

/// `[]*dependency.NomadVarMeta` without any.
pub(crate) fn no_variables() -> Value {
    pointers(&META, &[], meta)
}

/// `[]*dependency.NomadServicesSnippet`, nil.
pub(crate) fn no_snippets() -> Value {
    Value::zero(&Type::slice(Type::pointer(SNIPPET.clone())))
}

/// `[]*dependency.NomadService`, nil.
pub(crate) fn no_services() -> Value {
    Value::zero(&Type::slice(Type::pointer(SERVICE.clone())))
}

/// `*dependency.NomadVarItems`, nil.
pub(crate) fn no_items() -> Value {
    Value::zero(&items_type())
}

/// `*dependency.NomadVarItems`
pub(crate) fn items_type() -> Type {
    Type::pointer(Type::Named(Arc::clone(&ITEMS)))
}

static SNIPPET: LazyLock<Type> = LazyLock::new(|| {
    structure("dependency.NomadServicesSnippet", &[("Name", Type::String), ("Tags", service_tags_type())])
});

static SERVICE: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("ID", Type::String),
        ("Name", Type::String),
        ("Node", Type::String),
        ("Address", Type::String),
        ("Port", Type::INT),
        ("Datacenter", Type::String),
        ("Tags", service_tags_type()),
        ("JobID", Type::String),
        ("AllocID", Type::String),
    ];
    structure("dependency.NomadService", &fields)
});

/// `dependency.nanoTime`: nanoseconds since 1970.
static NANO_TIME: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("dependency.nanoTime");
    let nanoseconds = |value: &Value| value.as_i64().unwrap_or_default();
    let builder = NamedType::new("dependency.nanoTime", Type::INT64)
        .stringer(move |value| local_time_text(nanoseconds(value)))
        .method("Time", Signature::new([]).returns(time_type()), move |_, given| {
            Ok(given.first().map_or(Value::Nil, |value| local_time(nanoseconds(value))))
        });
    named.define(builder);
    named
});

static META: LazyLock<Type> = LazyLock::new(|| {
    let time = || Type::Named(Arc::clone(&NANO_TIME));
    let fields = [
        ("Namespace", Type::String),
        ("Path", Type::String),
        ("CreateIndex", Type::UINT64),
        ("ModifyIndex", Type::UINT64),
        ("CreateTime", time()),
        ("ModifyTime", time()),
    ];
    let fields = fields.map(|(name, ty)| Field::new(name, ty));
    let path = |value: &Value| field_text(value, "Path");
    NamedType::structure("dependency.NomadVarMeta", fields).stringer(path).build()
});

/// `dependency.NomadVarItem`: prints as its value, and knows the variable that it is part of.
static ITEM: LazyLock<Type> = LazyLock::new(|| {
    let fields = [Field::new("Key", Type::String), Field::new("Value", Type::String)];
    NamedType::structure("dependency.NomadVarItem", fields)
        .stringer(|value| field_text(value, "Value"))
        .method("MarshalJSON", Signature::new([]).returns(Type::Any), |_, given| {
            Ok(given.first().map_or(Value::Nil, |item| Value::from(field_text(item, "Value"))))
        })
        .method("Metadata", Signature::new([]).returns(Type::pointer(META.clone())), |_, given| {
            Ok(native(given).map_or(Value::Nil, |variable| meta(&variable.meta)))
        })
        .method("Parent", Signature::new([]).returns(Type::Any), |_, given| {
            Ok(native(given).map_or(Value::Nil, |variable| whole(&variable)))
        })
        .build()
});

/// `dependency.NomadVarItems`: the items by name.
static ITEMS: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("dependency.NomadVarItems");
    let no_argument = |result| Signature::new([]).returns(result);
    let builder = NamedType::new("dependency.NomadVarItems", Type::map(Type::String, ITEM.clone()))
        .method("Keys", no_argument(Type::string_slice()), |_, given| {
            Ok(Value::strings(entries(given).into_iter().map(|(name, _)| name)))
        })
        .method("Values", no_argument(Type::string_slice()), |_, given| {
            Ok(Value::strings(entries(given).into_iter().map(|(_, value)| value)))
        })
        .method("Tuples", no_argument(Type::slice(TUPLE.clone())), |_, given| {
            let tuples = entries(given)
                .into_iter()
                .map(|(name, value)| Value::structure(&TUPLE, [Value::from(name), Value::from(value)]));
            Ok(Value::list(TUPLE.clone(), tuples))
        })
        .method("ItemsMap", no_argument(Type::any_map()), |_, given| {
            let entries = entries(given);
            if entries.is_empty() {
                return Ok(Value::zero(&Type::any_map()));
            }
            Ok(Value::map(entries.into_iter().map(|(name, value)| (name, Value::from(value)))))
        })
        .method("Metadata", no_argument(Type::pointer(META.clone())), |_, given| {
            Ok(first_variable(given).map_or(Value::Nil, |variable| meta(&variable.meta)))
        })
        .method("Parent", no_argument(Type::Any), |_, given| {
            Ok(first_variable(given).map_or(Value::Nil, |variable| whole(&variable)))
        });
    named.define(builder);
    named
});

static TUPLE: LazyLock<Type> =
    LazyLock::new(|| Type::structure([Field::new("K", Type::String), Field::new("V", Type::String)]));

static VARIABLE: LazyLock<Type> = LazyLock::new(|| {
    let time = || Type::Named(Arc::clone(&NANO_TIME));
    let fields = [
        ("Namespace", Type::String),
        ("Path", Type::String),
        ("CreateIndex", Type::UINT64),
        ("ModifyIndex", Type::UINT64),
        ("CreateTime", time()),
        ("ModifyTime", time()),
        ("Items", Type::Named(Arc::clone(&ITEMS))),
    ];
    let fields = fields.map(|(name, ty)| Field::new(name, ty));
    NamedType::structure("dependency.NomadVariable", fields)
        .method("Metadata", Signature::new([]).returns(Type::pointer(META.clone())), |_, given| {
            let fields = given.first().map(Value::indirect).and_then(Value::as_struct);
            let first_six = fields.map(|fields| fields.fields().iter().take(6).cloned().collect::<Vec<_>>());
            Ok(first_six.map_or(Value::Nil, |fields| pointer(&META, fields)))
        })
        .build()
});

fn field_text(value: &Value, field: &str) -> Vec<u8> {
    let found =
        value.indirect().as_struct().and_then(|fields| fields.field(field)?.as_bytes().map(<[u8]>::to_vec));
    found.unwrap_or_default()
}

/// The variable that an item is part of.
fn native(given: &[Value]) -> Option<Arc<Variable>> {
    given.first()?.indirect().as_struct()?.native::<Arc<Variable>>().cloned()
}

fn first_variable(given: &[Value]) -> Option<Arc<Variable>> {
    let (_, item) = given.first()?.indirect().items()?.into_iter().next()?;
    native(&[item])
}

/// Names and values, by name.
fn entries(given: &[Value]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let items = given.first().and_then(|items| items.indirect().items()).unwrap_or_default();
    let entry = |(name, item): (Value, Value)| {
        (name.as_bytes().unwrap_or_default().to_vec(), field_text(&item, "Value"))
    };
    items.into_iter().map(entry).collect()
}

fn items(variable: &Arc<Variable>) -> Value {
    item_map(variable).pointer()
}

fn item_map(variable: &Arc<Variable>) -> Value {
    let item = |(name, value): (&String, &String)| {
        let structure = Struct::new(ITEM.clone(), [Value::from(name), Value::from(value)]);
        (Value::from(name), Value::from(structure.with_native(Arc::new(Arc::clone(variable)))))
    };
    let map = Value::typed_map(Type::String, ITEM.clone(), variable.items.iter().map(item));
    Value::named(&ITEMS, map)
}

fn whole(variable: &Arc<Variable>) -> Value {
    let mut fields = meta_fields(&variable.meta).to_vec();
    fields.push(item_map(variable));
    pointer(&VARIABLE, fields)
}

fn meta(variable: &VariableMeta) -> Value {
    pointer(&META, meta_fields(variable))
}

fn meta_fields(variable: &VariableMeta) -> [Value; 6] {
    [
        Value::from(&variable.namespace),
        Value::from(&variable.path),
        variable.create_index.into(),
        variable.modify_index.into(),
        Value::named(&NANO_TIME, Value::from(variable.create_time)),
        Value::named(&NANO_TIME, Value::from(variable.modify_time)),
    ]
}

fn snippet(service: &ServiceSnippet) -> Value {
    pointer(&SNIPPET, [Value::from(&service.name), service_tags(&service.tags)])
}

fn instance(service: &ServiceInstance) -> Value {
    let fields = [
        Value::from(&service.id),
        Value::from(&service.name),
        Value::from(&service.node),
        Value::from(&service.address),
        Value::int(service.port),
        Value::from(&service.datacenter),
        service_tags(&service.tags),
        Value::from(&service.job_id),
        Value::from(&service.alloc_id),
    ];
    pointer(&SERVICE, fields)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use preflight_gotemplate::{CallError, Functions, Options, Template};

    use super::*;

    fn variable() -> Arc<Variable> {
        let meta =
            VariableMeta { path: "app/db".to_owned(), namespace: "default".to_owned(), ..Default::default() };
        let items =
            BTreeMap::from([("user".to_owned(), "ada".to_owned()), ("port".to_owned(), "5432".to_owned())]);
        Arc::new(Variable { meta, items })
    }

    fn rendered(text: &str) -> Result<String, CallError> {
        let template = Template::parse("t", text, &Functions::new(), &Options::default())
            .map_err(|error| CallError::new(error.to_string()))?;
        let data = of(&NomadAnswer::Variable(Some(variable())));
        let bytes = template.execute(&data, &()).map_err(|error| CallError::new(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn items_print_as_their_values_and_know_where_they_are_from() {
        let cases = [
            ("{{ .user }}", "ada"),
            ("{{ .user.Value }} {{ .user.Key }}", "ada user"),
            ("{{ .Keys }} {{ .Values }}", "[port user] [5432 ada]"),
            ("{{ range .Tuples }}{{ .K }}={{ .V }};{{ end }}", "port=5432;user=ada;"),
            ("{{ .user.Parent.Path }} {{ .Metadata }}", "app/db app/db"),
            ("{{ .Parent.Items.port }}", "5432"),
            ("{{ range $name, $item := . }}{{ $name }}={{ $item }};{{ end }}", "port=5432;user=ada;"),
        ];
        for (text, expected) in cases {
            assert_eq!(rendered(text).expect(text), expected, "{text}");
        }
    }
}
