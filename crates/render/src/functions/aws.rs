//! Parameters of Systems Manager, secrets of Secrets Manager. consul-template has none of these.

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};
use preflight_sources::vault::Json;
use preflight_sources::{Query, aws::AwsQuery};

use super::{add, read_or, text};
use crate::run::{Need, Run};
use crate::values::aws::no_parameters;

pub(super) fn register(table: &mut Functions) {
    add(table, "ssm", Signature::new([Type::String]).returns(Type::String), parameter);
    let parameters_type = no_parameters().type_of().unwrap_or(Type::Any);
    add(table, "ssmTree", Signature::new([Type::String]).returns(parameters_type), parameters);
    let words = Signature::new([Type::String]).variadic(Type::String).returns(Type::String);
    add(table, "awsSecret", words, secret);
}

/// `ssm name`: its value, waited for.
fn parameter(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = AwsQuery::parameter(&text(arguments, 0)).map_err(CallError::caused_by)?;
    Ok(run.read(call, Query::Aws(query), Need::Existence).unwrap_or_else(|| "".into()))
}

/// `ssmTree path`: all parameters below a path.
fn parameters(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = AwsQuery::parameters(&text(arguments, 0)).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Aws(query), no_parameters))
}

/// `awsSecret name [key [stage]]`: the whole secret, or one key of its JSON, of its current or another version.
fn secret(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    if arguments.len() > 3 {
        return Err(CallError::new(format!(
            "awsSecret: expected 1 to 3 arguments, but got {}",
            arguments.len()
        )));
    }
    let (name, key) = (text(arguments, 0), text(arguments, 1));
    let query = AwsQuery::secret(&name, &text(arguments, 2)).map_err(CallError::caused_by)?;
    let Some(value) = run.read(call, Query::Aws(query), Need::Existence) else { return Ok("".into()) };
    if key.is_empty() {
        return Ok(value);
    }
    let json = Json::parse(value.as_bytes().unwrap_or_default())
        .map_err(|error| CallError::new(format!("awsSecret: {name} is not JSON: {error}")))?;
    let Json::Map(members) = &json else {
        return Err(CallError::new(format!("awsSecret: {name} is JSON, but not an object with keys")));
    };
    match members.get(key.as_str()) {
        None => Err(CallError::new(format!("awsSecret: {name} has no key {key}"))),
        Some(Json::String(text) | Json::Number(text)) => Ok(Value::from(&**text)),
        Some(Json::Bool(truth)) => Ok(truth.to_string().into()),
        Some(Json::Null) => Ok("".into()),
        Some(Json::List(_) | Json::Map(_)) => Err(CallError::new(format!(
            "awsSecret: {key} of {name} is no single value; use parseJSON on the whole"
        ))),
    }
}
