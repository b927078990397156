//! Finding fields and methods by name, embedded ones included.

use super::{Field, Method, Type};

/// What a name means for values of a type.
#[derive(Debug)]
pub(crate) enum Member<'t> {
    /// A field: the embedded fields to go through, then its place.
    Field { path: Vec<usize>, index: usize, field: &'t Field },
    /// A method of the type, or of an embedded field that is reached by `path`.
    Method(FoundMethod<'t>),
}

/// A method and the way to its receiver.
#[derive(Debug)]
pub(crate) struct FoundMethod<'t> {
    pub(crate) method: &'t Method,
    /// The embedded fields to go through.
    pub(crate) path: Vec<usize>,
    /// The receiver can be pointed at, because a pointer leads to it.
    pub(crate) by_pointer: bool,
}

/// A type to be searched, and how it was reached.
struct Place<'t> {
    ty: &'t Type,
    path: Vec<usize>,
    by_pointer: bool,
}

/// Embedded structs nest; beyond this depth they go in circles.
const DEEPEST: usize = 16;

impl Type {
    /// What `name` means for a value of this type, or of what it points to: the least deeply embedded field or method.
    pub(crate) fn find_member(&self, name: &str) -> Option<Member<'_>> {
        let own = Place::new(self, Vec::new(), false);
        if let Some(member) = own.member(name) {
            return Some(member);
        }
        let mut level = own.embedded();
        for _ in 0..DEEPEST {
            let mut found = level.iter().filter_map(|place| place.member(name));
            if let Some(first) = found.next() {
                // Two at the same depth are ambiguous, and Go takes neither.
                return if found.next().is_some() { None } else { Some(first) };
            }
            level = level.iter().flat_map(Place::embedded).collect();
            if level.is_empty() {
                return None;
            }
        }
        None
    }

    /// A method that values of this type have without being addressable.
    pub(crate) fn find_method(&self, name: &str) -> Option<FoundMethod<'_>> {
        match self.find_member(name)? {
            Member::Method(found) if !found.method.pointer || found.by_pointer => Some(found),
            _ => None,
        }
    }

    /// `Error` or `String`, if printing may use it.
    pub(crate) fn find_describing_method(&self, name: &str) -> Option<(&Method, Vec<usize>)> {
        let found = self.find_method(name)?;
        found.method.describe.as_ref()?;
        Some((found.method, found.path))
    }
}

impl<'t> Place<'t> {
    fn new(ty: &'t Type, path: Vec<usize>, by_pointer: bool) -> Self {
        match ty {
            Type::Pointer(elem) => Self { ty: elem, path, by_pointer: true },
            _ => Self { ty, path, by_pointer },
        }
    }

    fn member(&self, name: &str) -> Option<Member<'t>> {
        if let Type::Named(named) = self.ty
            && let Some(method) = named.methods().iter().find(|method| &*method.name == name)
        {
            let path = self.path.clone();
            return Some(Member::Method(FoundMethod { method, path, by_pointer: self.by_pointer }));
        }
        let fields = self.ty.fields()?;
        let index = fields.iter().position(|field| &*field.name == name)?;
        Some(Member::Field { path: self.path.clone(), index, field: &fields[index] })
    }

    fn embedded(&self) -> Vec<Self> {
        let fields = self.ty.fields().unwrap_or_default();
        let embedded = fields.iter().enumerate().filter(|(_, field)| field.embedded);
        embedded
            .map(|(index, field)| {
                let mut path = self.path.clone();
                path.push(index);
                Self::new(&field.ty, path, self.by_pointer)
            })
            .collect()
    }
}
