//! Health checks: Consul's JSON of one, and what many of them amount to. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{Check, CheckDefinition};
use super::query::Filter;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct WireCheck {
    node: String,
    #[serde(rename = "CheckID")]
    pub(super) check_id: String,
    name: String,
    pub(super) status: String,
    notes: String,
    output: String,
    #[serde(rename = "ServiceID")]
    service_id: String,
    service_name: String,
    service_tags: Option<Vec<String>>,
    #[serde(rename = "Type")]
    kind: String,
    namespace: String,
    partition: String,
    exposed_port: i64,
    peer_name: String,
    definition: Option<WireDefinition>,
    create_index: u64,
    modify_index: u64,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireDefinition {
    #[serde(rename = "HTTP")]
    http: String,
    header: Option<BTreeMap<String, Option<Vec<String>>>>,
    method: String,
    body: String,
    #[serde(rename = "TLSServerName")]
    tls_server_name: String,
    #[serde(rename = "TLSSkipVerify")]
    tls_skip_verify: bool,
    #[serde(rename = "TCP")]
    tcp: String,
    #[serde(rename = "TCPUseTLS")]
    tcp_use_tls: bool,
    #[serde(rename = "UDP")]
    udp: String,
    #[serde(rename = "GRPC")]
    grpc: String,
    #[serde(rename = "OSService")]
    os_service: String,
    #[serde(rename = "GRPCUseTLS")]
    grpc_use_tls: bool,
    session_name: String,
    interval: Value,
    timeout: Value,
    deregister_critical_service_after: Value,
    interval_duration: Value,
    timeout_duration: Value,
    deregister_critical_service_after_duration: Value,
}

impl From<WireCheck> for Check {
    fn from(check: WireCheck) -> Self {
        Self {
            node: check.node,
            check_id: check.check_id,
            name: check.name,
            status: check.status,
            notes: check.notes,
            output: check.output,
            service_id: check.service_id,
            service_name: check.service_name,
            service_tags: check.service_tags,
            kind: check.kind,
            namespace: check.namespace,
            partition: check.partition,
            exposed_port: check.exposed_port,
            peer_name: check.peer_name,
            definition: check.definition.map(CheckDefinition::from).unwrap_or_default(),
            create_index: check.create_index,
            modify_index: check.modify_index,
        }
    }
}

impl From<WireDefinition> for CheckDefinition {
    fn from(definition: WireDefinition) -> Self {
        let after = either(
            &definition.deregister_critical_service_after_duration,
            &definition.deregister_critical_service_after,
        );
        Self {
            interval: either(&definition.interval_duration, &definition.interval),
            timeout: either(&definition.timeout_duration, &definition.timeout),
            deregister_critical_service_after: after,
            http: definition.http,
            header: definition.header,
            method: definition.method,
            body: definition.body,
            tls_server_name: definition.tls_server_name,
            tls_skip_verify: definition.tls_skip_verify,
            tcp: definition.tcp,
            tcp_use_tls: definition.tcp_use_tls,
            udp: definition.udp,
            grpc: definition.grpc,
            os_service: definition.os_service,
            grpc_use_tls: definition.grpc_use_tls,
            session_name: definition.session_name,
        }
    }
}

/// Newer servers say a duration twice; the newer field counts where it is there.
fn either(newer: &Value, older: &Value) -> i64 {
    if newer.is_null() { nanoseconds(older) } else { nanoseconds(newer) }
}

/// A number of nanoseconds, or Go's notation such as `1m30s`; what is neither is 0.
fn nanoseconds(value: &Value) -> i64 {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "Go's own conversion; it saturates here")]
        Value::Number(number) => number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64),
        Value::String(text) => go_duration(text).unwrap_or(0),
        _ => 0,
    }
}

/// Go's `time.ParseDuration`, as far as Consul writes it.
fn go_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let mut total = 0.0;
    while !rest.is_empty() && rest != "0" {
        let number_end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit) = rest.split_at(number_end);
        let unit_end =
            unit.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(unit.len());
        let (unit, next) = unit.split_at(unit_end);
        let scale = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * scale;
        rest = next;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole nanoseconds are meant; it saturates")]
    Some((sign * total).round() as i64)
}

/// The worst of an instance's checks; maintenance is worse than all. A state that Consul does not have makes the whole
/// unknown, which is the empty text.
pub(super) fn aggregate(checks: &[WireCheck]) -> &'static str {
    let (mut is_in_maintenance, mut worst) = (false, "passing");
    for check in checks {
        if check.check_id == "_node_maintenance" || check.check_id.starts_with("_service_maintenance:") {
            is_in_maintenance = true;
            continue;
        }
        worst = match (check.status.as_str(), worst) {
            ("passing", worst) => worst,
            ("critical", _) | ("warning", "critical") => "critical",
            ("warning", _) => "warning",
            _ => return "",
        };
    }
    if is_in_maintenance { "maintenance" } else { worst }
}

/// Whether an instance in that state passes a filter.
pub(super) fn passes(filter: Filter, status: &str) -> bool {
    filter == Filter::Any || filter.name() == status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, status: &str) -> WireCheck {
        WireCheck { check_id: id.to_owned(), status: status.to_owned(), ..WireCheck::default() }
    }

    #[test]
    fn the_worst_check_counts_and_maintenance_is_worse() {
        let one = |status: &str| check("web", status);
        assert_eq!(aggregate(&[]), "passing");
        assert_eq!(aggregate(&[one("passing"), one("warning"), one("passing")]), "warning");
        assert_eq!(aggregate(&[one("critical"), one("warning")]), "critical");
        assert_eq!(aggregate(&[check("_node_maintenance", "critical"), one("passing")]), "maintenance");
        assert_eq!(
            aggregate(&[one("critical"), check("_service_maintenance:web", "critical")]),
            "maintenance"
        );
        assert_eq!(aggregate(&[one("passing"), one("unheard")]), "");
        assert_eq!(aggregate(&[check("_node_maintenance", "critical"), one("unheard")]), "");
    }

    #[test]
    fn an_unknown_state_passes_only_any() {
        assert!(passes(Filter::Any, ""));
        assert!(!passes(Filter::Passing, ""));
        assert!(passes(Filter::Maintenance, "maintenance"));
    }

    #[test]
    fn durations_are_gos() {
        for (text, expected) in [
            ("10s", 10_000_000_000),
            ("1m30s", 90_000_000_000),
            ("1.5ms", 1_500_000),
            ("0", 0),
            ("0s", 0),
            ("-2h", -7_200_000_000_000),
        ] {
            assert_eq!(go_duration(text), Some(expected), "{text}");
        }
        assert_eq!(go_duration("10"), None);
        assert_eq!(go_duration("10 parsecs"), None);
    }
}
