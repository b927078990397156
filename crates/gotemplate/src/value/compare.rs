//! Equality as in Go, and the order of keys.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{ComplexKind, FloatKind, IntKind, UintKind, Value};

impl Value {
    /// Go's `==` between two values whose types can be compared: same type, same value.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(kind, a), Self::Int(other, b)) => kind == other && a == b,
            (Self::Uint(kind, a), Self::Uint(other, b)) => kind == other && a == b,
            (Self::Float(kind, a), Self::Float(other, b)) => kind == other && a == b,
            (Self::Complex(kind, a), Self::Complex(other, b)) => {
                kind == other && a[0] == b[0] && a[1] == b[1]
            }
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.type_of() == b.type_of() && a.iter().zip(b.iter()).all(|(a, b)| a.equals(&b))
            }
            (Self::Struct(a), Self::Struct(b)) => {
                a.type_of() == b.type_of() && a.fields().iter().zip(b.fields()).all(|(a, b)| a.equals(b))
            }
            (Self::Pointer(a), Self::Pointer(b)) => {
                a.type_of() == b.type_of() && (Arc::ptr_eq(a, b) || (a.is_nil() && b.is_nil()))
            }
            (Self::Chan(a), Self::Chan(b)) => {
                a.type_of() == b.type_of() && (Arc::ptr_eq(a, b) || (a.is_nil() && b.is_nil()))
            }
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b),
            (Self::Func(a), Self::Func(b)) => a.is_same(b),
            (Self::Named(a), Self::Named(b)) => a.type_of() == b.type_of() && a.value.equals(&b.value),
            _ => false,
        }
    }

    /// Whether `==` is allowed: no slice, map or function, nor anything that holds one.
    pub fn is_comparable(&self) -> bool {
        match self {
            Self::List(list) if list.is_array() => list.iter().all(|item| item.is_comparable()),
            Self::List(_) | Self::Map(_) | Self::Func(_) => false,
            Self::Struct(structure) => structure.fields().iter().all(Self::is_comparable),
            Self::Named(named) => named.value.is_comparable(),
            _ => true,
        }
    }

    /// The order in which Go prints and ranges over keys: nil first, then by type, then by value; NaN before numbers.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Nil, Self::Nil) => Ordering::Equal,
            (Self::Nil, _) => Ordering::Less,
            (_, Self::Nil) => Ordering::Greater,
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(kind, a), Self::Int(other, b)) if kind == other => a.cmp(b),
            (Self::Uint(kind, a), Self::Uint(other, b)) if kind == other => a.cmp(b),
            (Self::Float(kind, a), Self::Float(other, b)) if kind == other => order_of_floats(*a, *b),
            (Self::Complex(kind, a), Self::Complex(other, b)) if kind == other => {
                order_of_floats(a[0], b[0]).then_with(|| order_of_floats(a[1], b[1]))
            }
            (Self::String(a), Self::String(b)) => a.cmp(b),
            _ => (self.rank().cmp(&other.rank()))
                .then_with(|| self.type_name().cmp(&other.type_name()))
                .then_with(|| self.order_in_type(other)),
        }
    }

    /// Where keys of this type stand among keys of other types. Go orders them by where the linker has put their types,
    /// which for the basic types is this order.
    fn rank(&self) -> u8 {
        match self {
            Self::Nil => 0,
            Self::String(_) => 1,
            Self::Int(IntKind::Int8, _) => 2,
            Self::Uint(UintKind::Uint8, _) => 3,
            Self::Int(IntKind::Int16, _) => 4,
            Self::Uint(UintKind::Uint16, _) => 5,
            Self::Int(IntKind::Int32, _) => 6,
            Self::Uint(UintKind::Uint32, _) => 7,
            Self::Int(IntKind::Int64, _) => 8,
            Self::Uint(UintKind::Uint64, _) => 9,
            Self::Int(IntKind::Int, _) => 10,
            Self::Uint(UintKind::Uint, _) => 11,
            Self::Uint(UintKind::Uintptr, _) => 12,
            Self::Complex(ComplexKind::Complex64, _) => 13,
            Self::Complex(ComplexKind::Complex128, _) => 14,
            Self::Float(FloatKind::Float32, _) => 15,
            Self::Float(FloatKind::Float64, _) => 16,
            Self::Bool(_) => 17,
            _ => 18,
        }
    }

    /// How a string is ordered beside a value that is none.
    pub(super) fn order_of_string_and(other: &Self) -> Ordering {
        match other {
            Self::Nil => Ordering::Greater,
            _ => Ordering::Less,
        }
    }

    fn order_in_type(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Named(a), Self::Named(b)) => a.value.order(&b.value),
            (Self::Struct(a), Self::Struct(b)) => first_difference(a.fields().iter().zip(b.fields())),
            (Self::List(a), Self::List(b)) => {
                let (a, b) = (a.to_vec(), b.to_vec());
                first_difference(a.iter().zip(&b)).then_with(|| a.len().cmp(&b.len()))
            }
            _ => self.address().cmp(&other.address()),
        }
    }
}

fn first_difference<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Ordering {
    pairs.map(|(a, b)| a.order(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn order_of_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
