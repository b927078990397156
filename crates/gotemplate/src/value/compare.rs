//! Equality as in Go, and the order of keys.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Value;

impl Value {
    /// Go's `==` between two values whose types can be compared: same type, same value.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(kind, a), Self::Int(other, b)) => kind == other && a == b,
            (Self::Uint(kind, a), Self::Uint(other, b)) => kind == other && a == b,
            (Self::Float(kind, a), Self::Float(other, b)) => kind == other && a == b,
            (Self::Complex(kind, a), Self::Complex(other, b)) => kind == other && a[0] == b[0] && a[1] == b[1],
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
            _ => self.type_name().cmp(&other.type_name()).then_with(|| self.order_in_type(other)),
        }
    }

    /// How a string is ordered beside a value that is none.
    pub(super) fn order_of_string_and(other: &Self) -> Ordering {
        match other {
            Self::Nil => Ordering::Greater,
            _ => "string".cmp(other.type_name().as_str()),
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
