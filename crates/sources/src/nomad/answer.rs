//! What Nomad answers with. The fields are those of its HTTP API's "Services" and "Variables".

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

/// What Nomad answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NomadAnswer {
    /// All services, by name.
    Services(Arc<[ServiceSnippet]>),
    /// The instances of one service.
    Service(Arc<[ServiceInstance]>),
    /// Which variables there are, by path.
    Variables(Arc<[VariableMeta]>),
    /// One variable; none when there is none.
    Variable(Option<Arc<Variable>>),
}

/// A service's name and what its instances are tagged with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ServiceSnippet {
    /// The service.
    #[serde(rename = "ServiceName")]
    pub name: String,
    /// Sorted.
    #[serde(rename = "Tags", default, deserialize_with = "sorted")]
    pub tags: Vec<String>,
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceInstance {
    /// The registration.
    #[serde(rename = "ID", default)]
    pub id: String,
    /// The service.
    #[serde(rename = "ServiceName", default)]
    pub name: String,
    /// The id of the node that it runs on.
    #[serde(rename = "NodeID", default)]
    pub node: String,
    /// Where it listens.
    #[serde(default)]
    pub address: String,
    /// On which port.
    #[serde(default)]
    pub port: i64,
    /// The node's datacenter.
    #[serde(default)]
    pub datacenter: String,
    /// Sorted.
    #[serde(default, deserialize_with = "sorted")]
    pub tags: Vec<String>,
    /// The job that it belongs to.
    #[serde(rename = "JobID", default)]
    pub job_id: String,
    /// The allocation that it belongs to.
    #[serde(rename = "AllocID", default)]
    pub alloc_id: String,
}

/// Where a variable is and when it changed; not what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VariableMeta {
    /// Its namespace.
    pub namespace: String,
    /// Its path.
    pub path: String,
    /// Raft's index when it was made.
    pub create_index: u64,
    /// Raft's index when it last changed.
    pub modify_index: u64,
    /// When it was made, in nanoseconds since 1970.
    pub create_time: i64,
    /// When it last changed, in nanoseconds since 1970.
    pub modify_time: i64,
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Variable {
    /// Where it is.
    #[serde(flatten)]
    pub meta: VariableMeta,
    /// What is in it, by name.
    #[serde(rename = "Items", default, deserialize_with = "or_empty")]
    pub items: BTreeMap<String, String>,
}

impl NomadAnswer {
    /// Whether it says that there is nothing.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Services(list) => list.is_empty(),
            Self::Service(list) => list.is_empty(),
            Self::Variables(list) => list.is_empty(),
            Self::Variable(variable) => variable.is_none(),
        }
    }

    /// Whether what is in it must never be shown: variables are encrypted in Nomad and may hold passwords.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    /// Calls `found` with every text that must never be shown.
    pub fn each_sensitive_text(&self, found: &mut dyn FnMut(&str)) {
        if let Self::Variable(Some(variable)) = self {
            variable.items.values().filter(|value| !value.is_empty()).for_each(|value| found(value));
        }
    }
}

/// The values stay unsaid.
impl fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.items.keys().collect();
        formatter.debug_struct("Variable").field("meta", &self.meta).field("names", &names).finish()
    }
}

/// Go writes an empty list as `null`.
fn sorted<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut list: Vec<String> = or_empty(deserializer)?;
    list.sort();
    Ok(list)
}

fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
