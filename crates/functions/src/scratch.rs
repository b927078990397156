//! `scratch`: values that a template keeps for itself while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use preflight_gotemplate::{CallError, NamedType, Signature, Struct, Type, Value};

use crate::table::{Given as _, Table};

/// The scratch of one run of a template. Cheap to clone; clones are the same scratch.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    values: Arc<Mutex<BTreeMap<Vec<u8>, Value>>>,
}

impl Scratch {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Value>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What templates get: a pointer with methods.
    fn to_value(&self) -> Value {
        let structure = Struct::new(SCRATCH.clone(), []).with_native(Arc::new(self.clone()));
        Value::from(structure).pointer()
    }

    /// Sets an entry of the map that is kept as `name`, which is made if need be.
    fn map_set(&self, name: &[u8], key: &Value, value: &Value, overwrite: bool) -> Result<Value, CallError> {
        let mut values = self.lock();
        let kept = values.entry(name.to_vec()).or_insert_with(|| Value::map::<Vec<u8>>([]));
        let map = kept.as_map().filter(|map| map.type_of() == Type::any_map());
        let Some(map) = map else {
            let quoted = preflight_gotemplate::strconv::quote(name);
            return Err(CallError::new(format!("{quoted} is not a map")));
        };
        if overwrite || map.get(key).is_none() {
            map.insert(key.clone(), value.clone())?;
        }
        Ok(Value::from(""))
    }

    /// The values of the map that is kept as `name`, in the order of their keys.
    fn map_values(&self, name: &[u8]) -> Value {
        let kept = self.lock().get(name).cloned().unwrap_or_default();
        match kept.as_map().filter(|map| map.type_of() == Type::any_map()) {
            Some(map) => Value::any_list(map.entries().values().cloned()),
            None => Value::zero(&Type::any_slice()),
        }
    }
}

static SCRATCH: LazyLock<Type> = LazyLock::new(|| {
    let by_name = || Signature::new([Type::String]);
    let store = || Signature::new([Type::String, Type::Any]).returns(Type::String);
    let store_in =
        || Signature::new([Type::String, Type::String, Type::Any]).returns(Type::String).fallible();
    NamedType::structure("template.Scratch", [])
        .pointer_method("Key", by_name().returns(Type::Bool), |_, given| {
            Ok(of(given)?.lock().contains_key(given.text(1)).into())
        })
        .pointer_method("Get", by_name(), |_, given| {
            Ok(of(given)?.lock().get(given.text(1)).cloned().unwrap_or_default())
        })
        .pointer_method("Set", store(), |_, given| {
            of(given)?.lock().insert(given.text(1).to_vec(), given.value(2).clone());
            Ok(Value::from(""))
        })
        .pointer_method("SetX", store(), |_, given| {
            of(given)?.lock().entry(given.text(1).to_vec()).or_insert_with(|| given.value(2).clone());
            Ok(Value::from(""))
        })
        .pointer_method("MapSet", store_in(), |_, given| {
            of(given)?.map_set(given.text(1), given.value(2), given.value(3), true)
        })
        .pointer_method("MapSetX", store_in(), |_, given| {
            of(given)?.map_set(given.text(1), given.value(2), given.value(3), false)
        })
        .pointer_method("MapValues", by_name().returns(Type::any_slice()).fallible(), |_, given| {
            Ok(of(given)?.map_values(given.text(1)))
        })
        .build()
});

/// The scratch behind the receiver of a method.
fn of(given: &[Value]) -> Result<&Scratch, CallError> {
    let structure = given.value(0).indirect().as_struct();
    structure
        .and_then(Struct::native)
        .ok_or_else(|| CallError::new("runtime error: invalid memory address or nil pointer dereference"))
}

pub(crate) fn register(table: &mut Table<'_>) {
    let find = table.find;
    table.add("scratch", [], Type::pointer(SCRATCH.clone()), move |call, _| {
        Ok(find(call)?.scratch().to_value())
    });
}
