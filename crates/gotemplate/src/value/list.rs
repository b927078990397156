//! Slices and arrays.

use std::sync::Arc;

use super::{UintKind, Value};
use crate::types::Type;

/// A slice, which may be nil, or an array: a window on items that may be shared with others.
#[derive(Debug)]
pub struct List {
    ty: Type,
    items: Items,
    start: usize,
    length: usize,
    nil: bool,
}

/// Lists may hold lists without end; dropping the outermost must not run out of stack.
impl Drop for List {
    fn drop(&mut self) {
        if let Items::Values(values) = &mut self.items
            && !values.is_empty()
        {
            let values = std::mem::take(values);
            crate::deep(|| drop(values));
        }
    }
}

/// The items behind a list; bytes are stored as such.
#[derive(Clone, Debug)]
enum Items {
    Values(Arc<[Value]>),
    Bytes(Arc<[u8]>),
}

impl Items {
    fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl List {
    /// A slice of items of one type. Items of another type than `elem` make it lie about its type.
    pub fn slice(elem: Type, items: impl Into<Arc<[Value]>>) -> Self {
        let items = items.into();
        Self { ty: Type::slice(elem), start: 0, length: items.len(), items: Items::Values(items), nil: false }
    }

    /// An array of items of one type.
    pub fn array(elem: Type, items: impl Into<Arc<[Value]>>) -> Self {
        let items = items.into();
        let ty = Type::array(elem, items.len());
        Self { ty, start: 0, length: items.len(), items: Items::Values(items), nil: false }
    }

    /// `[]byte`
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let length = bytes.len();
        Self { ty: Type::byte_slice(), items: Items::Bytes(bytes), start: 0, length, nil: false }
    }

    /// A nil slice.
    pub fn nil(elem: Type) -> Self {
        let items = Items::Values(Arc::default());
        Self { ty: Type::slice(elem), items, start: 0, length: 0, nil: true }
    }

    /// Its type, a slice or an array.
    pub fn type_of(&self) -> &Type {
        &self.ty
    }

    /// The type of its items.
    pub fn elem(&self) -> &Type {
        self.ty.elem().unwrap_or(&Type::Any)
    }

    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        matches!(self.ty, Type::Array(_))
    }

    /// Whether it is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Up to where `slice` may reach.
    pub fn capacity(&self) -> usize {
        self.items.len() - self.start
    }

    /// The item at an index.
    pub fn at(&self, index: usize) -> Option<Value> {
        if index >= self.length {
            return None;
        }
        match &self.items {
            Items::Values(values) => values.get(self.start + index).cloned(),
            Items::Bytes(bytes) => {
                bytes.get(self.start + index).map(|byte| Value::Uint(UintKind::Uint8, u64::from(*byte)))
            }
        }
    }

    /// All items, one after the other.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Value> + ExactSizeIterator + '_ {
        (0..self.length).map(|index| self.at(index).unwrap_or_default())
    }

    /// The items without copying them; `None` if they are stored as bytes.
    pub fn as_values(&self) -> Option<&[Value]> {
        match &self.items {
            Items::Values(values) => values.get(self.start..self.start + self.length),
            Items::Bytes(_) => None,
        }
    }

    /// The items if this is a slice made of bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.items {
            Items::Bytes(bytes) => bytes.get(self.start..self.start + self.length),
            Items::Values(_) => None,
        }
    }

    /// The items as a vector.
    pub fn to_vec(&self) -> Vec<Value> {
        self.iter().collect()
    }

    /// `list[start:end:capacity]`, which shares the items; an array becomes a slice. `None` if out of range.
    pub fn window(&self, start: usize, end: usize, capacity: usize) -> Option<Self> {
        if start > end || end > capacity || capacity > self.capacity() {
            return None;
        }
        let items = match &self.items {
            // A smaller capacity hides what lies beyond; it is rare enough to be copied.
            Items::Values(values) if capacity < self.capacity() => {
                Items::Values(values.get(..self.start + capacity)?.into())
            }
            Items::Bytes(bytes) if capacity < self.capacity() => {
                Items::Bytes(bytes.get(..self.start + capacity)?.into())
            }
            shared => shared.clone(),
        };
        let ty = if self.is_array() { Type::slice(self.elem().clone()) } else { self.ty.clone() };
        Some(Self { ty, items, start: self.start + start, length: end - start, nil: self.nil && end == 0 })
    }

    /// Whether both are windows that begin at the same item of the same storage.
    pub fn address(&self) -> usize {
        let base = match &self.items {
            Items::Values(values) => values.as_ptr() as usize,
            Items::Bytes(bytes) => bytes.as_ptr() as usize,
        };
        base + self.start
    }
}
