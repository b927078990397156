//! Go's rules for what may be assigned to what.

use super::{ChanDirection, Type};
use crate::value::Value;

impl Type {
    /// Whether a value of type `from` may be assigned to this type.
    pub fn is_assignable_from(&self, from: &Self) -> bool {
        match (self, from) {
            (Self::Any, _) => true,
            _ if self == from => true,
            (target, _) if target.is_interface() => target.is_implemented_by(from),
            (Self::Chan(to), Self::Chan(chan)) => {
                chan.direction == ChanDirection::Both && to.elem == chan.elem
            }
            _ => (!self.has_name() || !from.has_name()) && self.underlying() == from.underlying(),
        }
    }

    /// Whether values of type `from` have all methods of this interface.
    pub(crate) fn is_implemented_by(&self, from: &Self) -> bool {
        match self.underlying() {
            Self::Any => true,
            Self::Interface(wanted) => match from.underlying() {
                Self::Interface(offered) => wanted.methods.iter().all(|name| offered.methods.contains(name)),
                _ => wanted.methods.iter().all(|name| from.find_method(name).is_some()),
            },
            _ => false,
        }
    }

    /// Whether an untyped nil can stand for a value of this type.
    pub fn is_nilable(&self) -> bool {
        matches!(self, Self::Reflect) || self.kind().is_nilable()
    }

    /// Whether `==` is allowed between values of this type.
    pub fn is_comparable(&self) -> bool {
        match self.underlying() {
            Self::Slice(_) | Self::Map(_) | Self::Func(_) => false,
            Self::Array(array) => array.elem.is_comparable(),
            Self::Struct(structure) => structure.fields.iter().all(|field| field.ty.is_comparable()),
            _ => true,
        }
    }

    /// Predeclared and declared types have a name; types that are written out have none.
    fn has_name(&self) -> bool {
        !matches!(
            self,
            Self::Slice(_)
                | Self::Array(_)
                | Self::Map(_)
                | Self::Pointer(_)
                | Self::Struct(_)
                | Self::Func(_)
                | Self::Chan(_)
        )
    }
}

impl Value {
    /// The value as one of type `ty`, if Go lets it be assigned: it takes or loses a declared type where the two types
    /// are otherwise the same. Nil becomes the zero value of a type that may be nil.
    pub fn assigned_to(&self, ty: &Type) -> Option<Self> {
        let own = match (self, ty) {
            (_, Type::Any | Type::Reflect)
            | (Self::String(_), Type::String)
            | (Self::Bool(_), Type::Bool) => return Some(self.clone()),
            (Self::Nil, _) => return ty.is_nilable().then(|| Self::zero(ty)),
            _ => self.type_of()?,
        };
        if !ty.is_assignable_from(&own) {
            return None;
        }
        Some(match ty {
            _ if ty.is_interface() || *ty == own => self.clone(),
            Type::Named(named) => Self::named(named, self.clone()),
            _ => self.underlying().clone(),
        })
    }
}
