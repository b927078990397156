//! Consul's JSON into answers, with consul-template's order and filtering. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::answer::{
    CatalogService, Consumers, ExportedService, HealthService, ImportedService, KeyPair, Node, NodeDetail,
    NodeService, Peering, PeeringRemote, PeeringStream, ServiceAddress, ServiceSnippet, StringMap, Weights,
};
use super::check::{self, WireCheck};
use super::query::HealthQuery;

/// JSON that is not what was expected, in serde's words.
pub(super) type Decoded<Kind> = Result<Kind, serde_json::Error>;

/// A list, where Go writes `null` for an empty one.
pub(super) fn list<Item: DeserializeOwned>(body: &[u8]) -> Decoded<Vec<Item>> {
    Ok(serde_json::from_slice::<Option<Vec<Item>>>(body)?.unwrap_or_default())
}

fn null_is_default<'json, Json: Deserializer<'json>, Kind: Deserialize<'json> + Default>(
    json: Json,
) -> Result<Kind, Json::Error> {
    Ok(Option::deserialize(json)?.unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WirePair<'body> {
    #[serde(borrow)]
    key: Cow<'body, str>,
    #[serde(borrow, default)]
    value: Option<Cow<'body, str>>,
    #[serde(default)]
    create_index: u64,
    #[serde(default)]
    modify_index: u64,
    #[serde(default)]
    lock_index: u64,
    #[serde(default)]
    flags: u64,
    #[serde(borrow, default)]
    session: Option<Cow<'body, str>>,
}

/// The pairs of a recursive or a single read, by path. Those below a prefix begin where it ends.
pub(super) fn pairs(body: &[u8]) -> Decoded<Vec<KeyPair>> {
    let nothing: Arc<str> = Arc::from("");
    let mut pairs = Vec::new();
    for pair in serde_json::from_slice::<Option<Vec<WirePair<'_>>>>(body)?.unwrap_or_default() {
        let value = match &pair.value {
            None => Vec::new(),
            Some(text) => BASE64_STANDARD
                .decode(text.as_bytes())
                .map_err(|error| serde::de::Error::custom(format!("the value of {}: {error}", pair.key)))?,
        };
        pairs.push(KeyPair {
            path: pair.key.into(),
            key_start: 0,
            value: value.into(),
            create_index: pair.create_index,
            modify_index: pair.modify_index,
            lock_index: pair.lock_index,
            flags: pair.flags,
            session: pair.session.map_or_else(|| Arc::clone(&nothing), Arc::from),
        });
    }
    // Consul's order is this one; nothing below may depend on a server's word for it.
    pairs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(pairs)
}

/// The pairs below a prefix, with their keys below it. As in consul-template, a prefix that begins with a slash, which
/// the store's keys do not, finds what it would without and is not cut off. Neither is one that Consul has cleaned, for
/// which the pairs are what it has below another.
pub(super) fn below(pairs: &[KeyPair], prefix: &str) -> Vec<KeyPair> {
    let stored = super::request::stored(prefix);
    let stored = if super::request::is_as_stored(stored) { stored } else { "" };
    let start = pairs.partition_point(|pair| *pair.path < *stored);
    let those = pairs[start..].iter().take_while(|pair| pair.path.starts_with(stored));
    those
        .map(|pair| {
            let key = pair.path.strip_prefix(prefix).unwrap_or(&pair.path).trim_start_matches('/');
            KeyPair { key_start: pair.path.len() - key.len(), ..pair.clone() }
        })
        .collect()
}

/// The names and tags of all services, by name.
pub(super) fn services(body: &[u8]) -> Decoded<Vec<ServiceSnippet>> {
    let services: Option<BTreeMap<String, Option<Vec<String>>>> = serde_json::from_slice(body)?;
    let services = services.unwrap_or_default().into_iter();
    Ok(services.map(|(name, tags)| ServiceSnippet { name, tags: sorted(tags) }).collect())
}

fn sorted(tags: Option<Vec<String>>) -> Vec<String> {
    let mut tags = tags.unwrap_or_default();
    tags.sort();
    tags
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireNode {
    #[serde(rename = "ID")]
    id: String,
    node: String,
    address: String,
    datacenter: String,
    tagged_addresses: StringMap,
    meta: StringMap,
}

impl From<WireNode> for Node {
    fn from(node: WireNode) -> Self {
        let WireNode { id, node, address, datacenter, tagged_addresses, meta } = node;
        Self { id, node, address, datacenter, tagged_addresses, meta }
    }
}

/// All nodes, by name and address, unless they come sorted by nearness.
pub(super) fn nodes(body: &[u8], is_near: bool) -> Decoded<Vec<Node>> {
    let mut nodes: Vec<Node> = list::<WireNode>(body)?.into_iter().map(Node::from).collect();
    if !is_near {
        nodes.sort_by(|one, other| (&one.node, &one.address).cmp(&(&other.node, &other.address)));
    }
    Ok(nodes)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireNodeDetail {
    node: Option<WireNode>,
    #[serde(default)]
    services: Option<BTreeMap<String, WireService>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireService {
    #[serde(rename = "ID")]
    id: String,
    service: String,
    tags: Option<Vec<String>>,
    meta: StringMap,
    port: i64,
    address: String,
    tagged_addresses: Option<BTreeMap<String, ServiceAddress>>,
    #[serde(deserialize_with = "null_is_default")]
    weights: Weights,
    enable_tag_override: bool,
}

/// A node and its services, by name and id.
pub(super) fn node(body: &[u8]) -> Decoded<NodeDetail> {
    let detail: Option<WireNodeDetail> = serde_json::from_slice(body)?;
    let Some(WireNodeDetail { node: Some(node), services }) = detail else {
        return Ok(NodeDetail::default());
    };
    let services = services.unwrap_or_default().into_values().map(|service| NodeService {
        id: service.id,
        service: service.service,
        tags: sorted(service.tags),
        meta: service.meta,
        port: service.port,
        address: service.address,
        enable_tag_override: service.enable_tag_override,
    });
    let mut services: Vec<NodeService> = services.collect();
    services.sort_by(|one, other| (&one.service, &one.id).cmp(&(&other.service, &other.id)));
    Ok(NodeDetail { node: Some(node.into()), services: Some(services) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireEntry {
    #[serde(default, deserialize_with = "null_is_default")]
    node: WireNode,
    #[serde(default, deserialize_with = "null_is_default")]
    service: WireService,
    #[serde(default)]
    checks: Option<Vec<WireCheck>>,
}

/// The instances that pass the query's filter, by node and id, unless they come sorted by nearness.
pub(super) fn health(body: &[u8], query: &HealthQuery) -> Decoded<Vec<HealthService>> {
    let mut instances = Vec::new();
    for entry in list::<WireEntry>(body)? {
        let status = check::aggregate(entry.checks.as_deref().unwrap_or_default());
        if query.filters.iter().any(|filter| check::passes(*filter, status)) {
            instances.push(instance(entry, status));
        }
    }
    if query.near.is_none() {
        instances.sort_by(|one, other| (&one.node, &one.id).cmp(&(&other.node, &other.id)));
    }
    Ok(instances)
}

fn instance(entry: WireEntry, status: &str) -> HealthService {
    let WireEntry { node, service, checks } = entry;
    HealthService {
        address: if service.address.is_empty() { node.address.clone() } else { service.address },
        node: node.node,
        node_id: node.id,
        node_address: node.address,
        node_tagged_addresses: node.tagged_addresses,
        node_meta: node.meta,
        service_meta: service.meta,
        service_tagged_addresses: service.tagged_addresses,
        id: service.id,
        name: service.service,
        tags: sorted(service.tags),
        status: status.to_owned(),
        checks: checks.map(|checks| checks.into_iter().map(Into::into).collect()),
        port: service.port,
        weights: service.weights,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireCatalogService {
    #[serde(rename = "ID")]
    id: String,
    node: String,
    address: String,
    datacenter: String,
    tagged_addresses: StringMap,
    node_meta: StringMap,
    #[serde(rename = "ServiceID")]
    service_id: String,
    service_name: String,
    service_address: String,
    service_tags: Option<Vec<String>>,
    service_meta: StringMap,
    service_port: i64,
}

/// The instances of a service in the catalog, in Consul's order.
pub(super) fn catalog_service(body: &[u8]) -> Decoded<Vec<CatalogService>> {
    let services = list::<WireCatalogService>(body)?.into_iter().map(|service| CatalogService {
        id: service.id,
        node: service.node,
        address: service.address,
        datacenter: service.datacenter,
        tagged_addresses: service.tagged_addresses,
        node_meta: service.node_meta,
        service_id: service.service_id,
        service_name: service.service_name,
        service_address: service.service_address,
        service_tags: sorted(service.service_tags),
        service_meta: service.service_meta,
        service_port: service.service_port,
    });
    Ok(services.collect())
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WirePeering {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    partition: String,
    meta: StringMap,
    state: String,
    #[serde(rename = "PeerID")]
    peer_id: String,
    peer_server_name: String,
    peer_server_addresses: Option<Vec<String>>,
    #[serde(deserialize_with = "null_is_default")]
    stream_status: PeeringStream,
    #[serde(deserialize_with = "null_is_default")]
    remote: PeeringRemote,
}

/// All peerings, by state, partition and name.
pub(super) fn peerings(body: &[u8]) -> Decoded<Vec<Peering>> {
    let peerings = list::<WirePeering>(body)?.into_iter().map(|peering| Peering {
        id: peering.id,
        name: peering.name,
        partition: peering.partition,
        meta: peering.meta,
        state: peering.state,
        peer_id: peering.peer_id,
        peer_server_name: peering.peer_server_name,
        peer_server_addresses: peering.peer_server_addresses,
        stream: peering.stream_status,
        remote: peering.remote,
    });
    let mut peerings: Vec<Peering> = peerings.collect();
    peerings.sort_by(|one, other| {
        (&one.state, &one.partition, &one.name).cmp(&(&other.state, &other.partition, &other.name))
    });
    Ok(peerings)
}

/// The services that come through peerings, by name.
pub(super) fn imported_services(body: &[u8]) -> Decoded<Vec<ImportedService>> {
    let mut imported = Vec::new();
    for peering in peerings(body)? {
        for service in peering.stream.imported_services.into_iter().flatten() {
            imported.push(ImportedService {
                service,
                peer: peering.name.clone(),
                partition: peering.partition.clone(),
            });
        }
    }
    imported.sort();
    Ok(imported)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireExported {
    service: String,
    #[serde(deserialize_with = "null_is_default")]
    consumers: WireConsumers,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireConsumers {
    peers: Option<Vec<String>>,
    partitions: Option<Vec<String>>,
}

/// The exported services, by name.
pub(super) fn exported_services(body: &[u8]) -> Decoded<Vec<ExportedService>> {
    let exported = list::<WireExported>(body)?.into_iter().map(|exported| ExportedService {
        service: exported.service,
        consumers: Consumers {
            peers: exported.consumers.peers.unwrap_or_default(),
            partitions: exported.consumers.partitions.unwrap_or_default(),
        },
        ..ExportedService::default()
    });
    let mut exported: Vec<ExportedService> = exported.collect();
    exported.sort_by(|one, other| one.service.cmp(&other.service));
    Ok(exported)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireRoots {
    #[serde(default)]
    roots: Option<Vec<super::answer::CaRoot>>,
}

/// The authorities' certificates.
pub(super) fn ca_roots(body: &[u8]) -> Decoded<Vec<super::answer::CaRoot>> {
    Ok(serde_json::from_slice::<WireRoots>(body)?.roots.unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAgent {
    config: WireAgentConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAgentConfig {
    node_name: String,
}

/// The name of the agent's own node.
pub(super) fn agent_name(body: &[u8]) -> Decoded<String> {
    Ok(serde_json::from_slice::<WireAgent>(body)?.config.node_name)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
