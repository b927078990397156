//! Maps: typed, sorted by key, and shared, so that a change is seen by every holder.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Value;
use crate::error::CallError;
use crate::types::{MapType, Type};

/// The entries of a map at one moment, sorted by key.
pub type MapEntries = Arc<BTreeMap<MapKey, Value>>;

/// A map of Go; a nil map can be read but not written.
///
/// Readers that walk through it hold on to the entries as they were: whoever changes the map meanwhile changes a copy.
#[derive(Debug)]
pub struct Map {
    ty: Arc<MapType>,
    entries: Option<RwLock<MapEntries>>,
}

/// Maps may hold maps without end; dropping the outermost must not run out of stack.
impl Drop for Map {
    fn drop(&mut self) {
        let entries = self.entries.take();
        crate::deep(|| drop(entries));
    }
}

/// A key, ordered as Go orders keys for printing and for range.
#[derive(Clone, Debug)]
pub struct MapKey(pub Value);

impl Map {
    /// A map with these entries; of equal keys the last one stays.
    #[expect(clippy::mutable_key_type, reason = "what can change, a map, is ordered by its address")]
    pub fn new(key: Type, elem: Type, entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (MapKey(key), value)).collect();
        Self { ty: map_type(key, elem), entries: Some(RwLock::new(Arc::new(entries))) }
    }

    /// A nil map.
    pub fn nil(key: Type, elem: Type) -> Self {
        Self { ty: map_type(key, elem), entries: None }
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        Type::Map(Arc::clone(&self.ty))
    }

    /// The type of its keys.
    pub fn key(&self) -> &Type {
        &self.ty.key
    }

    /// The type of its elements.
    pub fn elem(&self) -> &Type {
        &self.ty.elem
    }

    /// Whether it is a nil map.
    pub fn is_nil(&self) -> bool {
        self.entries.is_none()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.read(|entries| entries.len()).unwrap_or(0)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element of a key, if there is one.
    pub fn get(&self, key: &Value) -> Option<Value> {
        self.read(|entries| entries.get(key as &dyn Key).cloned())?
    }

    /// The element of a string key, if there is one.
    pub fn get_str(&self, key: &str) -> Option<Value> {
        self.get_bytes(key.as_bytes())
    }

    /// The element of a key made of bytes, if there is one.
    pub fn get_bytes(&self, key: &[u8]) -> Option<Value> {
        self.read(|entries| entries.get(&key as &dyn Key).cloned())?
    }

    /// Sets an entry and returns the one that was there.
    ///
    /// # Errors
    /// The map is nil.
    pub fn insert(&self, key: Value, value: Value) -> Result<Option<Value>, CallError> {
        let entries =
            self.entries.as_ref().ok_or_else(|| CallError::new("assignment to entry in nil map"))?;
        let mut entries = entries.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::make_mut(&mut entries).insert(MapKey(key), value))
    }

    /// Removes an entry and returns it.
    pub fn remove(&self, key: &Value) -> Option<Value> {
        let mut entries = self.entries.as_ref()?.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut entries).remove(key as &dyn Key)
    }

    /// The entries as they are now, sorted by key; later changes do not show.
    pub fn entries(&self) -> MapEntries {
        self.read(Arc::clone).unwrap_or_default()
    }

    /// Another map with the same entries, which from now on changes on its own.
    #[must_use]
    pub fn copy(&self) -> Self {
        let entries = self.read(Arc::clone).map(RwLock::new);
        Self { ty: Arc::clone(&self.ty), entries }
    }

    fn read<T>(&self, look: impl FnOnce(&MapEntries) -> T) -> Option<T> {
        let entries = self.entries.as_ref()?.read().unwrap_or_else(PoisonError::into_inner);
        Some(look(&entries))
    }
}

/// The type, shared if it is one of the common ones.
fn map_type(key: Type, elem: Type) -> Arc<MapType> {
    let common = match (&key, &elem) {
        (Type::String, Type::Any) => Type::any_map(),
        (Type::String, Type::String) => Type::string_map(),
        _ => return Arc::new(MapType { key, elem }),
    };
    match common {
        Type::Map(map) => map,
        _ => Arc::new(MapType { key, elem }),
    }
}

/// Lets maps be searched by bytes without making a value of them.
trait Key {
    fn part(&self) -> Part<'_>;
}

enum Part<'a> {
    Bytes(&'a [u8]),
    Other(&'a Value),
}

impl Key for Value {
    fn part(&self) -> Part<'_> {
        match self {
            Self::String(bytes) => Part::Bytes(bytes),
            other => Part::Other(other),
        }
    }
}

impl Key for MapKey {
    fn part(&self) -> Part<'_> {
        self.0.part()
    }
}

impl Key for &[u8] {
    fn part(&self) -> Part<'_> {
        Part::Bytes(self)
    }
}

impl<'a> std::borrow::Borrow<dyn Key + 'a> for MapKey {
    fn borrow(&self) -> &(dyn Key + 'a) {
        self
    }
}

impl Ord for dyn Key + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.part(), other.part()) {
            (Part::Bytes(a), Part::Bytes(b)) => a.cmp(b),
            (Part::Other(a), Part::Other(b)) => a.order(b),
            (Part::Bytes(_), Part::Other(b)) => Value::order_of_string_and(b),
            (Part::Other(a), Part::Bytes(_)) => Value::order_of_string_and(a).reverse(),
        }
    }
}

impl PartialOrd for dyn Key + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for dyn Key + '_ {}

impl Ord for MapKey {
    fn cmp(&self, other: &Self) -> Ordering {
        (self as &dyn Key).cmp(other as &dyn Key)
    }
}

impl PartialOrd for MapKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for MapKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for MapKey {}
