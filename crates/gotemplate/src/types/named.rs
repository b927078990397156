//! Declared types: a name, what it stands for, and methods.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Field, Type};
use crate::error::CallError;
use crate::function::{Call, Function, Signature};
use crate::value::Value;

/// Gives the text of a value: its `String` or `Error` method.
pub(crate) type Describe = Arc<dyn Fn(&Value) -> Vec<u8> + Send + Sync>;

/// A declared type such as `time.Duration` or `dependency.HealthService`.
///
/// Two named types are the same type when their names are equal.
pub struct NamedType {
    name: Box<str>,
    definition: OnceLock<Definition>,
}

/// What a named type stands for.
struct Definition {
    underlying: Type,
    methods: Vec<Method>,
}

/// A method of a declared type.
#[derive(Clone)]
pub struct Method {
    /// Its name.
    pub name: Box<str>,
    /// Its receiver is `*T`: only pointers and values that can be pointed at have it.
    pub pointer: bool,
    /// What it does; the first argument is the receiver, which the signature does not list.
    pub function: Function,
    /// Set for `String() string` and `Error() string`, which printing uses.
    pub(crate) describe: Option<Describe>,
}

impl NamedType {
    /// A type that stands for another, without methods yet.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a type is shared and does not change, so it is built elsewhere"
    )]
    pub fn new(name: &str, underlying: Type) -> TypeBuilder {
        TypeBuilder { name: name.into(), underlying, methods: Vec::new() }
    }

    /// A struct type, without methods yet.
    pub fn structure(name: &str, fields: impl IntoIterator<Item = Field>) -> TypeBuilder {
        Self::new(name, Type::structure(fields))
    }

    /// A type known by name only, for types that contain themselves; [`NamedType::define`] completes it.
    pub fn declare(name: &str) -> Arc<Self> {
        Arc::new(Self { name: name.into(), definition: OnceLock::new() })
    }

    /// Completes a declared type. The first definition stays.
    pub fn define(&self, builder: TypeBuilder) {
        // A second definition is ignored: values made with the first must stay valid.
        let _ = self.definition.set(Definition { underlying: builder.underlying, methods: builder.methods });
    }

    /// As Go prints it, with the last part of the package: `time.Duration`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that it stands for; a type never defined stands for `struct {}`.
    pub fn underlying(&self) -> &Type {
        static EMPTY: OnceLock<Type> = OnceLock::new();
        match self.definition.get() {
            Some(definition) => definition.underlying.underlying(),
            None => EMPTY.get_or_init(|| Type::structure([])),
        }
    }

    /// Its own methods, not those of embedded fields.
    pub fn methods(&self) -> &[Method] {
        self.definition.get().map_or(&[], |definition| &definition.methods)
    }
}

impl fmt::Debug for NamedType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", if self.pointer { "*" } else { "" }, self.name)
    }
}

/// A declared type in the making.
pub struct TypeBuilder {
    name: Box<str>,
    underlying: Type,
    methods: Vec<Method>,
}

impl TypeBuilder {
    /// Adds a method with receiver `T`; `body` gets the receiver as its first argument.
    #[must_use]
    pub fn method<F>(self, name: &str, signature: Signature, body: F) -> Self
    where
        F: Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
    {
        self.push(name, false, Function::new(signature, body), None)
    }

    /// Adds a method with receiver `*T`; `body` gets the pointer as its first argument, which may be nil.
    #[must_use]
    pub fn pointer_method<F>(self, name: &str, signature: Signature, body: F) -> Self
    where
        F: Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
    {
        self.push(name, true, Function::new(signature, body), None)
    }

    /// Adds `String() string` with receiver `T`, which printing uses.
    #[must_use]
    pub fn stringer(self, describe: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.describe("String", false, Arc::new(describe))
    }

    /// Adds `String() string` with receiver `*T`, which printing uses.
    #[must_use]
    pub fn pointer_stringer(self, describe: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.describe("String", true, Arc::new(describe))
    }

    /// Adds `Error() string` with receiver `T`: the type is an `error`.
    #[must_use]
    pub fn error(self, describe: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.describe("Error", false, Arc::new(describe))
    }

    /// Adds `Error() string` with receiver `*T`: pointers to the type are an `error`.
    #[must_use]
    pub fn pointer_error(self, describe: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.describe("Error", true, Arc::new(describe))
    }

    /// The finished type.
    pub fn build(self) -> Type {
        let named = NamedType::declare(&self.name);
        named.define(self);
        Type::Named(named)
    }

    fn describe(self, name: &str, pointer: bool, describe: Describe) -> Self {
        let body = Arc::clone(&describe);
        let function = Function::new(Signature::new([]).returns(Type::String), move |_, arguments| {
            let receiver = arguments.first().unwrap_or(&Value::Nil);
            Ok(Value::from(body(receiver)))
        });
        self.push(name, pointer, function, Some(describe))
    }

    fn push(mut self, name: &str, pointer: bool, function: Function, describe: Option<Describe>) -> Self {
        self.methods.push(Method { name: name.into(), pointer, function, describe });
        self
    }
}
