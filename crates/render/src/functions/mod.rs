//! The functions that ask for something: `key`, `service`, `secret`, `file` and the others. Each notes in the [`Run`]
//! what it reads; before the answer has come it gives an empty value of its type, so that one pass finds everything
//! that a template needs.

mod aws;
mod consul;
mod consul_lists;
mod effects;
mod local;
mod nomad;
mod vault;

use std::sync::LazyLock;

use preflight_gotemplate::{Call, CallError, Function, Functions, Signature, Value};
use preflight_sources::Query;

use crate::run::{Need, Run};

/// Every function of templates: these, the helpers and the sprig set.
pub(crate) fn table() -> &'static Functions {
    static TABLE: LazyLock<Functions> = LazyLock::new(|| {
        let mut table = Functions::new();
        preflight_functions::register::<Run>(&mut table);
        preflight_functions::sprig::register::<Run>(&mut table);
        consul::register(&mut table);
        consul_lists::register(&mut table);
        vault::register(&mut table);
        nomad::register(&mut table);
        aws::register(&mut table);
        local::register(&mut table);
        effects::register(&mut table);
        table
    });
    &TABLE
}

/// The table without what a template may not call: calling it is an error, with consul-template's words.
pub(crate) fn table_without(denied: &[String]) -> Functions {
    let mut table = table().clone();
    preflight_functions::deny(&mut table, denied.iter().map(String::as_str));
    table
}

/// What a function is given and does: the run, the call and its arguments.
type Body = fn(&Run, &Call<'_>, &[Value]) -> Result<Value, CallError>;

/// Adds a function of a run to the table.
fn add(table: &mut Functions, name: &'static str, signature: Signature, body: Body) {
    let function = Function::new(signature.fallible(), move |call, arguments| match run(call) {
        Some(run) => body(run, call, arguments),
        None => Err(CallError::new(format!("{name}: there is nothing to ask outside of a render run"))),
    });
    table.insert(name, function);
}

/// The run that a call is part of.
pub(crate) fn run<'run>(call: &Call<'run>) -> Option<&'run Run> {
    call.host::<Run>()
}

/// The argument at an index as text; what is not UTF-8 in it is replaced, since no source has such names.
fn text(arguments: &[Value], index: usize) -> String {
    arguments.get(index).and_then(Value::to_text).map(Into::into).unwrap_or_default()
}

/// All arguments as text, in one.
fn joined(arguments: &[Value], between: &str) -> String {
    let texts: Vec<String> = (0..arguments.len()).map(|index| text(arguments, index)).collect();
    texts.join(between)
}

/// What is read, or `nothing` while it is lacking.
fn read_or(run: &Run, call: &Call<'_>, query: Query, nothing: impl FnOnce() -> Value) -> Value {
    run.read(call, query, Need::Answer).unwrap_or_else(nothing)
}

/// `k=v` arguments, as `secret` and `pkiCert` take them.
fn pairs(arguments: &[Value]) -> Result<Vec<(String, String)>, CallError> {
    let mut pairs = Vec::new();
    for index in 0..arguments.len() {
        let written = text(arguments, index);
        if written.is_empty() {
            continue;
        }
        let Some((name, value)) = written.split_once('=') else {
            let quoted = preflight_gotemplate::strconv::quote(written.as_bytes());
            return Err(CallError::new(format!("not k=v pair {quoted}")));
        };
        pairs.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(pairs)
}
