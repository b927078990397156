//! Consul's `api.ReadableDuration`.

use std::sync::{Arc, LazyLock};

use preflight_functions::duration_text;
use preflight_gotemplate::{NamedType, Type, Value};

/// `api.ReadableDuration`, which prints as a number: only pointers to it have words.
pub(super) static READABLE_DURATION: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("api.ReadableDuration");
    let text = |value: &Value| duration_text(value.indirect().as_i64().unwrap_or_default()).into_bytes();
    named.define(NamedType::new("api.ReadableDuration", Type::INT64).pointer_stringer(text));
    named
});

/// An `api.ReadableDuration` of so many nanoseconds.
pub(super) fn readable_duration(nanoseconds: i64) -> Value {
    Value::named(&READABLE_DURATION, Value::from(nanoseconds))
}
