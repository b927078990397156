//! Consul: keys, services, nodes and the rest of what consul-template asks it for.

mod answer;
mod query;
mod settings;

pub use answer::{
    CaLeaf, CaRoot, CatalogService, Check, CheckDefinition, ConsulAnswer, Consumers, ExportedService,
    HealthService, ImportedService, KeyPair, Node, NodeDetail, NodeService, Partition, Peering,
    PeeringRemote, PeeringStream, ServiceAddress, ServiceSnippet, StringMap, Weights,
};
pub use query::{ConsulQuery, Filter, HealthQuery, QuerySyntaxError, Scope};
pub use settings::ConsulSettings;
