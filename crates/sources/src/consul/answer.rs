//! What Consul answers, with all of its fields, in the order and with the filtering that templates are used to.
//!
//! Where Go tells an absent list or map from an empty one (it prints `null` for the first in JSON) there is an
//! `Option`. Times stay the text that Consul sent (RFC 3339).

use std::collections::BTreeMap;
use std::sync::Arc;

/// A map of texts that may be absent.
pub type StringMap = Option<BTreeMap<String, String>>;

/// The data of one of Consul's queries.
#[derive(Debug, Clone, PartialEq)]
pub enum ConsulAnswer {
    /// The value of a key, none when there is no such key.
    Key(Option<Arc<[u8]>>),
    /// All keys below a prefix, in the order of their paths' bytes.
    List(Arc<[KeyPair]>),
    /// All services of the catalog, by name.
    Services(Arc<[ServiceSnippet]>),
    /// The instances of one service that pass the filter, by node and id; in Consul's own order with `~near`.
    Health(Arc<[HealthService]>),
    /// The instances of one service as the catalog has them, in Consul's own order.
    CatalogService(Arc<[CatalogService]>),
    /// All nodes, by name and address; in Consul's own order with `~near`.
    Nodes(Arc<[Node]>),
    /// One node and its services by name and id; no node of that name: both are empty.
    Node(Arc<NodeDetail>),
    /// The names of all datacenters, sorted.
    Datacenters(Arc<[String]>),
    /// All admin partitions, by name.
    Partitions(Arc<[Partition]>),
    /// All peerings, by state, partition and name.
    Peerings(Arc<[Peering]>),
    /// The services exported from a partition, by name.
    ExportedServices(Arc<[ExportedService]>),
    /// The services imported from peers, by name, then peer.
    ImportedServices(Arc<[ImportedService]>),
    /// The certificates of Connect's authorities, in Consul's order.
    CaRoots(Arc<[CaRoot]>),
    /// The certificate of one service, with its key.
    CaLeaf(Arc<CaLeaf>),
}

impl ConsulAnswer {
    /// Whether it holds a key that must not be shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::CaLeaf(_))
    }

    /// Whether it says that there is nothing of what was asked for.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Key(value) => value.is_none(),
            Self::List(list) => list.is_empty(),
            Self::Services(list) => list.is_empty(),
            Self::Health(list) => list.is_empty(),
            Self::CatalogService(list) => list.is_empty(),
            Self::Nodes(list) => list.is_empty(),
            Self::Node(detail) => detail.node.is_none(),
            Self::Datacenters(list) => list.is_empty(),
            Self::Partitions(list) => list.is_empty(),
            Self::Peerings(list) => list.is_empty(),
            Self::ExportedServices(list) => list.is_empty(),
            Self::ImportedServices(list) => list.is_empty(),
            Self::CaRoots(list) => list.is_empty(),
            Self::CaLeaf(_) => false,
        }
    }
}

/// A key below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// The whole key.
    pub path: Arc<str>,
    /// Where in the path the part below the prefix begins, in bytes.
    pub key_start: usize,
    /// The value.
    pub value: Arc<[u8]>,
    /// The index at which the key was made.
    pub create_index: u64,
    /// The index at which it last changed.
    pub modify_index: u64,
    /// How often it was locked.
    pub lock_index: u64,
    /// The number that its writer keeps with it.
    pub flags: u64,
    /// The session that holds its lock, empty when none does.
    pub session: Arc<str>,
}

impl KeyPair {
    /// The key below the prefix, without slashes at its front.
    #[must_use]
    pub fn key(&self) -> &str {
        self.path.get(self.key_start..).unwrap_or_default()
    }
}

/// A service of the catalog: its name and the tags of all its instances, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSnippet {
    /// The name.
    pub name: String,
    /// The tags.
    pub tags: Vec<String>,
}

/// An instance of a service, as `service` and `connect` give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthService {
    /// The name of its node.
    pub node: String,
    /// The id of its node.
    pub node_id: String,
    /// The address of its node.
    pub node_address: String,
    /// The other addresses of its node.
    pub node_tagged_addresses: StringMap,
    /// What its node says of itself.
    pub node_meta: StringMap,
    /// What it says of itself.
    pub service_meta: StringMap,
    /// Its address, its node's when it has none.
    pub address: String,
    /// Its other addresses.
    pub service_tagged_addresses: Option<BTreeMap<String, ServiceAddress>>,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Its checks and its node's.
    pub checks: Option<Vec<Check>>,
    /// The worst of its checks: `maintenance`, `critical`, `warning` or `passing`; empty for one that Consul invents.
    pub status: String,
    /// Its port.
    pub port: i64,
    /// Its weights in answers of DNS.
    pub weights: Weights,
}

/// An address with a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ServiceAddress {
    /// The host.
    pub address: String,
    /// The port.
    pub port: i64,
}

/// How much of the traffic an instance takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Weights {
    /// While its checks pass.
    pub passing: i64,
    /// While one warns.
    pub warning: i64,
}

/// A health check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The name of its node.
    pub node: String,
    /// Its id.
    pub check_id: String,
    /// Its name.
    pub name: String,
    /// `passing`, `warning` or `critical`.
    pub status: String,
    /// What people wrote of it.
    pub notes: String,
    /// What it last said.
    pub output: String,
    /// The id of its service, empty for a node's.
    pub service_id: String,
    /// The name of its service.
    pub service_name: String,
    /// The tags of its service, in Consul's order.
    pub service_tags: Option<Vec<String>>,
    /// `http`, `tcp`, `ttl`, …
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its partition.
    pub partition: String,
    /// The port that it is exposed on through a proxy.
    pub exposed_port: i64,
    /// The peer that it comes from.
    pub peer_name: String,
    /// What it does.
    pub definition: CheckDefinition,
    /// The index at which it was made.
    pub create_index: u64,
    /// The index at which it last changed.
    pub modify_index: u64,
}

/// What a check does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckDefinition {
    /// The URL that it asks.
    pub http: String,
    /// The headers that it sends.
    pub header: Option<BTreeMap<String, Option<Vec<String>>>>,
    /// The method.
    pub method: String,
    /// The body that it sends.
    pub body: String,
    /// The name that the certificate must be for.
    pub tls_server_name: String,
    /// Whether any certificate will do.
    pub tls_skip_verify: bool,
    /// The address that it connects to.
    pub tcp: String,
    /// Whether it connects with TLS.
    pub tcp_use_tls: bool,
    /// The address that it sends datagrams to.
    pub udp: String,
    /// The gRPC service that it asks.
    pub grpc: String,
    /// The service of the operating system that it asks for.
    pub os_service: String,
    /// Whether gRPC is asked with TLS.
    pub grpc_use_tls: bool,
    /// The session whose end makes it critical.
    pub session_name: String,
    /// How often it runs, in nanoseconds.
    pub interval: i64,
    /// How long it may take, in nanoseconds.
    pub timeout: i64,
    /// How long it may be critical before its service is removed, in nanoseconds.
    pub deregister_critical_service_after: i64,
}

/// An instance of a service as the catalog has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogService {
    /// The id of its node.
    pub id: String,
    /// The name of its node.
    pub node: String,
    /// The address of its node.
    pub address: String,
    /// Its datacenter.
    pub datacenter: String,
    /// The other addresses of its node.
    pub tagged_addresses: StringMap,
    /// What its node says of itself.
    pub node_meta: StringMap,
    /// Its id.
    pub service_id: String,
    /// Its name.
    pub service_name: String,
    /// Its address.
    pub service_address: String,
    /// Its tags, sorted.
    pub service_tags: Vec<String>,
    /// What it says of itself.
    pub service_meta: StringMap,
    /// Its port.
    pub service_port: i64,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its name.
    pub node: String,
    /// Its address.
    pub address: String,
    /// Its datacenter.
    pub datacenter: String,
    /// Its other addresses.
    pub tagged_addresses: StringMap,
    /// What it says of itself.
    pub meta: StringMap,
}

/// One node with its services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeDetail {
    /// The node, none when there is no such node.
    pub node: Option<Node>,
    /// Its services; none when there is no such node.
    pub services: Option<Vec<NodeService>>,
}

/// A service of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeService {
    /// Its id.
    pub id: String,
    /// Its name.
    pub service: String,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// What it says of itself.
    pub meta: StringMap,
    /// Its port.
    pub port: i64,
    /// Its address.
    pub address: String,
    /// Whether others may change its tags.
    pub enable_tag_override: bool,
}

/// An admin partition (Enterprise).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// What people wrote of it.
    pub description: String,
}

/// A connection with another cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peering {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The local partition.
    pub partition: String,
    /// What people wrote of it.
    pub meta: StringMap,
    /// `ACTIVE`, `PENDING`, `FAILING`, …
    pub state: String,
    /// The id that the peer has for it.
    pub peer_id: String,
    /// The name in the peer's certificate.
    pub peer_server_name: String,
    /// The peer's servers.
    pub peer_server_addresses: Option<Vec<String>>,
    /// How its stream is.
    pub stream: PeeringStream,
    /// The other end.
    pub remote: PeeringRemote,
}

/// How the stream of a peering is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PeeringStream {
    /// The services that come from the peer.
    pub imported_services: Option<Vec<String>>,
    /// The services that go to the peer.
    pub exported_services: Option<Vec<String>>,
    /// When it was last heard of.
    pub last_heartbeat: Option<String>,
    /// When something was last received.
    pub last_receive: Option<String>,
    /// When something was last sent.
    pub last_send: Option<String>,
}

/// The other end of a peering.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct PeeringRemote {
    /// Its partition.
    pub partition: String,
    /// Its datacenter.
    pub datacenter: String,
}

/// A service that others may use. Its partition and namespace stay empty, as they do in consul-template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportedService {
    /// Its name.
    pub service: String,
    /// Always empty.
    pub partition: String,
    /// Always empty.
    pub namespace: String,
    /// Who may use it.
    pub consumers: Consumers,
}

/// Who may use an exported service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consumers {
    /// Other clusters.
    pub peers: Vec<String>,
    /// Other partitions.
    pub partitions: Vec<String>,
}

/// A service that a peer exports to us, as the peerings' streams tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportedService {
    /// Its name.
    pub service: String,
    /// The name of the peering that it comes through.
    pub peer: String,
    /// The local partition of that peering.
    pub partition: String,
}

/// The certificate of one of Connect's authorities.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CaRoot {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// The certificate in PEM.
    #[serde(rename = "RootCert")]
    pub root_cert_pem: String,
    /// Whether it is the one that signs.
    pub active: bool,
    /// The index at which it was made.
    pub create_index: u64,
    /// The index at which it last changed.
    pub modify_index: u64,
}

/// The certificate of one service.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CaLeaf {
    /// Its number, in hexadecimal with colons.
    pub serial_number: String,
    /// The certificate in PEM.
    #[serde(rename = "CertPEM")]
    pub cert_pem: String,
    /// Its key in PEM.
    #[serde(rename = "PrivateKeyPEM")]
    pub private_key_pem: String,
    /// The service.
    pub service: String,
    /// The service as a URI.
    #[serde(rename = "ServiceURI")]
    pub service_uri: String,
    /// From when it is good.
    pub valid_after: String,
    /// Until when it is good.
    pub valid_before: String,
    /// The index at which it was made.
    pub create_index: u64,
    /// The index at which it last changed.
    pub modify_index: u64,
}

impl std::fmt::Debug for CaLeaf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CaLeaf")
            .field("service", &self.service)
            .field("serial_number", &self.serial_number)
            .finish_non_exhaustive()
    }
}
