//! What Consul's queries give to templates, except for instances of services.

use std::sync::LazyLock;

use preflight_functions::{time, time_type};
use preflight_gotemplate::{Type, Value};
use preflight_sources::consul::{
    CaLeaf, CaRoot, ConsulAnswer, ExportedService, ImportedService, KeyPair, Node, NodeDetail, NodeService,
    Partition, Peering, ServiceSnippet,
};

use super::health;
use super::shape::{pointer, pointers, service_tags, service_tags_type, string_map, strings, structure};

/// The answer as a template's value; nil for a key that does not exist.
pub(super) fn of(answer: &ConsulAnswer) -> Value {
    match answer {
        ConsulAnswer::Key(value) => value.clone().into(),
        ConsulAnswer::List(pairs) => pointers(&KEY_PAIR, pairs, key_pair),
        ConsulAnswer::Services(services) => pointers(&SNIPPET, services, snippet),
        ConsulAnswer::Health(services) => health::services(services),
        ConsulAnswer::CatalogService(services) => health::catalog_services(services),
        ConsulAnswer::Nodes(nodes) => pointers(&NODE, nodes, node),
        ConsulAnswer::Node(detail) => node_detail(detail),
        ConsulAnswer::Datacenters(names) => Value::strings(names.iter()),
        ConsulAnswer::Partitions(partitions) => pointers(&PARTITION, partitions, partition),
        ConsulAnswer::Peerings(peerings) => pointers(&PEERING, peerings, peering),
        ConsulAnswer::ExportedServices(services) => {
            Value::list(EXPORTED_SERVICE.clone(), services.iter().map(exported_service))
        }
        ConsulAnswer::ImportedServices(services) => {
            Value::list(IMPORTED_SERVICE.clone(), services.iter().map(imported_service))
        }
        ConsulAnswer::CaRoots(roots) => pointers(&CA_ROOT, roots, ca_root),
        ConsulAnswer::CaLeaf(leaf) => ca_leaf(leaf),
    }
}

/// What a function gives before there is an answer: the empty value of its type.
pub(crate) mod nothing {
    use super::{
        CA_ROOT, EXPORTED_SERVICE, IMPORTED_SERVICE, KEY_PAIR, NODE, PARTITION, PEERING, SNIPPET, Type, Value,
    };

    fn list_of(elem: &Type) -> Value {
        Value::list(Type::pointer(elem.clone()), [])
    }

    /// `[]*dependency.KeyPair`
    pub(crate) fn pairs() -> Value {
        list_of(&KEY_PAIR)
    }

    /// `[]*dependency.CatalogSnippet`
    pub(crate) fn snippets() -> Value {
        list_of(&SNIPPET)
    }

    /// `[]*dependency.Node`
    pub(crate) fn nodes() -> Value {
        list_of(&NODE)
    }

    /// `[]*dependency.Partition`
    pub(crate) fn partitions() -> Value {
        list_of(&PARTITION)
    }

    /// `[]*dependency.Peering`
    pub(crate) fn peerings() -> Value {
        list_of(&PEERING)
    }

    /// `[]*api.CARoot`, nil as in consul-template.
    pub(crate) fn roots() -> Value {
        Value::zero(&Type::slice(Type::pointer(CA_ROOT.clone())))
    }

    /// `[]dependency.ExportedService`
    pub(crate) fn exported() -> Value {
        Value::list(EXPORTED_SERVICE.clone(), [])
    }

    /// `[]dependency.ImportedService`
    pub(crate) fn imported() -> Value {
        Value::list(IMPORTED_SERVICE.clone(), [])
    }
}

/// Declares struct types by their Go names.
macro_rules! shapes {
    ($($constant:ident = $name:literal { $($field:literal: $ty:expr),* $(,)? })*) => {
        $(static $constant: LazyLock<Type> = LazyLock::new(|| structure($name, &[$(($field, $ty)),*]));)*
    };
}

shapes! {
    KEY_PAIR = "dependency.KeyPair" {
        "Path": Type::String, "Key": Type::String, "Value": Type::String,
        "CreateIndex": Type::UINT64, "ModifyIndex": Type::UINT64, "LockIndex": Type::UINT64, "Flags": Type::UINT64,
        "Session": Type::String,
    }
    SNIPPET = "dependency.CatalogSnippet" { "Name": Type::String, "Tags": service_tags_type() }
    NODE = "dependency.Node" {
        "ID": Type::String, "Node": Type::String, "Address": Type::String, "Datacenter": Type::String,
        "TaggedAddresses": Type::string_map(), "Meta": Type::string_map(),
    }
    NODE_DETAIL = "dependency.CatalogNode" {
        "Node": Type::pointer(NODE.clone()), "Services": Type::slice(Type::pointer(NODE_SERVICE.clone())),
    }
    NODE_SERVICE = "dependency.CatalogNodeService" {
        "ID": Type::String, "Service": Type::String, "Tags": service_tags_type(), "Meta": Type::string_map(),
        "Port": Type::INT, "Address": Type::String, "EnableTagOverride": Type::Bool,
    }
    PARTITION = "dependency.Partition" { "Name": Type::String, "Description": Type::String }
    PEERING = "dependency.Peering" {
        "ID": Type::String, "Name": Type::String, "Partition": Type::String, "Meta": Type::string_map(),
        "PeeringState": Type::String, "PeerID": Type::String, "PeerServerName": Type::String,
        "PeerServerAddresses": Type::string_slice(), "StreamStatus": STREAM.clone(), "Remote": REMOTE.clone(),
    }
    STREAM = "dependency.PeeringStreamStatus" {
        "ImportedServices": Type::string_slice(), "ExportedServices": Type::string_slice(),
        "LastHeartbeat": Type::pointer(time_type()), "LastReceive": Type::pointer(time_type()),
        "LastSend": Type::pointer(time_type()),
    }
    REMOTE = "dependency.PeeringRemoteInfo" { "Partition": Type::String, "Datacenter": Type::String }
    EXPORTED_SERVICE = "dependency.ExportedService" {
        "Service": Type::String, "Partition": Type::String, "Namespace": Type::String, "Consumers": CONSUMERS.clone(),
    }
    CONSUMERS = "dependency.ResolvedConsumers" {
        "Peers": Type::string_slice(), "Partitions": Type::string_slice(),
    }
    IMPORTED_SERVICE = "dependency.ImportedService" {
        "Service": Type::String, "Peer": Type::String, "Partition": Type::String,
    }
    CA_ROOT = "api.CARoot" {
        "ID": Type::String, "Name": Type::String, "RootCertPEM": Type::String, "Active": Type::Bool,
        "CreateIndex": Type::UINT64, "ModifyIndex": Type::UINT64,
    }
    CA_LEAF = "api.LeafCert" {
        "SerialNumber": Type::String, "CertPEM": Type::String, "PrivateKeyPEM": Type::String,
        "Service": Type::String, "ServiceURI": Type::String, "ValidAfter": time_type(), "ValidBefore": time_type(),
        "CreateIndex": Type::UINT64, "ModifyIndex": Type::UINT64,
    }
}

fn key_pair(pair: &KeyPair) -> Value {
    let fields = [
        Value::from(&*pair.path),
        pair.key().into(),
        pair.value.clone().into(),
        pair.create_index.into(),
        pair.modify_index.into(),
        pair.lock_index.into(),
        pair.flags.into(),
        Value::from(&*pair.session),
    ];
    pointer(&KEY_PAIR, fields)
}

fn snippet(service: &ServiceSnippet) -> Value {
    pointer(&SNIPPET, [Value::from(&service.name), service_tags(&service.tags)])
}

fn node(node: &Node) -> Value {
    let fields = [
        Value::from(&node.id),
        Value::from(&node.node),
        Value::from(&node.address),
        Value::from(&node.datacenter),
        string_map(node.tagged_addresses.as_ref()),
        string_map(node.meta.as_ref()),
    ];
    pointer(&NODE, fields)
}

fn node_detail(detail: &NodeDetail) -> Value {
    let node = match &detail.node {
        Some(found) => node(found),
        None => Value::zero(&Type::pointer(NODE.clone())),
    };
    let services = match &detail.services {
        Some(services) => pointers(&NODE_SERVICE, services, node_service),
        None => Value::zero(&Type::slice(Type::pointer(NODE_SERVICE.clone()))),
    };
    pointer(&NODE_DETAIL, [node, services])
}

fn node_service(service: &NodeService) -> Value {
    let fields = [
        Value::from(&service.id),
        Value::from(&service.service),
        service_tags(&service.tags),
        string_map(service.meta.as_ref()),
        Value::int(service.port),
        Value::from(&service.address),
        service.enable_tag_override.into(),
    ];
    pointer(&NODE_SERVICE, fields)
}

fn partition(partition: &Partition) -> Value {
    pointer(&PARTITION, [Value::from(&partition.name), Value::from(&partition.description)])
}

fn peering(peering: &Peering) -> Value {
    let moment = |text: &Option<String>| match text.as_deref().and_then(time) {
        Some(moment) => moment.pointer(),
        None => Value::zero(&Type::pointer(time_type())),
    };
    let stream = [
        strings(peering.stream.imported_services.as_deref()),
        strings(peering.stream.exported_services.as_deref()),
        moment(&peering.stream.last_heartbeat),
        moment(&peering.stream.last_receive),
        moment(&peering.stream.last_send),
    ];
    let fields = [
        Value::from(&peering.id),
        Value::from(&peering.name),
        Value::from(&peering.partition),
        string_map(peering.meta.as_ref()),
        Value::from(&peering.state),
        Value::from(&peering.peer_id),
        Value::from(&peering.peer_server_name),
        strings(peering.peer_server_addresses.as_deref()),
        Value::structure(&STREAM, stream),
        Value::structure(
            &REMOTE,
            [Value::from(&peering.remote.partition), Value::from(&peering.remote.datacenter)],
        ),
    ];
    pointer(&PEERING, fields)
}

fn exported_service(service: &ExportedService) -> Value {
    let consumers = [Value::strings(&service.consumers.peers), Value::strings(&service.consumers.partitions)];
    let fields = [
        Value::from(&service.service),
        Value::from(&service.partition),
        Value::from(&service.namespace),
        Value::structure(&CONSUMERS, consumers),
    ];
    Value::structure(&EXPORTED_SERVICE, fields)
}

fn imported_service(service: &ImportedService) -> Value {
    let fields = [Value::from(&service.service), Value::from(&service.peer), Value::from(&service.partition)];
    Value::structure(&IMPORTED_SERVICE, fields)
}

fn ca_root(root: &CaRoot) -> Value {
    let fields = [
        Value::from(&root.id),
        Value::from(&root.name),
        Value::from(&root.root_cert_pem),
        root.active.into(),
        root.create_index.into(),
        root.modify_index.into(),
    ];
    pointer(&CA_ROOT, fields)
}

fn ca_leaf(leaf: &CaLeaf) -> Value {
    let fields = [
        Value::from(&leaf.serial_number),
        Value::from(&leaf.cert_pem),
        Value::from(&leaf.private_key_pem),
        Value::from(&leaf.service),
        Value::from(&leaf.service_uri),
        time(&leaf.valid_after).unwrap_or_else(|| Value::zero(&time_type())),
        time(&leaf.valid_before).unwrap_or_else(|| Value::zero(&time_type())),
        leaf.create_index.into(),
        leaf.modify_index.into(),
    ];
    pointer(&CA_LEAF, fields)
}
