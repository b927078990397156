//! Turning keys with slashes into nested maps.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use preflight_gotemplate::strconv::quote;
use preflight_gotemplate::{CallError, Map, NamedType, Struct, Type, Value, fmt};

use crate::DEEPEST;
use crate::table::{Given as _, Table};
use crate::text;

/// `[]*dependency.KeyPair`, which the functions about Consul's keys give. Types of one name are the same.
static PAIRS: LazyLock<Type> =
    LazyLock::new(|| Type::slice(Type::pointer(Type::Named(NamedType::declare("dependency.KeyPair")))));

pub(super) fn register(table: &mut Table<'_>) {
    table.add("explode", [PAIRS.clone()], Type::any_map(), |_, given| {
        let mut tree = Tree::default();
        for pair in given.list(0).map(|list| list.to_vec()).unwrap_or_default() {
            let (key, value) = key_and_value(&pair);
            tree.insert(&key, value).map_err(|fault| fault.prefixed("explode: "))?;
        }
        Ok(tree.into_value())
    });
    table.add("explodeMap", [Type::any_map()], Type::any_map(), |_, given| {
        let mut tree = Tree::default();
        let entries = given.map(0).map(|map| map.entries()).unwrap_or_default();
        for (key, value) in entries.iter() {
            let key = key.0.as_bytes().unwrap_or_default();
            tree.insert(key, value.clone()).map_err(|fault| fault.prefixed("explodeMap: "))?;
        }
        Ok(tree.into_value())
    });
    table.add("byKey", [PAIRS.clone()], by_key_type(), |_, given| {
        Ok(by_key(&given.list(0).map(|list| list.to_vec()).unwrap_or_default()))
    });
}

fn key_and_value(pair: &Value) -> (Vec<u8>, Value) {
    let structure = pair.indirect().as_struct();
    let field = |name| structure.and_then(|structure| structure.field(name)).cloned().unwrap_or_default();
    (field("Key").as_bytes().unwrap_or_default().to_vec(), field("Value"))
}

/// A nested map in the making.
#[derive(Default)]
struct Tree {
    branches: BTreeMap<Vec<u8>, Branch>,
}

enum Branch {
    Made(Tree),
    /// A value as it was given; a map among them is grown in place, as consul-template does.
    Given(Value),
}

impl Tree {
    /// Adds a value under a key, which may nest only so deep.
    fn insert(&mut self, key: &[u8], value: Value) -> Result<(), CallError> {
        if key.iter().filter(|byte| **byte == b'/').count() > DEEPEST {
            return Err(CallError::new("a key is nested too deeply"));
        }
        self.add(key, value)
    }

    fn add(&mut self, key: &[u8], value: Value) -> Result<(), CallError> {
        let Some(slash) = key.iter().position(|byte| *byte == b'/') else {
            if !key.is_empty() {
                self.branches.insert(key.to_vec(), Branch::Given(value));
            }
            return Ok(());
        };
        let (top, rest) = (&key[..slash], &key[slash + 1..]);
        let branch = self.branches.entry(top.to_vec()).or_insert_with(|| Branch::Made(Self::default()));
        match branch {
            Branch::Made(tree) => tree.add(rest, value),
            Branch::Given(given) => match given.as_map().filter(|map| map.type_of() == Type::any_map()) {
                Some(map) => add_to_map(map, rest, value, key),
                None => not_a_map(key, top, given),
            },
        }
    }

    fn into_value(self) -> Value {
        Value::map(self.branches.into_iter().map(|(key, branch)| {
            let value = match branch {
                Branch::Made(tree) => tree.into_value(),
                Branch::Given(value) => value,
            };
            (key, value)
        }))
    }
}

/// The same in a map that was given. `whole` is the key with the part that led here.
fn add_to_map(map: &Arc<Map>, key: &[u8], value: Value, whole: &[u8]) -> Result<(), CallError> {
    let Some(slash) = key.iter().position(|byte| *byte == b'/') else {
        if !key.is_empty() {
            map.insert(Value::string(key), value)?;
        }
        return Ok(());
    };
    let (top, rest) = (&key[..slash], &key[slash + 1..]);
    let next = match map.get_bytes(top) {
        Some(next) => next,
        None => {
            let made = Value::map::<Vec<u8>>([]);
            map.insert(Value::string(top), made.clone())?;
            made
        }
    };
    match next.as_map().filter(|map| map.type_of() == Type::any_map()) {
        Some(next) => add_to_map(next, rest, value, key),
        None => not_a_map(whole, top, &next),
    }
}

fn not_a_map(key: &[u8], top: &[u8], value: &Value) -> Result<(), CallError> {
    let shown = fmt::sprintf("%q", std::slice::from_ref(value));
    let shown = String::from_utf8_lossy(&shown);
    Err(CallError::new(format!("not a map: {}: {} already has value {shown}", quote(key), quote(top))))
}

fn by_key_type() -> Type {
    Type::map(Type::String, inner_type())
}

fn inner_type() -> Type {
    Type::map(Type::String, PAIRS.elem().cloned().unwrap_or(Type::Any))
}

/// Pairs by the first part of their key and by the rest of it, which becomes their key.
fn by_key(pairs: &[Value]) -> Value {
    let mut tops: BTreeMap<Vec<u8>, Vec<(Value, Value)>> = BTreeMap::new();
    for pair in pairs {
        let (key, _) = key_and_value(pair);
        let Some(slash) = text::find(&key, b"/").filter(|slash| slash + 1 < key.len()) else { continue };
        let rest = Value::string(&key[slash + 1..]);
        let Some(structure) = pair.indirect().as_struct() else { continue };
        let pair = with_key(structure, &rest);
        tops.entry(key[..slash].to_vec()).or_default().push((rest, pair));
    }
    let elem = PAIRS.elem().cloned().unwrap_or(Type::Any);
    let entries = tops
        .into_iter()
        .map(|(top, pairs)| (Value::string(top), Value::typed_map(Type::String, elem.clone(), pairs)));
    Value::typed_map(Type::String, inner_type(), entries)
}

/// A copy of a pair with another key.
fn with_key(pair: &Struct, key: &Value) -> Value {
    let names = pair.type_of().fields().unwrap_or_default().iter().map(|field| &field.name);
    let fields =
        names.zip(pair.fields()).map(|(name, value)| if &**name == "Key" { key } else { value }.clone());
    Value::structure(pair.type_of(), fields).pointer()
}
