//! Functions of templates: closures with a signature of Go, in a table that is built once.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::error::CallError;
use crate::types::Type;
use crate::value::Value;

/// What a function does. It gets exactly the arguments that its signature allows, converted.
pub(crate) type Body = dyn Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync;

/// Takes one step of a range over a function: an item, or an index and an item; `false` means stop.
pub(crate) type Yield<'a> = dyn FnMut(Value, Value) -> bool + 'a;

/// A range-over-func iterator of Go.
pub(crate) type Sequence = dyn Fn(&mut Yield<'_>) + Send + Sync;

/// A function of Go: what it takes and gives, and what it does. Cheap to clone; it may be nil.
#[derive(Clone)]
pub struct Function {
    inner: Arc<Inner>,
}

struct Inner {
    signature: Arc<Signature>,
    body: FunctionBody,
}

/// The ways to run a function.
pub(crate) enum FunctionBody {
    /// A nil function: it has a type, but cannot be called.
    Nil,
    /// A closure.
    Closure(Box<Body>),
    /// `iter.Seq` (one value a step, in the second argument of the step) or `iter.Seq2`.
    Sequence { pairs: bool, run: Box<Sequence> },
}

impl Function {
    /// A function. `body` gets as many arguments as the signature says, each of its parameter's type or an interface's
    /// value; the variadic ones follow one by one.
    pub fn new<F>(signature: Signature, body: F) -> Self
    where
        F: Fn(&Call<'_>, &[Value]) -> Result<Value, CallError> + Send + Sync + 'static,
    {
        Self::with_body(signature, FunctionBody::Closure(Box::new(body)))
    }

    /// A nil function of a type.
    pub fn nil(signature: Signature) -> Self {
        Self::with_body(signature, FunctionBody::Nil)
    }

    /// `iter.Seq[elem]`: `run` calls its argument for every item until that says `false`.
    pub fn sequence<F>(elem: Type, run: F) -> Self
    where
        F: Fn(&mut dyn FnMut(Value) -> bool) + Send + Sync + 'static,
    {
        let step = Signature::new([elem]).returns(Type::Bool);
        let run = move |step: &mut Yield<'_>| run(&mut |item| step(Value::Nil, item));
        let signature = Signature::new([Type::Func(Arc::new(step))]).without_result();
        Self::with_body(signature, FunctionBody::Sequence { pairs: false, run: Box::new(run) })
    }

    /// `iter.Seq2[key, elem]`: `run` calls its argument for every pair until that says `false`.
    pub fn sequence_of_pairs<F>(key: Type, elem: Type, run: F) -> Self
    where
        F: Fn(&mut dyn FnMut(Value, Value) -> bool) + Send + Sync + 'static,
    {
        let step = Signature::new([key, elem]).returns(Type::Bool);
        let signature = Signature::new([Type::Func(Arc::new(step))]).without_result();
        Self::with_body(
            signature,
            FunctionBody::Sequence { pairs: true, run: Box::new(move |step| run(step)) },
        )
    }

    fn with_body(signature: Signature, body: FunctionBody) -> Self {
        Self { inner: Arc::new(Inner { signature: Arc::new(signature), body }) }
    }

    /// What it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.inner.signature
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        Type::Func(Arc::clone(&self.inner.signature))
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        matches!(self.inner.body, FunctionBody::Nil)
    }

    /// Whether both are the same function.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// A number that tells it from other functions while it lives.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.inner).cast::<()>() as usize
    }

    /// Runs it with arguments that already fit its signature.
    ///
    /// # Errors
    /// What the function itself says; that it is nil.
    pub fn call(&self, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
        match &self.inner.body {
            FunctionBody::Closure(body) => body(call, arguments),
            FunctionBody::Nil | FunctionBody::Sequence { .. } => {
                Err(CallError::new("reflect.Value.Call: call of nil function"))
            }
        }
    }

    pub(crate) fn body(&self) -> &FunctionBody {
        &self.inner.body
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.signature.fmt(formatter)
    }
}

/// What a function takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    parameters: Vec<Type>,
    variadic: bool,
    results: Vec<Type>,
}

impl Signature {
    /// Takes these parameters and returns `interface {}`; the methods below change that.
    pub fn new(parameters: impl IntoIterator<Item = Type>) -> Self {
        let parameters = parameters.into_iter().collect();
        Self { parameters, variadic: false, results: vec![Type::Any] }
    }

    /// Any number of further arguments of type `elem`.
    #[must_use]
    pub fn variadic(mut self, elem: Type) -> Self {
        self.parameters.push(elem);
        self.variadic = true;
        self
    }

    /// The type of the result.
    #[must_use]
    pub fn returns(mut self, result: Type) -> Self {
        self.results = vec![result];
        self
    }

    /// One more result; templates refuse to call such a function unless it is an `error`.
    #[must_use]
    pub fn and_returns(mut self, result: Type) -> Self {
        self.results.push(result);
        self
    }

    /// No result at all, which func iterators have; templates refuse to call such a function.
    #[must_use]
    pub fn without_result(mut self) -> Self {
        self.results.clear();
        self
    }

    /// A second result of type `error`. Only for how the type is printed: every function may fail.
    #[must_use]
    pub fn fallible(self) -> Self {
        self.and_returns(Type::error())
    }

    /// The parameters; the last one is the type of one further argument if variadic.
    pub fn parameters(&self) -> &[Type] {
        &self.parameters
    }

    /// Whether the last parameter can be repeated or left out.
    pub fn is_variadic(&self) -> bool {
        self.variadic
    }

    /// The type of the result.
    pub fn result(&self) -> Option<&Type> {
        self.results.first()
    }

    /// The types of all results.
    pub fn results(&self) -> &[Type] {
        &self.results
    }

    /// Whether templates may call it: one result, or two of which the second is an error.
    pub(crate) fn check(&self, name: &str) -> Result<(), CallError> {
        match &*self.results {
            [_] => Ok(()),
            [_, second] if *second == Type::error() => Ok(()),
            [_, second] => Err(CallError::new(format!(
                "invalid function signature for {name}: second return value should be error; is {second}"
            ))),
            results => {
                let count = results.len();
                Err(CallError::new(format!("function {name} has {count} return values; should be 1 or 2")))
            }
        }
    }

    /// The type of the argument at `index`.
    pub(crate) fn parameter(&self, index: usize) -> Option<&Type> {
        match self.parameters.get(index) {
            None if self.variadic => self.parameters.last(),
            found => found,
        }
    }
}

/// Functions by name. Cheap to clone; a clone can be changed without changing the original.
#[derive(Clone, Default)]
pub struct Functions {
    by_name: Arc<HashMap<Box<str>, Function>>,
}

impl Functions {
    /// No functions but the builtin ones of Go, which every template has.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same functions and one more, which hides any other of that name, builtin ones included.
    #[must_use]
    pub fn with(mut self, name: &str, function: Function) -> Self {
        self.insert(name, function);
        self
    }

    /// Adds a function, which hides any other of that name, builtin ones included.
    pub fn insert(&mut self, name: &str, function: Function) {
        Arc::make_mut(&mut self.by_name).insert(name.into(), function);
    }

    /// The function of that name, builtin ones excluded.
    pub fn find(&self, name: &str) -> Option<&Function> {
        self.by_name.get(name)
    }

    /// All names, sorted, builtin ones excluded.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

/// Where a call comes from, for functions that want to know.
pub(crate) trait Caller {
    /// Name of the template text, line and column (both as Go counts them).
    fn position(&self) -> (&str, usize, usize);
    /// Name of the template that is running.
    fn template(&self) -> &str;
    /// Runs another template of the same set.
    fn execute(&self, name: &str, data: &Value) -> Result<Vec<u8>, CallError>;
    /// All templates of the set that have a body.
    fn defined(&self) -> Vec<&str>;
}

/// A call under way: what a function may know of the run that it is part of.
pub struct Call<'a> {
    name: &'a str,
    host: &'a dyn Any,
    caller: Option<&'a dyn Caller>,
}

impl<'a> Call<'a> {
    /// A call from outside of any template, for tests and for functions that call functions.
    pub fn outside(name: &'a str, host: &'a dyn Any) -> Self {
        Self { name, host, caller: None }
    }

    pub(crate) fn inside(name: &'a str, host: &'a dyn Any, caller: &'a dyn Caller) -> Self {
        Self { name, host, caller: Some(caller) }
    }

    /// The name by which the template calls the function.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The state of this run, as given to [`crate::Template::execute`], if it is a `T`.
    pub fn host<T: 'static>(&self) -> Option<&'a T> {
        self.host.downcast_ref()
    }

    /// The same as it was given.
    pub fn any_host(&self) -> &'a dyn Any {
        self.host
    }

    /// The name of the text that the call stands in; empty outside of templates.
    pub fn file(&self) -> &str {
        self.caller.map_or("", |caller| caller.position().0)
    }

    /// The line of the call, from 1; 0 outside of templates.
    pub fn line(&self) -> usize {
        self.caller.map_or(0, |caller| caller.position().1)
    }

    /// The column of the call in bytes, from 0 as in Go's messages.
    pub fn column(&self) -> usize {
        self.caller.map_or(0, |caller| caller.position().2)
    }

    /// The name of the running template, which is another than [`Call::file`] within `define`.
    pub fn template(&self) -> &str {
        self.caller.map_or("", Caller::template)
    }

    /// The names of all templates of this set.
    pub fn defined_templates(&self) -> Vec<&str> {
        self.caller.map_or_else(Vec::new, Caller::defined)
    }

    /// Runs another template of the same set on `data` and returns what it prints.
    ///
    /// # Errors
    /// There is no such template; it fails; templates and functions call each other too deeply.
    pub fn execute_template(&self, name: &str, data: &Value) -> Result<Vec<u8>, CallError> {
        match self.caller {
            Some(caller) => caller.execute(name, data),
            None => Err(CallError::new(format!("no template {name:?}: the call is not within a template"))),
        }
    }
}
