//! Go's values: what templates read, pass on and print.

mod access;
mod chan;
mod compare;
mod construct;
mod kind;
mod list;
mod map;
mod pointer;
mod structure;

pub use chan::Chan;
pub use kind::{ComplexKind, FloatKind, IntKind, Kind, UintKind};
pub use list::List;
pub use map::{Map, MapEntries, MapKey};
pub use pointer::{Named, Pointer};
pub use structure::Struct;

use std::sync::Arc;

use crate::function::Function;

/// A value of Go. Cheap to clone: everything larger than a number is shared.
///
/// As in Go, maps and pointers are references: all clones see a change. Strings are bytes, not necessarily UTF-8.
/// An interface is not a value of its own: where a type says `interface {}`, there stands the value that it holds.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Untyped nil, and the nil interface.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// Any signed integer type.
    Int(IntKind, i64),
    /// Any unsigned integer type.
    Uint(UintKind, u64),
    /// `float32`, whose value is exactly that of a 32-bit one, or `float64`.
    Float(FloatKind, f64),
    /// `complex64` or `complex128`: real and imaginary part.
    Complex(ComplexKind, Arc<[f64; 2]>),
    /// `string`
    String(Arc<[u8]>),
    /// A slice, which may be nil, or an array.
    List(Arc<List>),
    /// A map, which may be nil.
    Map(Arc<Map>),
    /// A struct.
    Struct(Arc<Struct>),
    /// A pointer, which may be nil.
    Pointer(Arc<Pointer>),
    /// A function, which may be nil.
    Func(Function),
    /// A channel, which may be nil.
    Chan(Arc<Chan>),
    /// A value of a declared type that is not a struct: its type, and the value without it.
    Named(Arc<Named>),
}
