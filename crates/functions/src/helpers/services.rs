//! Grouping services by tag, port and meta data.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use preflight_gotemplate::strconv::atoi;
use preflight_gotemplate::{CallError, NamedType, Type, Value};

use crate::table::{Given as _, Table, fail};

/// What is grouped by tag, and the field that has the tags.
const TAGGED: [(&str, &str); 5] = [
    ("dependency.CatalogSnippet", "Tags"),
    ("dependency.CatalogService", "ServiceTags"),
    ("dependency.HealthService", "Tags"),
    ("dependency.NomadServicesSnippet", "Tags"),
    ("dependency.NomadService", "Tags"),
];
/// What is grouped by port, and the field that has the port.
const WITH_PORT: [(&str, &str); 3] = [
    ("dependency.CatalogService", "ServicePort"),
    ("dependency.HealthService", "Port"),
    ("dependency.NomadService", "Port"),
];

/// `[]*dependency.HealthService`
static HEALTH_SERVICES: LazyLock<Type> =
    LazyLock::new(|| Type::slice(Type::pointer(Type::Named(NamedType::declare("dependency.HealthService")))));

pub(super) fn register(table: &mut Table<'_>) {
    let groups = |key: Type| Type::map(key, Type::any_slice());
    table.add("byTag", [Type::Any], groups(Type::String), |_, given| {
        let mut by_tag: BTreeMap<Vec<u8>, Vec<Value>> = BTreeMap::new();
        for_each("byTag", given.value(0), &TAGGED, |service, tags| {
            for tag in tags.as_list().map(|list| list.to_vec()).unwrap_or_default() {
                by_tag.entry(tag.as_bytes().unwrap_or_default().to_vec()).or_default().push(service.clone());
            }
        })?;
        let entries =
            by_tag.into_iter().map(|(tag, services)| (Value::string(tag), Value::any_list(services)));
        Ok(Value::typed_map(Type::String, Type::any_slice(), entries))
    });
    table.add("byPort", [Type::Any], groups(Type::INT), |_, given| {
        let mut by_port: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
        for_each("byPort", given.value(0), &WITH_PORT, |service, port| {
            by_port.entry(port.as_i64().unwrap_or_default()).or_default().push(service.clone());
        })?;
        let entries =
            by_port.into_iter().map(|(port, services)| (Value::int(port), Value::any_list(services)));
        Ok(Value::typed_map(Type::INT, Type::any_slice(), entries))
    });
    let by_meta_type = Type::map(Type::String, HEALTH_SERVICES.clone());
    table.add("byMeta", [Type::String, HEALTH_SERVICES.clone()], by_meta_type, |_, given| {
        by_meta(given.text(0), &given.list(1).map(|list| list.to_vec()).unwrap_or_default())
    });
}

/// Shows each service of a list with its field, if lists of its type are among those known.
fn for_each(
    function: &str,
    services: &Value,
    known: &[(&str, &str)],
    mut show: impl FnMut(&Value, &Value),
) -> Result<(), CallError> {
    if matches!(services, Value::Nil) {
        return Ok(());
    }
    let name = services.type_name();
    let field = known.iter().find(|(ty, _)| name.strip_prefix("[]*") == Some(*ty)).map(|(_, field)| *field);
    let (Some(field), Some(list)) = (field, services.as_list()) else {
        return fail(format!("{function}: wrong argument type {name}"));
    };
    for service in list.iter() {
        if let Some(value) = service.indirect().as_struct().and_then(|structure| structure.field(field)) {
            show(&service, value);
        }
    }
    Ok(())
}

/// Services by one or several values of their meta data, separated by commas. `|int` marks a number.
fn by_meta(names: &[u8], services: &[Value]) -> Result<Value, CallError> {
    let names: Vec<&[u8]> = names.split(|byte| *byte == b',').collect();
    let mut groups: BTreeMap<Vec<u8>, Vec<Value>> = BTreeMap::new();
    for service in services {
        let meta = service.indirect().as_struct().and_then(|structure| structure.field("ServiceMeta"));
        let meta = meta.and_then(Value::as_map);
        let parts = names.iter().map(|name| key_part(meta, name)).collect::<Result<Vec<_>, _>>()?;
        groups.entry(parts.join(&b"_"[..])).or_default().push(service.clone());
    }
    let elem = HEALTH_SERVICES.elem().cloned().unwrap_or(Type::Any);
    let entries =
        groups.into_iter().map(|(key, services)| (Value::string(key), Value::list(elem.clone(), services)));
    Ok(Value::typed_map(Type::String, HEALTH_SERVICES.clone(), entries))
}

/// The part of a group's name that one value of the meta data gives: all but letters, digits, `_` and `-` become `_`.
fn key_part(meta: Option<&Arc<preflight_gotemplate::Map>>, name: &[u8]) -> Result<Vec<u8>, CallError> {
    let bare = name.strip_suffix(b"|int");
    let key = bare.unwrap_or(name);
    let found = meta.and_then(|meta| meta.get_bytes(key)).filter(|value| !value.is_empty());
    let found = found.as_ref().and_then(Value::as_bytes).map(<[u8]>::to_vec);
    let Some(_) = bare else {
        let missing = || [b"_no_", key, b"_"].concat();
        return Ok(normalized(&found.unwrap_or_else(missing)));
    };
    let digits = found.unwrap_or_else(|| b"0".to_vec());
    let number = atoi(&digits).map_err(|fault| {
        CallError::new(format!("cannot parse {} as number : {fault}", String::from_utf8_lossy(&digits)))
    })?;
    Ok(normalized(format!("{number:05}").as_bytes()))
}

fn normalized(text: &[u8]) -> Vec<u8> {
    let plain = |rune: char| rune.is_ascii_alphanumeric() || matches!(rune, '_' | '-');
    crate::text::map(text, |rune| if plain(rune) { rune } else { '_' })
}
