//! Consul: keys, services, nodes and the rest of what consul-template asks it for.
//!
//! How it is watched. A plan (`plan`) says which requests serve the wanted queries: keys below a common prefix share one
//! recursive request. Each request is followed by a task (`follow`, `prefix`) that asks, waits for a change at the server
//! by the rules of the index (`position`), compares and tells the board. One task (`watch`) keeps the plan: it makes a
//! new one when something else is wanted, or when a prefix turns out to be forbidden or too large; what was told already
//! is not told again. A key that a prefix does not show is looked for by itself once, since access control hides in
//! silence.
//!
//! How many connections it takes. At most [`ConsulSettings::CONNECTIONS`], unless the settings say otherwise, and only as
//! many as there are requests: a hundred keys of one folder take one or two. All but one may be held by a request that
//! waits (`slots`); what finds none free is asked once a second, less often the more there are, and takes the next one.
//! With 15 services and one prefix everything waits; with more, a change may be told up to a second later.

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
