//! Go's `reflect.DeepEqual`.

use std::collections::HashSet;
use std::sync::Arc;

use preflight_gotemplate::{Map, Value};

use crate::DEEPEST;

/// Whether two values are of one type and equal all the way down.
pub(super) fn deep_equal(one: &Value, other: &Value) -> bool {
    Comparison::default().equal(one, other, 0)
}

/// Pairs of maps that are being compared already, by their addresses: meeting them again tells nothing new.
#[derive(Default)]
struct Comparison {
    begun: HashSet<(usize, usize)>,
}

impl Comparison {
    /// What is nested too deeply is taken for equal, as both sides are alike so far.
    fn equal(&mut self, one: &Value, other: &Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return true;
        }
        match (one, other) {
            (Value::List(a), Value::List(b)) => {
                a.type_of() == b.type_of()
                    && a.is_nil() == b.is_nil()
                    && a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|(a, b)| self.equal(&a, &b, depth + 1))
            }
            (Value::Map(a), Value::Map(b)) => self.maps_are_equal(a, b, depth),
            (Value::Struct(a), Value::Struct(b)) => {
                let mut fields = a.fields().iter().zip(b.fields());
                a.type_of() == b.type_of() && fields.all(|(a, b)| self.equal(a, b, depth + 1))
            }
            (Value::Pointer(a), Value::Pointer(b)) => {
                let mut targets_are_equal = || match (a.target(), b.target()) {
                    (Some(a), Some(b)) => self.equal(a, b, depth + 1),
                    (None, None) => true,
                    _ => false,
                };
                a.type_of() == b.type_of() && (Arc::ptr_eq(a, b) || targets_are_equal())
            }
            (Value::Named(a), Value::Named(b)) => {
                a.type_of() == b.type_of() && self.equal(a.value(), b.value(), depth + 1)
            }
            (Value::Func(a), Value::Func(b)) => a.is_nil() && b.is_nil(),
            _ => one.equals(other),
        }
    }

    fn maps_are_equal(&mut self, a: &Arc<Map>, b: &Arc<Map>, depth: usize) -> bool {
        let pair = (Arc::as_ptr(a).addr(), Arc::as_ptr(b).addr());
        if Arc::ptr_eq(a, b) || !self.begun.insert(pair) {
            return true;
        }
        let (left, right) = (a.entries(), b.entries());
        let mut entries = left.iter();
        a.type_of() == b.type_of()
            && a.is_nil() == b.is_nil()
            && left.len() == right.len()
            && entries
                .all(|(key, value)| right.get(key).is_some_and(|other| self.equal(value, other, depth + 1)))
    }
}
