//! Fields, keys and methods by name.

use super::call::{Calling, Target};
use super::pipeline::Arguments;
use super::{At, Held, Machine, Outcome};
use crate::parse::Term;
use crate::strconv::quote;
use crate::template::MissingKey;
use crate::types::{Field, FoundMethod, Member, Type};
use crate::value::{Map, Struct, Value};

impl<'t> Machine<'t, '_> {
    /// `.X.Y.Z` of a value; the last one gets the arguments.
    pub(super) fn eval_fields(
        &mut self,
        dot: &Held,
        receiver: &Held,
        term: &'t Term,
        fields: &'t [Box<str>],
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        let Some((last, before)) = fields.split_last() else { return Ok(receiver.clone()) };
        let mut current = None;
        for name in before {
            let receiver = current.as_ref().unwrap_or(receiver);
            current = Some(self.eval_field(dot, receiver, name, term, Arguments::NONE)?);
        }
        self.eval_field(dot, current.as_ref().unwrap_or(receiver), last, term, arguments)
    }

    fn eval_field(
        &mut self,
        dot: &Held,
        receiver: &Held,
        name: &'t str,
        term: &'t Term,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        if receiver.is_nothing() {
            if self.start.template.options().missing_key == MissingKey::Error {
                return self.fail(format!("nil data; no entry for key {}", quote(name.as_bytes())));
            }
            return Ok(Held::default());
        }
        let value = receiver.value.indirect();
        // The common case needs no look at types.
        if let Value::Map(map) = value
            && let Some(found) = self.eval_key(map, name, &arguments)?
        {
            return Ok(found);
        }
        let made;
        let ty = match value {
            Value::Struct(structure) => structure.type_of(),
            Value::Pointer(pointer) => pointer.type_of(),
            _ => match value.type_of() {
                Some(ty) => {
                    made = ty;
                    &made
                }
                None => return self.fail(format!("nil pointer evaluating {}.{name}", receiver.type_name())),
            },
        };
        let addressable = receiver.is_addressable() || matches!(receiver.value, Value::Pointer(_));
        match ty.find_member(name) {
            Some(Member::Method(found)) if !found.method.pointer || found.by_pointer || addressable => {
                self.eval_method(dot, value, &found, name, term, arguments)
            }
            Some(Member::Field { path, index, field }) if matches!(value, Value::Struct(_)) => {
                self.check_field(receiver, name, field, &arguments)?;
                self.eval_struct_field(value, &path, index, field, addressable)
            }
            found => {
                // The methods of a map come before its keys.
                if let Value::Map(map) = value.underlying()
                    && let Some(element) = self.eval_key(map, name, &arguments)?
                {
                    return Ok(element);
                }
                self.refuse_field(receiver, value, name, found.is_some())
            }
        }
    }

    fn check_field(
        &self,
        receiver: &Held,
        name: &str,
        field: &Field,
        arguments: &Arguments<'_>,
    ) -> Outcome<()> {
        if !field.is_exported() {
            let ty = receiver.type_name();
            return self.fail(format!("{name} is an unexported field of struct type {ty}"));
        }
        if !arguments.is_empty() {
            return self.fail(format!("{name} has arguments but cannot be invoked as function"));
        }
        Ok(())
    }

    /// A field of a struct, or of an embedded one that `path` leads to.
    fn eval_struct_field(
        &self,
        value: &Value,
        path: &[usize],
        index: usize,
        field: &Field,
        addressable: bool,
    ) -> Outcome<Held> {
        let Some(holder) = struct_at(value, path) else {
            let embedded = embedded_name(value, path);
            let message = "reflect: indirection through nil pointer to embedded struct field";
            return self.fail(format!("{message} {embedded}"));
        };
        let found = holder.fields().get(index).cloned().unwrap_or_default();
        Ok(Held::of(found, &field.ty, addressable))
    }

    /// The element of a map whose keys can be strings.
    fn eval_key(&mut self, map: &Map, name: &str, arguments: &Arguments<'_>) -> Outcome<Option<Held>> {
        if !matches!(map.key(), Type::String) && !map.key().is_assignable_from(&Type::String) {
            return Ok(None);
        }
        if !arguments.is_empty() {
            return self.fail(format!("{name} is not a method but has arguments"));
        }
        if let Some(value) = map.get_str(name) {
            return Ok(Some(Held::of(value, map.elem(), false)));
        }
        match self.start.template.options().missing_key {
            MissingKey::Default => Ok(Some(Held::default())),
            MissingKey::Zero => Ok(Some(Held::of(Value::zero(map.elem()), map.elem(), false))),
            MissingKey::Error => self.fail(format!("map has no entry for key {}", quote(name.as_bytes()))),
        }
    }

    fn eval_method(
        &mut self,
        dot: &Held,
        value: &Value,
        found: &FoundMethod<'_>,
        name: &'t str,
        term: &'t Term,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        let receiver = value.receiver(&found.path, found.method.pointer);
        let calling =
            Calling { name, node: At::Term(term), target: Target::Method { found, receiver, on: value } };
        self.eval_call(dot, &calling, arguments)
    }

    #[cold]
    fn refuse_field<T>(&self, receiver: &Held, value: &Value, name: &str, known: bool) -> Outcome<T> {
        let shown = receiver.type_name();
        if let Value::Pointer(pointer) = value
            && (known || pointer.elem().fields().is_none())
        {
            return self.fail(format!("nil pointer evaluating {shown}.{name}"));
        }
        self.fail(format!("can't evaluate field {name} in type {shown}"))
    }
}

/// The struct that a path of embedded fields leads to; `None` if a pointer on the way is nil.
fn struct_at<'v>(value: &'v Value, path: &[usize]) -> Option<&'v Struct> {
    let mut place = value;
    for index in path {
        place = place.indirect().as_struct()?.fields().get(*index)?;
    }
    place.indirect().as_struct()
}

/// The name of the type behind the first nil pointer on a path.
fn embedded_name(value: &Value, path: &[usize]) -> String {
    let mut place = value;
    for index in path {
        let Some(next) = place.indirect().as_struct().and_then(|place| place.fields().get(*index)) else {
            break;
        };
        place = next;
        if place.is_nil() {
            break;
        }
    }
    let name = place.type_name();
    name.rsplit(['.', '*']).next().unwrap_or_default().to_owned()
}
