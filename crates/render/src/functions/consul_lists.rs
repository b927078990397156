//! What Consul lists: keys below a prefix, services, nodes, datacenters, partitions, peerings, certificates.

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};
use preflight_sources::{Query, consul::ConsulQuery};

use super::{add, joined, read_or, text};
use crate::run::{Need, Run};
use crate::values::consul::nothing;

pub(super) fn register(table: &mut Functions) {
    let typed = |nothing: fn() -> Value| nothing().type_of().unwrap_or(Type::Any);
    let below = || Signature::new([Type::String]).returns(typed(nothing::pairs));
    add(table, "ls", below(), |run, call, arguments| level(run, call, arguments, false));
    add(table, "safeLs", below(), |run, call, arguments| level(run, call, arguments, true));
    add(table, "tree", below(), |run, call, arguments| tree(run, call, arguments, false));
    add(table, "safeTree", below(), |run, call, arguments| tree(run, call, arguments, true));
    let words = |result| Signature::new([]).variadic(Type::String).returns(result);
    add(table, "services", words(typed(nothing::snippets)), services);
    add(table, "nodes", words(typed(nothing::nodes)), nodes);
    add(table, "node", words(Type::Any), node);
    let switch = Signature::new([]).variadic(Type::Bool).returns(Type::string_slice());
    add(table, "datacenters", switch, datacenters);
    add(table, "partitions", Signature::new([]).returns(typed(nothing::partitions)), partitions);
    add(table, "peerings", words(typed(nothing::peerings)), peerings);
    add(table, "exportedServices", words(typed(nothing::exported)), exported_services);
    add(table, "importedServices", words(typed(nothing::imported)), imported_services);
    add(table, "caRoots", words(typed(nothing::roots)), ca_roots);
    add(table, "caLeaf", words(Type::Any), ca_leaf);
}

/// The keys directly below a prefix; `insist`: none at all is waited out.
fn level(run: &Run, call: &Call<'_>, arguments: &[Value], insist: bool) -> Result<Value, CallError> {
    pairs(run, call, arguments, insist, |key| !key.is_empty() && !key.contains('/'))
}

/// All keys below a prefix that are not folders.
fn tree(run: &Run, call: &Call<'_>, arguments: &[Value], insist: bool) -> Result<Value, CallError> {
    pairs(run, call, arguments, insist, |key| !key.rsplit('/').next().unwrap_or_default().is_empty())
}

fn pairs(
    run: &Run,
    call: &Call<'_>,
    arguments: &[Value],
    insist: bool,
    belongs: fn(&str) -> bool,
) -> Result<Value, CallError> {
    let written = text(arguments, 0);
    if written.is_empty() {
        return Ok(nothing::pairs());
    }
    let query = Query::Consul(ConsulQuery::list(&written).map_err(CallError::caused_by)?);
    let Some(all) = run.read(call, query.clone(), Need::Answer) else { return Ok(nothing::pairs()) };
    let chosen: Vec<Value> = all
        .as_list()
        .into_iter()
        .flat_map(|list| list.iter())
        .filter(|pair| {
            let key = pair.indirect().as_struct().and_then(|pair| pair.field("Key")).and_then(Value::as_str);
            key.is_some_and(belongs)
        })
        .collect();
    if insist && chosen.is_empty() {
        run.lacks_content(call, query);
    }
    let elem = all.type_of().and_then(|ty| ty.elem().cloned()).unwrap_or(Type::Any);
    Ok(Value::list(elem, chosen))
}

fn services(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = ConsulQuery::services(&joined(arguments, "")).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Consul(query), nothing::snippets))
}

fn nodes(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = ConsulQuery::nodes(&joined(arguments, "")).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Consul(query), nothing::nodes))
}

fn node(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = ConsulQuery::node(&joined(arguments, "")).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Consul(query), || Value::Nil))
}

fn datacenters(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    if arguments.len() > 1 {
        let text =
            format!("datacenters: wrong number of arguments, expected 0 or 1, but got {}", arguments.len());
        return Err(CallError::new(text));
    }
    let ignore_failing = arguments.first().and_then(Value::as_bool).unwrap_or_default();
    let query = Query::Consul(ConsulQuery::Datacenters { ignore_failing });
    Ok(read_or(run, call, query, || Value::strings::<&str>([])))
}

fn partitions(run: &Run, call: &Call<'_>, _: &[Value]) -> Result<Value, CallError> {
    Ok(read_or(run, call, Query::Consul(ConsulQuery::Partitions), nothing::partitions))
}

fn peerings(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let query = ConsulQuery::peerings(&joined(arguments, "")).map_err(CallError::caused_by)?;
    Ok(read_or(run, call, Query::Consul(query), nothing::peerings))
}

fn exported_services(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    at_most_one("exportedServices", arguments)?;
    let query = ConsulQuery::exported_services(&text(arguments, 0));
    Ok(read_or(run, call, Query::Consul(query), nothing::exported))
}

fn imported_services(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    at_most_one("importedServices", arguments)?;
    let query = ConsulQuery::imported_services(&text(arguments, 0));
    Ok(read_or(run, call, Query::Consul(query), nothing::imported))
}

fn at_most_one(name: &str, arguments: &[Value]) -> Result<(), CallError> {
    match arguments.len() {
        0 | 1 => Ok(()),
        _ => Err(CallError::new(format!("{name}: wrong number of arguments, expected 0 or 1"))),
    }
}

fn ca_roots(run: &Run, call: &Call<'_>, _: &[Value]) -> Result<Value, CallError> {
    Ok(read_or(run, call, Query::Consul(ConsulQuery::CaRoots), nothing::roots))
}

fn ca_leaf(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let service = text(arguments, 0);
    if service.is_empty() {
        return Ok(Value::Nil);
    }
    Ok(read_or(run, call, Query::Consul(ConsulQuery::ca_leaf(&service)), || Value::Nil))
}
