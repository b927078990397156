//! Addresses as the values of their templates.

use std::sync::{Arc, LazyLock};

use preflight_gotemplate::{NamedType, Struct, Type, Value};

use super::address::Address;

static ADDRESS: LazyLock<Type> = LazyLock::new(|| {
    let describe =
        |value: &Value| of(value).map(|address| address.describe()).unwrap_or_default().into_bytes();
    NamedType::structure("sockaddr.IfAddr", []).stringer(describe).build()
});

static ADDRESSES: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let ty = NamedType::declare("sockaddr.IfAddrs");
    ty.define(NamedType::new("sockaddr.IfAddrs", Type::slice(ADDRESS.clone())));
    ty
});

/// The type of lists of addresses.
pub(super) fn list_type() -> Type {
    Type::Named(Arc::clone(&ADDRESSES))
}

/// Addresses as a value.
pub(super) fn list(addresses: Vec<Address>) -> Value {
    let items = addresses
        .into_iter()
        .map(|address| Value::from(Struct::new(ADDRESS.clone(), []).with_native(Arc::new(address))));
    Value::named(&ADDRESSES, Value::list(ADDRESS.clone(), items))
}

/// The address that a value is.
pub(super) fn of(value: &Value) -> Option<Address> {
    value.as_struct().and_then(Struct::native::<Address>).cloned()
}

/// The addresses that a value is a list of.
pub(super) fn all_of(value: &Value) -> Vec<Address> {
    value.as_list().map(|list| list.iter().filter_map(|item| of(&item)).collect()).unwrap_or_default()
}
