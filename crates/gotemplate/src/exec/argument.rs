//! Arguments: converted to the type of the parameter by Go's rules.

use std::sync::Arc;

use super::held::Holder;
use super::{At, Held, Machine, Outcome};
use crate::parse::{Number, Term, TermKind};
use crate::types::Type;
use crate::value::{Kind, Value};

impl<'t> Machine<'t, '_> {
    /// An argument for a parameter of type `ty`.
    pub(super) fn eval_argument(&mut self, dot: &Held, ty: &Type, term: &'t Term) -> Outcome<Value> {
        self.at = At::Term(term);
        match &term.kind {
            TermKind::Dot => self.validated(dot.clone(), ty),
            TermKind::Nil if ty.is_nilable() => Ok(Value::zero(ty)),
            TermKind::Nil => self.fail(format!("cannot assign nil to {ty}")),
            TermKind::Bool(_) | TermKind::Number(_) | TermKind::String { .. } => self.constant(ty, term),
            _ => {
                let value = self.eval_operand(dot, term)?;
                self.validated(value, ty)
            }
        }
    }

    /// A literal for a parameter of type `ty`.
    fn constant(&self, ty: &Type, term: &Term) -> Outcome<Value> {
        let wrong = |expected: &str| self.fail(format!("expected {expected}; found {}", self.show(term)));
        let number = match &term.kind {
            TermKind::Number(number) => Some(&**number),
            _ => None,
        };
        let value = match (ty.underlying(), &term.kind) {
            (Type::Any | Type::Reflect, TermKind::Bool(value)) => return Ok(Value::Bool(*value)),
            (Type::Any | Type::Reflect, TermKind::String { value, .. }) => return Ok(value.clone()),
            (Type::Any | Type::Reflect, TermKind::Number(number)) => return self.ideal(number),
            (Type::Bool, TermKind::Bool(value)) => Value::Bool(*value),
            (Type::Bool, _) => return wrong("bool"),
            (Type::String, TermKind::String { value, .. }) => value.clone(),
            (Type::String, _) => return wrong("string"),
            (basic, _) => match number_as(basic, number) {
                Some(Some(value)) => value,
                Some(None) => return wrong(expected_number(basic)),
                None => return self.fail(format!("can't handle {} for arg of type {ty}", self.show(term))),
            },
        };
        Ok(match ty {
            Type::Named(named) => Value::named(named, value),
            _ => value,
        })
    }

    /// A value as one of type `ty`, if Go lets it be passed.
    pub(super) fn validated(&self, held: Held, ty: &Type) -> Outcome<Value> {
        if held.is_nothing() {
            if ty.is_nilable() {
                return Ok(Value::zero(ty));
            }
            return self.fail(format!("invalid value; expected {ty}"));
        }
        if matches!(ty, Type::Any | Type::Reflect) {
            return Ok(held.value);
        }
        if matches!(held.value, Value::Nil) {
            return match &held.by {
                Holder::Interface(own) if ty.is_assignable_from(&Type::Interface(Arc::clone(own))) => {
                    Ok(Value::Nil)
                }
                _ => self.fail(format!("wrong type for value; expected {ty}; got {}", held.type_name())),
            };
        }
        match held.value.assigned_to(ty) {
            Some(value) => Ok(value),
            None => self.converted(&held, ty),
        }
    }

    /// One step through a pointer, or one pointer more, where that helps.
    fn converted(&self, held: &Held, ty: &Type) -> Outcome<Value> {
        if let Value::Pointer(pointer) = &held.value
            && ty.is_assignable_from(pointer.elem())
        {
            return match pointer.target().and_then(|target| target.assigned_to(ty)) {
                Some(value) => Ok(value),
                None => self.fail(format!("dereference of nil pointer of type {ty}")),
            };
        }
        if held.is_addressable()
            && let Some(own) = held.value.type_of()
            && ty.is_assignable_from(&Type::Pointer(Arc::new(own)))
        {
            return Ok(held.value.clone().pointer());
        }
        self.fail(format!("wrong type for value; expected {ty}; got {}", held.value.type_name()))
    }
}

/// A number as a value of a basic type. The outer `None`: the type takes no numbers; the inner one: not this one.
fn number_as(ty: &Type, number: Option<&Number>) -> Option<Option<Value>> {
    Some(match ty {
        Type::Int(kind) => number.and_then(|number| number.int).map(|int| Value::Int(*kind, kind.wrap(int))),
        Type::Uint(kind) => {
            number.and_then(|number| number.uint).map(|uint| Value::Uint(*kind, kind.wrap(uint)))
        }
        Type::Float(kind) => {
            number.and_then(|number| number.float).map(|float| Value::Float(*kind, kind.round(float)))
        }
        Type::Complex(kind) => number.and_then(|number| number.complex).map(|[real, imaginary]| {
            let part = kind.part();
            Value::Complex(*kind, Arc::new([part.round(real), part.round(imaginary)]))
        }),
        _ => return None,
    })
}

fn expected_number(ty: &Type) -> &'static str {
    match ty.kind() {
        Kind::Float32 | Kind::Float64 => "float",
        Kind::Complex64 | Kind::Complex128 => "complex",
        Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => "integer",
        _ => "unsigned integer",
    }
}
