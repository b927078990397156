//! Values together with where they are held, which Go's rules and error texts depend on.

use std::sync::Arc;

use crate::types::{InterfaceType, Type};
use crate::value::Value;

/// A value and where it is held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) value: Value,
    pub(crate) by: Holder,
}

/// Where a value is held.
#[derive(Clone, Debug, Default)]
pub(crate) enum Holder {
    /// Nowhere in particular. With nil: there is no value at all.
    #[default]
    Plain,
    /// Where it can be pointed at: an item of a slice, something behind a pointer.
    Addressable,
    /// Something of type `interface {}`. With nil: that is nil.
    Any,
    /// Something of another interface type.
    Interface(Arc<InterfaceType>),
}

impl Holder {
    /// How something of a declared type holds its value.
    pub(crate) fn of(ty: &Type, addressable: bool) -> Self {
        match ty {
            Type::Any => Self::Any,
            Type::Interface(interface) => Self::Interface(Arc::clone(interface)),
            Type::Named(named) => match named.underlying() {
                Type::Any => Self::Any,
                Type::Interface(interface) => Self::Interface(Arc::clone(interface)),
                _ => Self::plain_or(addressable),
            },
            _ => Self::plain_or(addressable),
        }
    }

    fn plain_or(addressable: bool) -> Self {
        if addressable { Self::Addressable } else { Self::Plain }
    }
}

impl Held {
    pub(crate) fn plain(value: Value) -> Self {
        Self { value, by: Holder::Plain }
    }

    /// A value of a declared type.
    pub(crate) fn of(value: Value, ty: &Type, addressable: bool) -> Self {
        Self { value, by: Holder::of(ty, addressable) }
    }

    /// Whether there is no value at all, not even a nil interface.
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, Self { value: Value::Nil, by: Holder::Plain | Holder::Addressable })
    }

    /// Whether an interface holds it.
    pub(crate) fn is_in_interface(&self) -> bool {
        matches!(self.by, Holder::Any | Holder::Interface(_))
    }

    pub(crate) fn is_addressable(&self) -> bool {
        matches!(self.by, Holder::Addressable)
    }

    /// The value itself if it was held by `interface {}`.
    pub(crate) fn out_of_any(mut self) -> Self {
        if matches!(self.by, Holder::Any) {
            self.by = Holder::Plain;
        }
        self
    }

    /// The name of the type as reflection sees it.
    pub(crate) fn type_name(&self) -> String {
        match &self.by {
            Holder::Any => Type::Any.to_string(),
            Holder::Interface(interface) => interface.name.to_string(),
            _ => self.value.type_name(),
        }
    }
}
