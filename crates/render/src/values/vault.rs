//! What Vault's queries give to templates.

use std::sync::{Arc, LazyLock};

use preflight_functions::{time, time_type};
use preflight_gotemplate::{NamedType, Type, Value};
use preflight_sources::vault::{Auth, Json, Members, PemBundle, Secret, VaultAnswer, WrapInfo};

use super::shape::{pointer, structure};

/// The answer as a template's value; nil for a secret that does not exist.
pub(super) fn of(answer: &VaultAnswer) -> Value {
    match answer {
        VaultAnswer::Secret(None) => Value::Nil,
        VaultAnswer::Secret(Some(found)) | VaultAnswer::Written(Some(found)) => secret(found),
        // Vault took it without a word: consul-template gives a secret without data.
        VaultAnswer::Written(None) => secret(&Secret::default()),
        VaultAnswer::Names(names) => Value::strings(names.iter()),
        VaultAnswer::Certificate(bundle) => certificate(bundle),
    }
}

static SECRET: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("RequestID", Type::String),
        ("LeaseID", Type::String),
        ("LeaseDuration", Type::INT),
        ("Renewable", Type::Bool),
        ("Data", Type::any_map()),
        ("Warnings", Type::string_slice()),
        ("Auth", Type::pointer(AUTH.clone())),
        ("WrapInfo", Type::pointer(WRAP_INFO.clone())),
    ];
    structure("dependency.Secret", &fields)
});

static AUTH: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("ClientToken", Type::String),
        ("Accessor", Type::String),
        ("Policies", Type::string_slice()),
        ("Metadata", Type::string_map()),
        ("LeaseDuration", Type::INT),
        ("Renewable", Type::Bool),
    ];
    structure("dependency.SecretAuth", &fields)
});

static WRAP_INFO: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("Token", Type::String),
        ("TTL", Type::INT),
        ("CreationTime", time_type()),
        ("WrappedAccessor", Type::String),
    ];
    structure("dependency.SecretWrapInfo", &fields)
});

static PEM: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("Cert", Type::String),
        ("Key", Type::String),
        ("CA", Type::String),
        ("CAChain", Type::string_slice()),
    ];
    structure("dependency.PemEncoded", &fields)
});

/// `json.Number`: the text of a number, as Vault's client keeps it.
static NUMBER: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("json.Number");
    let text = |value: &Value| value.as_bytes().unwrap_or_default().to_vec();
    named.define(NamedType::new("json.Number", Type::String).stringer(text));
    named
});

fn secret(secret: &Secret) -> Value {
    let data = match &secret.data {
        Some(members) => map(members),
        None => Value::zero(&Type::any_map()),
    };
    let warnings = match secret.warnings.as_slice() {
        [] => Value::zero(&Type::string_slice()),
        warnings => Value::strings(warnings),
    };
    let fields = [
        Value::from(&secret.request_id),
        Value::from(&secret.lease_id),
        Value::int(secret.lease_duration),
        secret.renewable.into(),
        data,
        warnings,
        secret.auth.as_ref().map_or_else(|| Value::zero(&Type::pointer(AUTH.clone())), auth),
        secret.wrap_info.as_ref().map_or_else(|| Value::zero(&Type::pointer(WRAP_INFO.clone())), wrap_info),
    ];
    pointer(&SECRET, fields)
}

fn auth(auth: &Auth) -> Value {
    let fields = [
        Value::from(&auth.client_token),
        Value::from(&auth.accessor),
        Value::strings(&auth.policies),
        Value::string_map(auth.metadata.iter()),
        Value::int(auth.lease_duration),
        auth.renewable.into(),
    ];
    pointer(&AUTH, fields)
}

fn wrap_info(info: &WrapInfo) -> Value {
    let fields = [
        Value::from(&info.token),
        Value::int(info.ttl),
        time(&info.creation_time).unwrap_or_else(|| Value::zero(&time_type())),
        Value::from(&info.wrapped_accessor),
    ];
    pointer(&WRAP_INFO, fields)
}

fn certificate(bundle: &PemBundle) -> Value {
    let fields = [
        Value::from(&*bundle.certificate),
        Value::from(&*bundle.key),
        Value::from(&*bundle.authority),
        Value::strings(bundle.chain.iter().map(|authority| authority.as_bytes())),
    ];
    Value::structure(&PEM, fields)
}

fn map(members: &Members) -> Value {
    Value::map(members.iter().map(|(name, json)| (name.as_bytes(), of_json(json))))
}

/// Numbers stay the text that they were.
pub(super) fn of_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(text) => Value::named(&NUMBER, Value::from(&**text)),
        Json::String(text) => Value::from(&**text),
        Json::List(items) => Value::any_list(items.iter().map(of_json)),
        Json::Map(members) => map(members),
    }
}
