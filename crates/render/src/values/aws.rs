//! What SSM and Secrets Manager give to templates.

use std::sync::LazyLock;

use preflight_gotemplate::{Type, Value};
use preflight_sources::aws::{AwsAnswer, Parameter};

use super::shape::{pointer, pointers, structure};

/// The answer as a template's value; nil for what does not exist.
pub(super) fn of(answer: &AwsAnswer) -> Value {
    match answer {
        AwsAnswer::Parameter(parameter) => match parameter {
            Some(parameter) => Value::from(&parameter.value),
            None => Value::Nil,
        },
        AwsAnswer::Parameters(parameters) => pointers(&PARAMETER, parameters, parameter),
        AwsAnswer::Secret(secret) => match secret {
            Some(secret) => Value::from(secret.as_bytes()),
            None => Value::Nil,
        },
    }
}

/// No parameters.
pub(crate) fn no_parameters() -> Value {
    pointers(&PARAMETER, &[], parameter)
}

/// A parameter below a path: `Path` is its whole name, `Key` the last part of it.
static PARAMETER: LazyLock<Type> = LazyLock::new(|| {
    let fields =
        [("Path", Type::String), ("Key", Type::String), ("Value", Type::String), ("Version", Type::INT64)];
    structure("ssm.Parameter", &fields)
});

fn parameter(parameter: &Parameter) -> Value {
    let key = parameter.name.rsplit('/').next().unwrap_or_default();
    let fields = [
        Value::from(&parameter.name),
        Value::from(key),
        Value::from(&parameter.value),
        Value::from(parameter.version),
    ];
    pointer(&PARAMETER, fields)
}
