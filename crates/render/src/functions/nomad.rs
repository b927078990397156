//! Nomad's services and variables.

use preflight_gotemplate::{Call, CallError, Functions, Kind, Signature, Type, Value};
use preflight_sources::{Query, nomad::NomadQuery};

use super::{add, joined, read_or, text};
use crate::run::{Need, Run};
use crate::values::nomad::{items_type, no_items, no_services, no_snippets, no_variables};

pub(super) fn register(table: &mut Functions) {
    let typed = |nothing: fn() -> Value| nothing().type_of().unwrap_or(Type::Any);
    let words = |result| Signature::new([]).variadic(Type::String).returns(result);
    add(table, "nomadServices", words(typed(no_snippets)), services);
    let anything = Signature::new([]).variadic(Type::Any).returns(typed(no_services));
    add(table, "nomadService", anything, service);
    add(table, "nomadVarList", words(typed(no_variables)), |run, call, given| {
        variables(run, call, given, false)
    });
    add(table, "nomadVarListSafe", words(typed(no_variables)), |run, call, given| {
        variables(run, call, given, true)
    });
    add(table, "nomadVar", Signature::new([Type::String]).returns(items_type()), variable);
    add(table, "nomadVarExists", Signature::new([Type::String]).returns(Type::Bool), variable_exists);
}

fn services(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = NomadQuery::services(&joined(arguments, "")).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Nomad(query), no_snippets))
}

/// `nomadService name` or `nomadService count key name`.
fn service(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let string = |index: usize, argument: &str| match arguments.get(index) {
        Some(value) if value.kind() == Kind::String => Ok(text(arguments, index)),
        _ => Err(CallError::new(format!("expected string for <{argument}> argument"))),
    };
    let query = match arguments {
        [_] => NomadQuery::service(&string(0, "service")?),
        [count, _, _] => {
            let count = Some(count).filter(|count| count.kind() == Kind::Int).and_then(Value::as_i64);
            let count = count.ok_or_else(|| CallError::new("expected integer for <count> argument"))?;
            NomadQuery::chosen_service(count, &string(1, "key")?, &string(2, "service")?)
        }
        _ => return Err(CallError::new("expected arguments <service> or <count> <key> <service>")),
    };
    let query = query.map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Nomad(query), no_services))
}

fn variables(run: &Run, call: &Call<'_>, arguments: &[Value], insist: bool) -> Result<Value, CallError> {
    if arguments.len() > 1 {
        let words = (0..arguments.len()).map(|index| text(arguments, index)).collect::<Vec<_>>().join(" ");
        return Err(CallError::new(format!(
            "nomadVarList takes either a single \"prefix\" parameter or none for all available variables; got: [{words}]"
        )));
    }
    let query = NomadQuery::variables(&run.setting.nomad_namespace, &text(arguments, 0));
    let query = Query::Nomad(query.map_err(CallError::caused_by)?);
    let found = run.read(call, query.clone(), Need::Answer);
    if insist && found.as_ref().is_some_and(Value::is_empty) {
        run.lacks_content(call, query);
    }
    Ok(found.unwrap_or_else(no_variables))
}

fn variable(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    if path.is_empty() {
        return Ok(no_items());
    }
    let query =
        NomadQuery::variable(&run.setting.nomad_namespace, &path).map_err(CallError::caused_by)?.needed();
    Ok(run.read(call, Query::Nomad(query), Need::Existence).unwrap_or_else(no_items))
}

fn variable_exists(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    if path.is_empty() {
        return Ok(false.into());
    }
    let query = NomadQuery::variable(&run.setting.nomad_namespace, &path).map_err(CallError::caused_by)?;
    Ok(run.read(call, Query::Nomad(query), Need::Answer).is_some().into())
}
