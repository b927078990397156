//! Pointers, and values of declared types.

use std::sync::Arc;

use super::Value;
use crate::types::{NamedType, Type};

/// A pointer; two are equal when they are clones of one.
#[derive(Debug)]
pub struct Pointer {
    ty: Type,
    target: Option<Value>,
}

impl Pointer {
    /// A pointer to a value of type `elem`.
    pub fn new(elem: Type, target: Value) -> Self {
        Self { ty: Type::pointer(elem), target: Some(target) }
    }

    /// A nil pointer.
    pub fn nil(elem: Type) -> Self {
        Self { ty: Type::pointer(elem), target: None }
    }

    /// Its type.
    pub fn type_of(&self) -> &Type {
        &self.ty
    }

    /// The type of what it points to.
    pub fn elem(&self) -> &Type {
        self.ty.elem().unwrap_or(&Type::Any)
    }

    /// What it points to; nothing if it is nil.
    pub fn target(&self) -> Option<&Value> {
        self.target.as_ref()
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.target.is_none()
    }
}

/// Pointers may lead to pointers without end; dropping the first must not run out of stack.
impl Drop for Pointer {
    fn drop(&mut self) {
        let target = self.target.take();
        crate::deep(|| drop(target));
    }
}

/// A value of a declared type that is not a struct, such as a `time.Duration`.
#[derive(Debug)]
pub struct Named {
    pub(super) ty: Arc<NamedType>,
    pub(super) value: Value,
}

impl Named {
    /// Its type.
    pub fn type_of(&self) -> Type {
        Type::Named(Arc::clone(&self.ty))
    }

    /// The declared type.
    pub fn named_type(&self) -> &Arc<NamedType> {
        &self.ty
    }

    /// The value without its declared type.
    pub fn value(&self) -> &Value {
        &self.value
    }
}
