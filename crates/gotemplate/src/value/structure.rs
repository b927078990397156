//! Structs: fields in order, and what templates cannot see.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::Value;
use crate::types::Type;

/// A struct. It does not change once made; what changes lives behind a pointer, a map or the native part.
pub struct Struct {
    ty: Type,
    fields: Box<[Value]>,
    native: Option<Arc<dyn Any + Send + Sync>>,
}

impl Struct {
    /// A struct of a type with the values of all its fields in order. Missing ones are their type's zero value,
    /// surplus ones are dropped.
    pub fn new(ty: Type, fields: impl IntoIterator<Item = Value>) -> Self {
        let mut given = fields.into_iter();
        let fields = ty
            .fields()
            .unwrap_or_default()
            .iter()
            .map(|field| given.next().unwrap_or_else(|| Value::zero(&field.ty)))
            .collect();
        Self { ty, fields, native: None }
    }

    /// The same with a part that only methods can see, for instance the state behind a `scratch`.
    #[must_use]
    pub fn with_native(mut self, native: Arc<dyn Any + Send + Sync>) -> Self {
        self.native = Some(native);
        self
    }

    /// Its type.
    pub fn type_of(&self) -> &Type {
        &self.ty
    }

    /// The values of all fields in order.
    pub fn fields(&self) -> &[Value] {
        &self.fields
    }

    /// The value of a direct field.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let index = self.ty.fields()?.iter().position(|field| &*field.name == name)?;
        self.fields.get(index)
    }

    /// The part that only methods can see, if it is a `T`.
    pub fn native<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.native.as_ref()?.downcast_ref()
    }
}

impl fmt::Debug for Struct {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{:?}", self.ty, self.fields)
    }
}

impl Value {
    /// What a method gets as its receiver: the value itself or the embedded field that `path` leads to, as a pointer
    /// or not. `None` if a pointer on the way is nil.
    pub(crate) fn receiver(&self, path: &[usize], pointer: bool) -> Option<Self> {
        let mut place = self.clone();
        for index in path {
            let field = place.indirect().as_struct()?.fields().get(*index)?.clone();
            place = field;
        }
        match (&place, pointer) {
            (Self::Pointer(_), true) => Some(place),
            (_, true) => Some(place.pointer()),
            (Self::Pointer(pointer), false) => pointer.target().cloned(),
            (_, false) => Some(place),
        }
    }
}
