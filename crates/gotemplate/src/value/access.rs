//! Looking into values.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Kind, List, Map, Struct, Value};
use crate::types::Type;

impl Value {
    /// The type; none for nil.
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Nil => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(kind, _) => Type::Int(*kind),
            Self::Uint(kind, _) => Type::Uint(*kind),
            Self::Float(kind, _) => Type::Float(*kind),
            Self::Complex(kind, _) => Type::Complex(*kind),
            Self::String(_) => Type::String,
            Self::List(list) => list.type_of().clone(),
            Self::Map(map) => map.type_of(),
            Self::Struct(structure) => structure.type_of().clone(),
            Self::Pointer(pointer) => pointer.type_of().clone(),
            Self::Func(function) => function.type_of(),
            Self::Chan(chan) => chan.type_of().clone(),
            Self::Named(named) => named.type_of(),
        })
    }

    /// The type as Go's `%T` prints it: `map[string]interface {}`, `<nil>`.
    pub fn type_name(&self) -> String {
        self.type_of().map_or_else(|| "<nil>".to_owned(), |ty| ty.to_string())
    }

    /// The kind; [`Kind::Invalid`] for nil.
    pub fn kind(&self) -> Kind {
        match self.underlying() {
            Self::Nil | Self::Named(_) => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(kind, _) => kind.kind(),
            Self::Uint(kind, _) => kind.kind(),
            Self::Float(kind, _) => kind.kind(),
            Self::Complex(kind, _) => kind.kind(),
            Self::String(_) => Kind::String,
            Self::List(list) if list.is_array() => Kind::Array,
            Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Struct(_) => Kind::Struct,
            Self::Pointer(_) => Kind::Pointer,
            Self::Func(_) => Kind::Func,
            Self::Chan(_) => Kind::Chan,
        }
    }

    /// The value without its declared type, so that it can be matched on. Structs keep theirs.
    pub fn underlying(&self) -> &Self {
        match self {
            Self::Named(named) => &named.value,
            other => other,
        }
    }

    /// What a pointer, or a pointer to a pointer, points to at last; the last pointer itself if that is nil.
    pub fn indirect(&self) -> &Self {
        let mut value = self;
        while let Self::Pointer(pointer) = value.underlying() {
            match pointer.target() {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    /// Whether it is nil, typed or not.
    pub fn is_nil(&self) -> bool {
        match self.underlying() {
            Self::Nil => true,
            Self::List(list) => list.is_nil(),
            Self::Map(map) => map.is_nil(),
            Self::Pointer(pointer) => pointer.is_nil(),
            Self::Func(function) => function.is_nil(),
            Self::Chan(chan) => chan.is_nil(),
            _ => false,
        }
    }

    /// What `if` makes of it: whether it is not its type's zero value. Structs are always true.
    pub fn is_true(&self) -> bool {
        match self.underlying() {
            Self::Nil | Self::Named(_) => false,
            Self::Bool(value) => *value,
            Self::Int(_, number) => *number != 0,
            Self::Uint(_, number) => *number != 0,
            Self::Float(_, number) => *number != 0.0,
            Self::Complex(_, parts) => parts[0] != 0.0 || parts[1] != 0.0,
            Self::String(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) => true,
            Self::Pointer(pointer) => !pointer.is_nil(),
            Self::Func(function) => !function.is_nil(),
            Self::Chan(chan) => !chan.is_nil(),
        }
    }

    /// The length of a string in bytes, or of a list, map or channel.
    pub fn len(&self) -> Option<usize> {
        match self.underlying() {
            Self::String(bytes) => Some(bytes.len()),
            Self::List(list) => Some(list.len()),
            Self::Map(map) => Some(map.len()),
            Self::Chan(chan) => Some(chan.len()),
            _ => None,
        }
    }

    /// Whether it has a length, and that is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// A bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self.underlying() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A signed integer of any width.
    pub fn as_i64(&self) -> Option<i64> {
        match self.underlying() {
            Self::Int(_, number) => Some(*number),
            _ => None,
        }
    }

    /// An unsigned integer of any width.
    pub fn as_u64(&self) -> Option<u64> {
        match self.underlying() {
            Self::Uint(_, number) => Some(*number),
            _ => None,
        }
    }

    /// A float of any width.
    pub fn as_f64(&self) -> Option<f64> {
        match self.underlying() {
            Self::Float(_, number) => Some(*number),
            _ => None,
        }
    }

    /// A string's bytes; not those of a `[]byte`, see [`List::as_bytes`].
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self.underlying() {
            Self::String(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A string that is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// A string, with U+FFFD for what is not UTF-8.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        self.as_bytes().map(String::from_utf8_lossy)
    }

    /// A slice or an array.
    pub fn as_list(&self) -> Option<&List> {
        match self.underlying() {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// A map.
    pub fn as_map(&self) -> Option<&Arc<Map>> {
        match self.underlying() {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A struct; for a pointer to one see [`Value::indirect`].
    pub fn as_struct(&self) -> Option<&Struct> {
        match self.underlying() {
            Self::Struct(structure) => Some(structure),
            _ => None,
        }
    }

    /// What the value says of itself with its `Error` or else its `String` method, as printing asks for it.
    pub fn describe(&self) -> Option<Vec<u8>> {
        let ty = match self {
            Self::Struct(structure) => structure.type_of().clone(),
            Self::Named(named) => named.type_of(),
            Self::Pointer(pointer) => pointer.type_of().clone(),
            _ => return None,
        };
        let (method, path) =
            ["Error", "String"].into_iter().find_map(|name| ty.find_describing_method(name))?;
        let receiver = self.receiver(&path, method.pointer)?;
        method.describe.as_ref().map(|describe| describe(&receiver))
    }

    /// All items of a list or map as pairs of index or key, and element; `None` for what has no items.
    pub fn items(&self) -> Option<Vec<(Self, Self)>> {
        match self.underlying() {
            Self::List(list) => {
                Some(list.iter().enumerate().map(|(index, item)| (Self::count(index), item)).collect())
            }
            Self::Map(map) => {
                Some(map.entries().iter().map(|(key, item)| (key.0.clone(), item.clone())).collect())
            }
            _ => None,
        }
    }

    /// A number that tells what a reference refers to, while that lives; 0 for nil and for what is no reference.
    pub fn address(&self) -> usize {
        if self.is_nil() {
            return 0;
        }
        match self.underlying() {
            Self::Pointer(pointer) => Arc::as_ptr(pointer).cast::<()>() as usize,
            Self::Map(map) => Arc::as_ptr(map).cast::<()>() as usize,
            Self::Chan(chan) => Arc::as_ptr(chan).cast::<()>() as usize,
            Self::List(list) => list.address(),
            Self::Func(function) => function.address(),
            _ => 0,
        }
    }
}

/// As Go's `%v` prints it.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        crate::exec::append_value(&mut text, self);
        formatter.write_str(&String::from_utf8_lossy(&text))
    }
}
