//! Consul: keys, services, nodes and the rest of what consul-template asks it for.

mod agent;
mod answer;
mod check;
mod follow;
mod plan;
mod position;
mod prefix;
mod query;
mod request;
mod settings;
mod slots;
mod watch;
mod wire;

pub use answer::{
    CaLeaf, CaRoot, CatalogService, Check, CheckDefinition, ConsulAnswer, Consumers, ExportedService,
    HealthService, ImportedService, KeyPair, Node, NodeDetail, NodeService, Partition, Peering,
    PeeringRemote, PeeringStream, ServiceAddress, ServiceSnippet, StringMap, Weights,
};
pub use query::{ConsulQuery, Filter, HealthQuery, QuerySyntaxError, Scope};
pub use settings::ConsulSettings;
pub(crate) use watch::ConsulWatch;
