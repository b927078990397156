//! Instances of services and their checks, as templates see them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use preflight_functions::{duration, duration_text, duration_type};
use preflight_gotemplate::{NamedType, Signature, Type, Value};
use preflight_sources::consul::{CatalogService, Check, CheckDefinition, HealthService, ServiceAddress};

use super::duration::{READABLE_DURATION, readable_duration};
use super::shape::{
    fields_of, pointer, pointers, service_tags, service_tags_type, string_map, strings, structure,
};

/// `[]*dependency.HealthService`
pub(super) fn services(services: &[HealthService]) -> Value {
    pointers(&HEALTH_SERVICE, services, health_service)
}

/// The same without any, which is what there is before the first answer.
pub(crate) fn no_services() -> Value {
    services(&[])
}

/// `[]*dependency.CatalogService`
pub(super) fn catalog_services(services: &[CatalogService]) -> Value {
    pointers(&CATALOG_SERVICE, services, catalog_service)
}

static HEALTH_SERVICE: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("Node", Type::String),
        ("NodeID", Type::String),
        ("NodeAddress", Type::String),
        ("NodeTaggedAddresses", Type::string_map()),
        ("NodeMeta", Type::string_map()),
        ("ServiceMeta", Type::string_map()),
        ("Address", Type::String),
        ("ServiceTaggedAddresses", Type::map(Type::String, SERVICE_ADDRESS.clone())),
        ("ID", Type::String),
        ("Name", Type::String),
        ("Tags", service_tags_type()),
        ("Checks", Type::Named(Arc::clone(&HEALTH_CHECKS))),
        ("Status", Type::String),
        ("Port", Type::INT),
        ("Weights", WEIGHTS.clone()),
    ];
    structure("dependency.HealthService", &fields)
});

static CATALOG_SERVICE: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("ID", Type::String),
        ("Node", Type::String),
        ("Address", Type::String),
        ("Datacenter", Type::String),
        ("TaggedAddresses", Type::string_map()),
        ("NodeMeta", Type::string_map()),
        ("ServiceID", Type::String),
        ("ServiceName", Type::String),
        ("ServiceAddress", Type::String),
        ("ServiceTags", service_tags_type()),
        ("ServiceMeta", Type::string_map()),
        ("ServicePort", Type::INT),
    ];
    structure("dependency.CatalogService", &fields)
});

static SERVICE_ADDRESS: LazyLock<Type> =
    LazyLock::new(|| structure("api.ServiceAddress", &[("Address", Type::String), ("Port", Type::INT)]));

static WEIGHTS: LazyLock<Type> =
    LazyLock::new(|| structure("api.AgentWeights", &[("Passing", Type::INT), ("Warning", Type::INT)]));

static HEALTH_CHECK: LazyLock<Type> = LazyLock::new(|| {
    let fields = [
        ("Node", Type::String),
        ("CheckID", Type::String),
        ("Name", Type::String),
        ("Status", Type::String),
        ("Notes", Type::String),
        ("Output", Type::String),
        ("ServiceID", Type::String),
        ("ServiceName", Type::String),
        ("ServiceTags", Type::string_slice()),
        ("Type", Type::String),
        ("Namespace?", Type::String),
        ("Partition?", Type::String),
        ("ExposedPort", Type::INT),
        ("PeerName?", Type::String),
        ("Definition", DEFINITION.clone()),
        ("CreateIndex", Type::UINT64),
        ("ModifyIndex", Type::UINT64),
    ];
    structure("api.HealthCheck", &fields)
});

static HEADER: LazyLock<Type> = LazyLock::new(|| Type::map(Type::String, Type::string_slice()));

/// What JSON shows of a check's definition: the texts of its durations first.
static SHOWN_DEFINITION: LazyLock<Type> = LazyLock::new(|| {
    let mut fields = vec![
        ("Interval", Type::String),
        ("Timeout", Type::String),
        ("DeregisterCriticalServiceAfter", Type::String),
    ];
    fields.extend(definition_fields());
    Type::structure(fields_of(&fields))
});

static DEFINITION: LazyLock<Type> = LazyLock::new(|| {
    let readable = || Type::Named(Arc::clone(&READABLE_DURATION));
    let mut fields = definition_fields().to_vec();
    fields.extend([
        ("IntervalDuration", duration_type()),
        ("TimeoutDuration", duration_type()),
        ("DeregisterCriticalServiceAfterDuration", duration_type()),
        ("Interval", readable()),
        ("Timeout", readable()),
        ("DeregisterCriticalServiceAfter", readable()),
    ]);
    let shown = Signature::new([]).returns(Type::Any);
    NamedType::structure("api.HealthCheckDefinition", fields_of(&fields))
        .pointer_method("MarshalJSON", shown, |_, given| {
            Ok(given.first().map_or(Value::Nil, shown_definition))
        })
        .build()
});

/// The fields in front of the durations.
fn definition_fields() -> [(&'static str, Type); 12] {
    [
        ("HTTP", Type::String),
        ("Header", HEADER.clone()),
        ("Method", Type::String),
        ("Body", Type::String),
        ("TLSServerName", Type::String),
        ("TLSSkipVerify", Type::Bool),
        ("TCP", Type::String),
        ("TCPUseTLS", Type::Bool),
        ("UDP", Type::String),
        ("GRPC", Type::String),
        ("OSService", Type::String),
        ("GRPCUseTLS", Type::Bool),
    ]
}

fn shown_definition(definition: &Value) -> Value {
    let Some(definition) = definition.indirect().as_struct() else { return Value::Nil };
    let text = |field| {
        let nanoseconds = definition.field(field).and_then(Value::as_i64).unwrap_or_default();
        Value::from(duration_text(nanoseconds))
    };
    let durations =
        ["IntervalDuration", "TimeoutDuration", "DeregisterCriticalServiceAfterDuration"].map(text);
    let rest = definition.fields().iter().take(12).cloned();
    Value::structure(&SHOWN_DEFINITION, durations.into_iter().chain(rest))
}

/// `api.HealthChecks`, a `[]*api.HealthCheck` that knows its worst state.
static HEALTH_CHECKS: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("api.HealthChecks");
    let underlying = Type::slice(Type::pointer(HEALTH_CHECK.clone()));
    let signature = Signature::new([]).returns(Type::String);
    named.define(NamedType::new("api.HealthChecks", underlying).method(
        "AggregatedStatus",
        signature,
        |_, arguments| {
            let checks =
                arguments.first().and_then(Value::as_list).map(|list| list.to_vec()).unwrap_or_default();
            Ok(Value::from(aggregated_status(&checks)))
        },
    ));
    named
});

/// The worst state of these checks, as Consul's client gives it.
fn aggregated_status(checks: &[Value]) -> &'static str {
    let text = |check: &Value, field: &str| {
        let found =
            check.indirect().as_struct().and_then(|fields| fields.field(field)?.as_str().map(str::to_owned));
        found.unwrap_or_default()
    };
    let mut worst = 0;
    for check in checks {
        let id = text(check, "CheckID");
        let rank = match text(check, "Status").as_str() {
            _ if id == "_node_maintenance" || id.starts_with("_service_maintenance:") => 3,
            "critical" => 2,
            "warning" => 1,
            "passing" => 0,
            _ => return "",
        };
        worst = worst.max(rank);
    }
    ["passing", "warning", "critical", "maintenance"][worst]
}

fn health_service(service: &HealthService) -> Value {
    let addresses = service.service_tagged_addresses.as_ref();
    let checks = match &service.checks {
        Some(checks) => pointers(&HEALTH_CHECK, checks, health_check),
        None => Value::zero(&Type::slice(Type::pointer(HEALTH_CHECK.clone()))),
    };
    let weights = [Value::int(service.weights.passing), Value::int(service.weights.warning)];
    let fields = [
        Value::from(&service.node),
        Value::from(&service.node_id),
        Value::from(&service.node_address),
        string_map(service.node_tagged_addresses.as_ref()),
        string_map(service.node_meta.as_ref()),
        string_map(service.service_meta.as_ref()),
        Value::from(&service.address),
        service_addresses(addresses),
        Value::from(&service.id),
        Value::from(&service.name),
        service_tags(&service.tags),
        Value::named(&HEALTH_CHECKS, checks),
        Value::from(&service.status),
        Value::int(service.port),
        Value::structure(&WEIGHTS, weights),
    ];
    pointer(&HEALTH_SERVICE, fields)
}

fn service_addresses(addresses: Option<&BTreeMap<String, ServiceAddress>>) -> Value {
    let Some(addresses) = addresses else {
        return Value::zero(&Type::map(Type::String, SERVICE_ADDRESS.clone()));
    };
    let entries = addresses.iter().map(|(name, address)| {
        let fields = [Value::from(&address.address), Value::int(address.port)];
        (Value::from(name), Value::structure(&SERVICE_ADDRESS, fields))
    });
    Value::typed_map(Type::String, SERVICE_ADDRESS.clone(), entries)
}

fn health_check(check: &Check) -> Value {
    let fields = [
        Value::from(&check.node),
        Value::from(&check.check_id),
        Value::from(&check.name),
        Value::from(&check.status),
        Value::from(&check.notes),
        Value::from(&check.output),
        Value::from(&check.service_id),
        Value::from(&check.service_name),
        strings(check.service_tags.as_deref()),
        Value::from(&check.kind),
        Value::from(&check.namespace),
        Value::from(&check.partition),
        Value::int(check.exposed_port),
        Value::from(&check.peer_name),
        definition(&check.definition),
        check.create_index.into(),
        check.modify_index.into(),
    ];
    pointer(&HEALTH_CHECK, fields)
}

fn definition(definition: &CheckDefinition) -> Value {
    let fields = [
        Value::from(&definition.http),
        header(definition),
        Value::from(&definition.method),
        Value::from(&definition.body),
        Value::from(&definition.tls_server_name),
        definition.tls_skip_verify.into(),
        Value::from(&definition.tcp),
        definition.tcp_use_tls.into(),
        Value::from(&definition.udp),
        Value::from(&definition.grpc),
        Value::from(&definition.os_service),
        definition.grpc_use_tls.into(),
        duration(definition.interval),
        duration(definition.timeout),
        duration(definition.deregister_critical_service_after),
        readable_duration(definition.interval),
        readable_duration(definition.timeout),
        readable_duration(definition.deregister_critical_service_after),
    ];
    Value::structure(&DEFINITION, fields)
}

fn header(definition: &CheckDefinition) -> Value {
    let Some(header) = &definition.header else { return Value::zero(&HEADER) };
    let entries = header.iter().map(|(name, values)| (Value::from(name), strings(values.as_deref())));
    Value::typed_map(Type::String, Type::string_slice(), entries)
}

fn catalog_service(service: &CatalogService) -> Value {
    let fields = [
        Value::from(&service.id),
        Value::from(&service.node),
        Value::from(&service.address),
        Value::from(&service.datacenter),
        string_map(service.tagged_addresses.as_ref()),
        string_map(service.node_meta.as_ref()),
        Value::from(&service.service_id),
        Value::from(&service.service_name),
        Value::from(&service.service_address),
        service_tags(&service.service_tags),
        string_map(service.service_meta.as_ref()),
        Value::int(service.service_port),
    ];
    pointer(&CATALOG_SERVICE, fields)
}
