//! Calls of functions, methods and builtin functions.

use smallvec::SmallVec;

use super::pipeline::Arguments;
use super::site::Site;
use super::{At, Held, Machine, Outcome};
use crate::builtins::Builtin;
use crate::error::CallError;
use crate::function::{Call, Function, Signature};
use crate::types::{FoundMethod, Type};
use crate::value::Value;

/// A call to be made.
pub(super) struct Calling<'t, 'f> {
    pub(super) name: &'t str,
    /// What an error of the function points to.
    pub(super) node: At<'t>,
    pub(super) target: Target<'f>,
}

/// What is called.
pub(super) enum Target<'f> {
    Function(&'f Function),
    /// A method; there is no receiver if a pointer on the way to it is nil.
    Method {
        found: &'f FoundMethod<'f>,
        receiver: Option<Value>,
        on: &'f Value,
    },
}

impl Target<'_> {
    fn function(&self) -> &Function {
        match self {
            Self::Function(function) => function,
            Self::Method { found, .. } => &found.method.function,
        }
    }
}

impl<'t> Machine<'t, '_> {
    /// Evaluates the arguments and calls.
    pub(super) fn eval_call(
        &mut self,
        dot: &Held,
        calling: &Calling<'t, '_>,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        let function = calling.target.function();
        let signature = function.signature();
        self.check_count(calling.name, signature, &arguments)?;
        if let Err(error) = signature.check(calling.name) {
            return Err(self.failure(error));
        }
        let mut values: SmallVec<[Value; 4]> = SmallVec::new();
        if let Target::Method { receiver: Some(receiver), .. } = &calling.target {
            values.push(receiver.clone());
        }
        for (index, term) in arguments.terms.iter().enumerate() {
            let ty = signature.parameter(index).unwrap_or(&Type::Any);
            values.push(self.eval_argument(dot, ty, term)?);
        }
        if let Some(last) = arguments.last {
            let ty = signature.parameter(arguments.terms.len()).unwrap_or(&Type::Any);
            values.push(self.validated(last, ty)?);
        }
        if let Target::Method { found, receiver: None, on } = &calling.target {
            return Err(self.failure_of(calling, nil_receiver(found, on)));
        }
        let result = self.with_call(calling, |call| function.call(call, &values));
        match result {
            Ok(value) => Ok(Held::of(value, signature.result().unwrap_or(&Type::Any), false)),
            Err(error) => Err(self.failure_of(calling, error)),
        }
    }

    fn with_call<T>(&self, calling: &Calling<'t, '_>, run: impl FnOnce(&Call<'_>) -> T) -> T {
        let position = match calling.node {
            At::Command(command) => command.position,
            At::Term(term) => term.position,
            _ => 0,
        };
        let site = Site { start: self.start, name: self.name, tree: self.tree, position };
        run(&Call::inside(calling.name, self.start.host, &site))
    }

    #[cold]
    fn failure_of(&mut self, calling: &Calling<'t, '_>, error: CallError) -> super::Failure {
        self.at = calling.node;
        self.failure(error.prefixed(&format!("error calling {}: ", calling.name)))
    }

    fn check_count(&self, name: &str, signature: &Signature, arguments: &Arguments<'_>) -> Outcome<()> {
        let parameters = signature.parameters().len();
        let given = arguments.terms.len();
        let all = given + usize::from(arguments.last.is_some());
        if signature.is_variadic() {
            let least = parameters.saturating_sub(1);
            if all < least {
                return self
                    .fail(format!("wrong number of args for {name}: want at least {least} got {given}"));
            }
        } else if all != parameters {
            return self.fail(format!("wrong number of args for {name}: want {parameters} got {all}"));
        }
        Ok(())
    }

    pub(super) fn eval_builtin(
        &mut self,
        dot: &Held,
        builtin: Builtin,
        name: &'t str,
        node: At<'t>,
        arguments: Arguments<'t>,
    ) -> Outcome<Held> {
        let signature = builtin.signature();
        self.check_count(name, signature, &arguments)?;
        if let Some(deciding) = builtin.short_circuits_at() {
            return self.eval_junction(dot, deciding, arguments);
        }
        let callee = if builtin == Builtin::Call { self.name_of_callee(&arguments) } else { String::new() };
        let mut values: SmallVec<[Held; 4]> = SmallVec::new();
        for (index, term) in arguments.terms.iter().enumerate() {
            values.push(match signature.parameter(index) {
                None | Some(Type::Reflect) => self.eval_operand(dot, term)?,
                Some(ty) => Held::plain(self.eval_argument(dot, ty, term)?),
            });
        }
        if let Some(last) = arguments.last {
            values.push(match signature.parameter(arguments.terms.len()) {
                None | Some(Type::Reflect) => last,
                Some(ty) => Held::plain(self.validated(last, ty)?),
            });
        }
        // The function that is called is named by how it is written.
        let calling = Calling { name, node, target: Target::Function(builtin.nothing()) };
        let result = match builtin {
            Builtin::Call => self.with_call(&calling, |call| crate::builtins::call(call, &callee, &values)),
            _ => builtin.run(&values),
        };
        result.map_err(|error| self.failure_of(&calling, error))
    }

    /// `and` and `or`: the first argument whose truth decides, else the last one.
    fn eval_junction(&mut self, dot: &Held, deciding: bool, arguments: Arguments<'t>) -> Outcome<Held> {
        let mut value = Held::default();
        for term in arguments.terms {
            value = self.eval_operand(dot, term)?;
            if value.value.is_true() == deciding {
                return Ok(value);
            }
        }
        Ok(arguments.last.unwrap_or(value))
    }

    fn name_of_callee(&self, arguments: &Arguments<'_>) -> String {
        match (arguments.terms.first(), &arguments.last) {
            (Some(term), _) => self.show(term),
            (None, Some(last)) => match last.value.as_bytes() {
                Some(text) => String::from_utf8_lossy(text).into_owned(),
                None if last.is_nothing() => "<invalid Value>".to_owned(),
                None => format!("<{} Value>", last.type_name()),
            },
            (None, None) => String::new(),
        }
    }
}

/// What Go says of a method whose receiver cannot be had.
fn nil_receiver(found: &FoundMethod<'_>, on: &Value) -> CallError {
    if !found.path.is_empty() {
        return CallError::new("runtime error: invalid memory address or nil pointer dereference");
    }
    let (ty, method) = (on.type_name(), &found.method.name);
    let ty = ty.trim_start_matches('*');
    let short = ty.rsplit('.').next().unwrap_or(ty);
    CallError::new(format!("value method {ty}.{method} called using nil *{short} pointer"))
}
