//! Nomad: services and variables.

mod answer;
mod query;
mod settings;
mod source;

pub use answer::{NomadAnswer, ServiceInstance, ServiceSnippet, Variable, VariableMeta};
pub use query::NomadQuery;
pub use settings::NomadSettings;
pub(crate) use source::NomadSource;
