//! Making values: from Rust's types, and the zero values of Go's.

use std::sync::{Arc, LazyLock};

use super::{Chan, ComplexKind, FloatKind, IntKind, List, Map, Named, Pointer, Struct, UintKind, Value};
use crate::function::Function;
use crate::types::{Field, NamedType, Type};

impl Value {
    /// A string.
    pub fn string(bytes: impl AsRef<[u8]>) -> Self {
        Self::String(bytes.as_ref().into())
    }

    /// An `int`.
    pub fn int(number: i64) -> Self {
        Self::Int(IntKind::Int, number)
    }

    /// An `int` that counts something.
    pub fn count(number: usize) -> Self {
        Self::Int(IntKind::Int, i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// A `float32`.
    pub fn float32(number: f32) -> Self {
        Self::Float(FloatKind::Float32, f64::from(number))
    }

    /// A `complex128`.
    pub fn complex(real: f64, imaginary: f64) -> Self {
        Self::Complex(ComplexKind::Complex128, Arc::new([real, imaginary]))
    }

    /// `[]elem`
    pub fn list(elem: Type, items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(List::slice(elem, items.into_iter().collect::<Arc<[Self]>>())))
    }

    /// `[]interface {}`
    pub fn any_list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::list(Type::Any, items)
    }

    /// `[]string`
    pub fn strings<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::list(Type::String, items.into_iter().map(Self::string))
    }

    /// `[N]elem`
    pub fn array(elem: Type, items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(List::array(elem, items.into_iter().collect::<Arc<[Self]>>())))
    }

    /// `[]byte`
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::List(Arc::new(List::bytes(bytes.as_ref())))
    }

    /// `map[string]interface {}`
    pub fn map<K: AsRef<[u8]>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::typed_map(
            Type::String,
            Type::Any,
            entries.into_iter().map(|(key, value)| (Self::string(key), value)),
        )
    }

    /// `map[string]string`
    pub fn string_map<K: AsRef<[u8]>, V: AsRef<[u8]>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (Self::string(key), Self::string(value)));
        Self::typed_map(Type::String, Type::String, entries)
    }

    /// `map[key]elem`
    pub fn typed_map(key: Type, elem: Type, entries: impl IntoIterator<Item = (Self, Self)>) -> Self {
        Self::Map(Arc::new(Map::new(key, elem, entries)))
    }

    /// A struct of a type with the values of all its fields in order; missing ones are zero.
    pub fn structure(ty: &Type, fields: impl IntoIterator<Item = Self>) -> Self {
        Self::Struct(Arc::new(Struct::new(ty.clone(), fields)))
    }

    /// A new pointer to this value.
    #[must_use]
    pub fn pointer(self) -> Self {
        let elem = self.type_of().unwrap_or(Type::Any);
        Self::Pointer(Arc::new(Pointer::new(elem, self)))
    }

    /// A value of a declared type, from one of the type that it stands for.
    #[must_use]
    pub fn named(ty: &Arc<NamedType>, value: Self) -> Self {
        let value = value.underlying().clone();
        match &value {
            Self::Struct(structure) => {
                Self::Struct(Arc::new(Struct::new(Type::Named(Arc::clone(ty)), structure.fields().to_vec())))
            }
            _ => Self::Named(Arc::new(Named { ty: Arc::clone(ty), value })),
        }
    }

    /// An error as `errors.New` makes it.
    pub fn error(message: impl AsRef<[u8]>) -> Self {
        static TYPE: LazyLock<Type> = LazyLock::new(|| {
            NamedType::structure("errors.errorString", [Field::new("s", Type::String)])
                .pointer_error(|receiver| {
                    let text =
                        receiver.indirect().as_struct().and_then(|structure| structure.fields().first());
                    text.and_then(Value::as_bytes).unwrap_or_default().to_vec()
                })
                .build()
        });
        Self::structure(&TYPE, [Self::string(message)]).pointer()
    }

    /// The zero value of a type; for an interface that is nil.
    pub fn zero(ty: &Type) -> Self {
        match ty {
            Type::Any | Type::Reflect | Type::Interface(_) => Self::Nil,
            Type::Bool => Self::Bool(false),
            Type::Int(kind) => Self::Int(*kind, 0),
            Type::Uint(kind) => Self::Uint(*kind, 0),
            Type::Float(kind) => Self::Float(*kind, 0.0),
            Type::Complex(kind) => Self::Complex(*kind, Arc::new([0.0, 0.0])),
            Type::String => Self::String(Arc::default()),
            Type::Slice(elem) => Self::List(Arc::new(List::nil((**elem).clone()))),
            Type::Array(array) => {
                // A length beyond what fits in memory cannot come from real data.
                let length = array.length.min(1 << 20);
                Self::array(array.elem.clone(), std::iter::repeat_n(Self::zero(&array.elem), length))
            }
            Type::Map(map) => Self::Map(Arc::new(Map::nil(map.key.clone(), map.elem.clone()))),
            Type::Pointer(elem) => Self::Pointer(Arc::new(Pointer::nil((**elem).clone()))),
            Type::Func(signature) => Self::Func(Function::nil((**signature).clone())),
            Type::Chan(chan) => Self::Chan(Arc::new(Chan::nil(chan.elem.clone(), chan.direction))),
            Type::Struct(_) => Self::structure(ty, []),
            Type::Named(named) => match named.underlying() {
                Type::Struct(_) => Self::structure(ty, []),
                Type::Any | Type::Interface(_) => Self::Nil,
                underlying => Self::named(named, Self::zero(underlying)),
            },
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    /// `int64`; for an `int` see [`Value::int`].
    fn from(value: i64) -> Self {
        Self::Int(IntKind::Int64, value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Uint(UintKind::Uint64, value)
    }
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Self::Uint(UintKind::Uint8, u64::from(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(FloatKind::Float64, value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.as_bytes().into())
    }
}

impl From<&[u8]> for Value {
    /// A string, not a `[]byte`; for that see [`Value::bytes`].
    fn from(value: &[u8]) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into_bytes().into())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::String(value.as_bytes().into())
    }
}

impl From<Vec<u8>> for Value {
    /// A string, not a `[]byte`; for that see [`Value::bytes`].
    fn from(value: Vec<u8>) -> Self {
        Self::String(value.into())
    }
}

impl From<Arc<[u8]>> for Value {
    /// A string that shares the bytes.
    fn from(value: Arc<[u8]>) -> Self {
        Self::String(value)
    }
}

impl From<Function> for Value {
    fn from(value: Function) -> Self {
        Self::Func(value)
    }
}

impl From<Struct> for Value {
    fn from(value: Struct) -> Self {
        Self::Struct(Arc::new(value))
    }
}

impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(Arc::new(value))
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(Arc::new(value))
    }
}

impl From<Chan> for Value {
    fn from(value: Chan) -> Self {
        Self::Chan(Arc::new(value))
    }
}

impl From<Pointer> for Value {
    fn from(value: Pointer) -> Self {
        Self::Pointer(Arc::new(value))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    /// Nil for `None`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nil, Into::into)
    }
}
