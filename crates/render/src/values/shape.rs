//! Struct types by their Go names: fields in their order, made once.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use preflight_gotemplate::{Field, NamedType, Type, Value};

/// A struct type with these fields.
pub(super) fn structure(name: &str, fields: &[(&str, Type)]) -> Type {
    NamedType::structure(name, fields_of(fields)).build()
}

/// Fields by name and type. A `?` behind a name leaves the field out of JSON while it is empty.
pub(super) fn fields_of(fields: &[(&str, Type)]) -> Vec<Field> {
    let field = |(name, ty): &(&str, Type)| match name.strip_suffix('?') {
        Some(name) => Field::new(name, ty.clone()).with_tag("json:\",omitempty\""),
        None => Field::new(name, ty.clone()),
    };
    fields.iter().map(field).collect()
}

/// `*name` with these field values.
pub(super) fn pointer(ty: &Type, fields: impl IntoIterator<Item = Value>) -> Value {
    Value::structure(ty, fields).pointer()
}

/// `[]*elem`
pub(super) fn pointers<Item>(elem: &Type, items: &[Item], of: impl Fn(&Item) -> Value) -> Value {
    Value::list(Type::pointer(elem.clone()), items.iter().map(of))
}

/// `map[string]string`, nil when there is none.
pub(super) fn string_map(map: Option<&BTreeMap<String, String>>) -> Value {
    match map {
        Some(map) => Value::string_map(map.iter()),
        None => Value::zero(&Type::string_map()),
    }
}

/// `[]string`, nil when there is none.
pub(super) fn strings(list: Option<&[String]>) -> Value {
    match list {
        Some(list) => Value::strings(list),
        None => Value::zero(&Type::string_slice()),
    }
}

/// `dependency.ServiceTags`, a `[]string`.
static SERVICE_TAGS: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("dependency.ServiceTags");
    named.define(NamedType::new("dependency.ServiceTags", Type::string_slice()));
    named
});

/// The type of tags.
pub(super) fn service_tags_type() -> Type {
    Type::Named(Arc::clone(&SERVICE_TAGS))
}

/// Tags.
pub(super) fn service_tags(tags: &[String]) -> Value {
    Value::named(&SERVICE_TAGS, Value::strings(tags))
}
