//! Adding functions to a table, and reading the arguments that they get.

use std::sync::Arc;

use preflight_gotemplate::{Call, CallError, Function, Functions, List, Map, Signature, Type, Value};

use crate::surroundings::Find;

/// What a function of one string does.
pub(crate) type OfText = fn(&[u8]) -> Vec<u8>;
/// What a function of two strings does.
pub(crate) type OfTexts = fn(&[u8], &[u8]) -> Vec<u8>;

/// A table of functions that is being filled.
pub(crate) struct Table<'a> {
    functions: &'a mut Functions,
    prefix: &'static str,
    /// How the functions find their surroundings.
    pub(crate) find: Find,
}

impl<'a> Table<'a> {
    /// Names will begin with `prefix`.
    pub(crate) fn new(functions: &'a mut Functions, prefix: &'static str, find: Find) -> Self {
        Self { functions, prefix, find }
    }

    /// A function with a fixed number of parameters.
    pub(crate) fn add<const N: usize, F>(&mut self, name: &str, parameters: [Type; N], result: Type, body: F)
    where
        F: Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
    {
        self.insert(name, Function::new(Signature::new(parameters).returns(result).fallible(), body));
    }

    /// A function with any number of further arguments of type `rest`.
    pub(crate) fn add_variadic<const N: usize, F>(
        &mut self,
        name: &str,
        parameters: [Type; N],
        rest: Type,
        result: Type,
        body: F,
    ) where
        F: Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
    {
        let signature = Signature::new(parameters).variadic(rest).returns(result).fallible();
        self.insert(name, Function::new(signature, body));
    }

    /// A function of one string that gives a string and cannot fail.
    pub(crate) fn text(&mut self, name: &str, body: OfText) {
        self.add(name, [Type::String], Type::String, move |_, given| Ok(body(given.text(0)).into()));
    }

    /// A function under further names.
    pub(crate) fn alias(&mut self, names: &[&str], name: &str) {
        if let Some(function) = self.functions.find(&format!("{}{name}", self.prefix)).cloned() {
            for other in names {
                self.insert(other, function.clone());
            }
        }
    }

    fn insert(&mut self, name: &str, function: Function) {
        self.functions.insert(&format!("{}{name}", self.prefix), function);
    }
}

/// Arguments that a signature has already seen to: asking for what it does not promise gives the zero value.
pub(crate) trait Given {
    fn value(&self, index: usize) -> &Value;

    fn text(&self, index: usize) -> &[u8] {
        self.value(index).as_bytes().unwrap_or_default()
    }

    fn int(&self, index: usize) -> i64 {
        self.value(index).as_i64().unwrap_or_default()
    }

    fn list(&self, index: usize) -> Option<&List> {
        self.value(index).as_list()
    }

    fn map(&self, index: usize) -> Option<&Arc<Map>> {
        self.value(index).as_map()
    }

    /// The arguments from `index` on.
    fn rest(&self, index: usize) -> &[Value];
}

impl Given for [Value] {
    fn value(&self, index: usize) -> &Value {
        self.get(index).unwrap_or(&Value::Nil)
    }

    fn rest(&self, index: usize) -> &[Value] {
        self.get(index..).unwrap_or_default()
    }
}

/// A failure with Go's text.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::new(message))
}

/// What Go says of an untyped nil where a value is needed.
pub(crate) fn no_type<T>() -> Result<T, CallError> {
    fail("reflect: call of reflect.Value.Type on zero Value")
}
