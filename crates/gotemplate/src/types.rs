//! Go's types: what a value is, which fields and methods it has, what may be assigned to it.

mod assign;
mod display;
mod lookup;
mod named;

pub(crate) use lookup::{FoundMethod, Member};
pub use named::{Method, NamedType, TypeBuilder};

use std::sync::{Arc, LazyLock};

use crate::function::Signature;
use crate::value::{ComplexKind, FloatKind, IntKind, Kind, UintKind};

/// A type of Go. Cheap to clone; `Display` prints it as Go does (`map[string]interface {}`).
#[derive(Clone, Debug)]
pub enum Type {
    /// `interface {}`: takes any value.
    Any,
    /// `reflect.Value`: a parameter that sees values as they are, nil included.
    Reflect,
    /// `bool`
    Bool,
    /// `int`, `int8` … `int64`
    Int(IntKind),
    /// `uint`, `uint8` … `uint64`, `uintptr`
    Uint(UintKind),
    /// `float32`, `float64`
    Float(FloatKind),
    /// `complex64`, `complex128`
    Complex(ComplexKind),
    /// `string`
    String,
    /// `[]T`
    Slice(Arc<Type>),
    /// `[N]T`
    Array(Arc<ArrayType>),
    /// `map[K]V`
    Map(Arc<MapType>),
    /// `*T`
    Pointer(Arc<Type>),
    /// `struct { … }` without a name.
    Struct(Arc<StructType>),
    /// `func(…) …`
    Func(Arc<Signature>),
    /// `chan T`
    Chan(Arc<ChanType>),
    /// An interface with methods.
    Interface(Arc<InterfaceType>),
    /// A declared type such as `time.Duration`.
    Named(Arc<NamedType>),
}

/// `[length]elem`
#[derive(Debug, PartialEq)]
pub struct ArrayType {
    /// Type of the elements.
    pub elem: Type,
    /// Number of elements.
    pub length: usize,
}

/// `map[key]elem`
#[derive(Debug, PartialEq)]
pub struct MapType {
    /// Type of the keys.
    pub key: Type,
    /// Type of the elements.
    pub elem: Type,
}

/// `chan elem`, perhaps with a direction.
#[derive(Debug, PartialEq)]
pub struct ChanType {
    /// Type of what is sent.
    pub elem: Type,
    /// What the holder may do.
    pub direction: ChanDirection,
}

/// What the holder of a channel may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChanDirection {
    /// `chan T`
    Both,
    /// `<-chan T`
    Receive,
    /// `chan<- T`
    Send,
}

/// An interface with methods; a value satisfies it when its type has all of them by name.
#[derive(Debug, PartialEq)]
pub struct InterfaceType {
    /// How Go prints it: `error`, `fmt.Stringer`, `main.I`.
    pub name: Box<str>,
    /// Names of the methods.
    pub methods: Vec<Box<str>>,
}

/// The fields of a struct, in the order of their declaration.
#[derive(Debug, PartialEq)]
pub struct StructType {
    /// The fields.
    pub fields: Vec<Field>,
}

/// One field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name; exported when that begins with a capital letter.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
    /// Embedded: its own fields and methods can be reached as if they were the outer struct's.
    pub embedded: bool,
    /// The struct tag, as in `json:"name,omitempty"`; often empty.
    pub tag: Box<str>,
}

impl Field {
    /// A plain field.
    pub fn new(name: &str, ty: Type) -> Self {
        Self { name: name.into(), ty, embedded: false, tag: "".into() }
    }

    /// An embedded field; `name` is the type's name without its package.
    pub fn embedded(name: &str, ty: Type) -> Self {
        Self { embedded: true, ..Self::new(name, ty) }
    }

    /// The same field with a struct tag.
    #[must_use]
    pub fn with_tag(self, tag: &str) -> Self {
        Self { tag: tag.into(), ..self }
    }

    /// Whether templates may read it.
    pub fn is_exported(&self) -> bool {
        self.name.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Types that are asked for all the time, made once.
struct Common {
    any_slice: Type,
    string_slice: Type,
    byte_slice: Type,
    any_map: Type,
    string_map: Type,
    error: Type,
}

static COMMON: LazyLock<Common> = LazyLock::new(|| Common {
    any_slice: Type::Slice(Arc::new(Type::Any)),
    string_slice: Type::Slice(Arc::new(Type::String)),
    byte_slice: Type::Slice(Arc::new(Type::Uint(UintKind::Uint8))),
    any_map: Type::map(Type::String, Type::Any),
    string_map: Type::map(Type::String, Type::String),
    error: Type::interface("error", ["Error"]),
});

impl Type {
    /// `int`
    pub const INT: Self = Self::Int(IntKind::Int);
    /// `int64`
    pub const INT64: Self = Self::Int(IntKind::Int64);
    /// `uint`
    pub const UINT: Self = Self::Uint(UintKind::Uint);
    /// `uint64`
    pub const UINT64: Self = Self::Uint(UintKind::Uint64);
    /// `uint8`, which is `byte`
    pub const BYTE: Self = Self::Uint(UintKind::Uint8);
    /// `float64`
    pub const FLOAT64: Self = Self::Float(FloatKind::Float64);

    /// `[]elem`
    pub fn slice(elem: Self) -> Self {
        match elem {
            Self::Any => Self::any_slice(),
            Self::String => Self::string_slice(),
            _ => Self::Slice(Arc::new(elem)),
        }
    }

    /// `[length]elem`
    pub fn array(elem: Self, length: usize) -> Self {
        Self::Array(Arc::new(ArrayType { elem, length }))
    }

    /// `map[key]elem`
    pub fn map(key: Self, elem: Self) -> Self {
        Self::Map(Arc::new(MapType { key, elem }))
    }

    /// `*elem`
    pub fn pointer(elem: Self) -> Self {
        Self::Pointer(Arc::new(elem))
    }

    /// `struct { … }` without a name.
    pub fn structure(fields: impl IntoIterator<Item = Field>) -> Self {
        Self::Struct(Arc::new(StructType { fields: fields.into_iter().collect() }))
    }

    /// `chan elem`
    pub fn chan(elem: Self, direction: ChanDirection) -> Self {
        Self::Chan(Arc::new(ChanType { elem, direction }))
    }

    /// An interface with methods.
    pub fn interface<'a>(name: &str, methods: impl IntoIterator<Item = &'a str>) -> Self {
        let methods = methods.into_iter().map(Into::into).collect();
        Self::Interface(Arc::new(InterfaceType { name: name.into(), methods }))
    }

    /// `[]interface {}`
    pub fn any_slice() -> Self {
        COMMON.any_slice.clone()
    }

    /// `[]string`
    pub fn string_slice() -> Self {
        COMMON.string_slice.clone()
    }

    /// `[]uint8`
    pub fn byte_slice() -> Self {
        COMMON.byte_slice.clone()
    }

    /// `map[string]interface {}`
    pub fn any_map() -> Self {
        COMMON.any_map.clone()
    }

    /// `map[string]string`
    pub fn string_map() -> Self {
        COMMON.string_map.clone()
    }

    /// `error`
    pub fn error() -> Self {
        COMMON.error.clone()
    }

    /// The type that a declared type stands for; any other type is its own.
    pub fn underlying(&self) -> &Self {
        match self {
            Self::Named(named) => named.underlying(),
            other => other,
        }
    }

    /// The kind of the type's values.
    pub fn kind(&self) -> Kind {
        match self.underlying() {
            Self::Any | Self::Interface(_) => Kind::Interface,
            Self::Reflect | Self::Struct(_) | Self::Named(_) => Kind::Struct,
            Self::Bool => Kind::Bool,
            Self::Int(kind) => kind.kind(),
            Self::Uint(kind) => kind.kind(),
            Self::Float(kind) => kind.kind(),
            Self::Complex(kind) => kind.kind(),
            Self::String => Kind::String,
            Self::Slice(_) => Kind::Slice,
            Self::Array(_) => Kind::Array,
            Self::Map(_) => Kind::Map,
            Self::Pointer(_) => Kind::Pointer,
            Self::Func(_) => Kind::Func,
            Self::Chan(_) => Kind::Chan,
        }
    }

    /// Whether values of this type are seen through an interface.
    pub fn is_interface(&self) -> bool {
        matches!(self.underlying(), Self::Any | Self::Interface(_))
    }

    /// The type of the elements of a slice, array, map, pointer or channel.
    pub fn elem(&self) -> Option<&Self> {
        match self.underlying() {
            Self::Slice(elem) | Self::Pointer(elem) => Some(elem),
            Self::Array(array) => Some(&array.elem),
            Self::Map(map) => Some(&map.elem),
            Self::Chan(chan) => Some(&chan.elem),
            _ => None,
        }
    }

    /// The fields of a struct type.
    pub fn fields(&self) -> Option<&[Field]> {
        match self.underlying() {
            Self::Struct(structure) => Some(&structure.fields),
            _ => None,
        }
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any)
            | (Self::Reflect, Self::Reflect)
            | (Self::Bool, Self::Bool)
            | (Self::String, Self::String) => true,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Complex(a), Self::Complex(b)) => a == b,
            (Self::Slice(a), Self::Slice(b)) | (Self::Pointer(a), Self::Pointer(b)) => {
                Arc::ptr_eq(a, b) || a == b
            }
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Struct(a), Self::Struct(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Func(a), Self::Func(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Chan(a), Self::Chan(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Interface(a), Self::Interface(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Named(a), Self::Named(b)) => Arc::ptr_eq(a, b) || a.name() == b.name(),
            _ => false,
        }
    }
}

impl Eq for Type {}
