//! `call`: functions that are values.

use crate::builtins::collection::prepared;
use crate::error::CallError;
use crate::exec::Held;
use crate::function::{Call, Signature};
use crate::types::Type;
use crate::value::Value;

/// Calls the first argument, which is written `name`, with the others.
pub(crate) fn call(call: &Call<'_>, name: &str, arguments: &[Held]) -> Result<Held, CallError> {
    let Some((callee, arguments)) = arguments.split_first() else {
        return Err(CallError::new("call of nil"));
    };
    let function = match callee.value.underlying() {
        Value::Nil => return Err(CallError::new("call of nil")),
        Value::Func(function) => function,
        _ => {
            let ty = callee.value.type_name();
            return Err(CallError::new(format!("non-function {name} of type {ty}")));
        }
    };
    let signature = function.signature();
    signature.check(name)?;
    check_count(name, signature, arguments.len())?;
    let mut values = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        let ty = signature.parameter(index).unwrap_or(&Type::Any);
        values
            .push(prepared(&argument.value, ty).map_err(|error| error.prefixed(&format!("arg {index}: ")))?);
    }
    let result = function.call(call, &values)?;
    Ok(Held::of(result, signature.result().unwrap_or(&Type::Any), false))
}

fn check_count(name: &str, signature: &Signature, given: usize) -> Result<(), CallError> {
    let parameters = signature.parameters().len();
    if signature.is_variadic() {
        let least = parameters.saturating_sub(1);
        if given < least {
            let message = format!("wrong number of args for {name}: got {given} want at least {least}");
            return Err(CallError::new(message));
        }
    } else if given != parameters {
        return Err(CallError::new(format!(
            "wrong number of args for {name}: got {given} want {parameters}"
        )));
    }
    Ok(())
}
