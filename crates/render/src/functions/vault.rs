//! Vault's secrets and certificates.

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};
use preflight_sources::Query;
use preflight_sources::vault::{Arguments, VaultQuery};

use super::{add, pairs, text};
use crate::run::{Need, Run};

pub(super) fn register(table: &mut Functions) {
    let words = || Signature::new([]).variadic(Type::String).returns(Type::Any);
    add(table, "secret", words(), secret);
    add(table, "pkiCert", words(), certificate);
    add(table, "secrets", Signature::new([Type::String]).returns(Type::string_slice()), secrets);
}

/// `secret path` reads, `secret path k=v…` writes.
fn secret(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let [_, rest @ ..] = arguments else { return Ok(Value::Nil) };
    let path = text(arguments, 0);
    let query = if rest.is_empty() {
        VaultQuery::read(&path)
    } else {
        VaultQuery::write(&path, Arguments::new(pairs(rest)?))
    };
    let query = query.map_err(CallError::caused_by)?;
    Ok(run.read(call, Query::Vault(query), Need::Existence).unwrap_or_default())
}

fn certificate(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let [_, rest @ ..] = arguments else { return Ok(Value::Nil) };
    let query =
        VaultQuery::certificate(&text(arguments, 0), Arguments::new(pairs(rest)?), &run.setting.destination);
    let query = query.map_err(CallError::caused_by)?;
    Ok(run.read(call, Query::Vault(query), Need::Existence).unwrap_or_default())
}

fn secrets(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let nothing = || Value::zero(&Type::string_slice());
    let path = text(arguments, 0);
    if path.is_empty() {
        return Ok(nothing());
    }
    let query = VaultQuery::list(&path).map_err(CallError::caused_by)?;
    Ok(super::read_or(run, call, Query::Vault(query), nothing))
}
