//! Keys and services of Consul.

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};
use preflight_sources::{Query, consul::ConsulQuery};

use super::{add, joined, text};
use crate::run::{Need, Run};
use crate::values::health::no_services;

pub(super) fn register(table: &mut Functions) {
    let text_to = |result| Signature::new([Type::String]).returns(result);
    add(table, "key", text_to(Type::String), key);
    add(table, "mustKey", text_to(Type::String), must_key);
    add(table, "keyExists", text_to(Type::Bool), key_exists);
    let defaulted = Signature::new([Type::String, Type::String]).returns(Type::String);
    add(table, "keyOrDefault", defaulted, key_or_default);
    let words = || Signature::new([]).variadic(Type::String).returns(services_type());
    add(table, "service", words(), service);
    add(table, "connect", words(), connect);
}

fn services_type() -> Type {
    no_services().type_of().unwrap_or(Type::Any)
}

fn key_query(written: &str) -> Result<Query, CallError> {
    ConsulQuery::key(written).map(Query::Consul).map_err(CallError::caused_by)
}

fn key(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let written = text(arguments, 0);
    if written.is_empty() {
        return Ok("".into());
    }
    let value = run.read(call, key_query(&written)?, Need::Existence);
    Ok(value.unwrap_or_else(|| "".into()))
}

/// Like `key`, but what does not exist is an error instead of being waited for.
fn must_key(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let written = text(arguments, 0);
    let query = key_query(&written)?;
    let is_known = run.brain.recall(&query).is_some_and(|memory| memory.answer().is_some());
    match run.read(call, query, Need::Answer) {
        Some(value) => Ok(value),
        None if is_known && written.is_empty() => Err(CallError::new("mustKey: the key has no name")),
        None if is_known => Err(CallError::new(format!("mustKey: {written} does not exist in Consul"))),
        None => Ok("".into()),
    }
}

fn key_exists(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let written = text(arguments, 0);
    if written.is_empty() {
        return Ok(false.into());
    }
    Ok(run.read(call, key_query(&written)?, Need::Answer).is_some().into())
}

fn key_or_default(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let written = text(arguments, 0);
    let default = || arguments.get(1).cloned().unwrap_or_default();
    if written.is_empty() {
        return Ok(default());
    }
    let value = run.read(call, key_query(&written)?, Need::Answer);
    Ok(value.filter(|value| !value.is_empty()).unwrap_or_else(default))
}

fn service(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    instances(run, call, arguments, ConsulQuery::service)
}

fn connect(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    instances(run, call, arguments, ConsulQuery::connect)
}

fn instances<Fault: std::error::Error + Send + Sync + 'static>(
    run: &Run,
    call: &Call<'_>,
    arguments: &[Value],
    parse: fn(&str) -> Result<ConsulQuery, Fault>,
) -> Result<Value, CallError> {
    if text(arguments, 0).is_empty() {
        return Ok(no_services());
    }
    let query = parse(&joined(arguments, "|")).map_err(CallError::caused_by)?;
    Ok(super::read_or(run, call, Query::Consul(query), no_services))
}
