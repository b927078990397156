//! The instances of services: which ones pass, in which order, with which fields.

use preflight_sources::consul::{ConsulAnswer, ConsulQuery, HealthService};
use serde_json::{Value, json};

use crate::agent::Agent;
use crate::watched::Watched;
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("only passing instances are given, by node and id", only_passing),
    ("filters choose states, maintenance among them", filters_choose_states),
    ("a tag chooses instances", a_tag_chooses),
    ("an instance has all of its fields", all_fields),
    ("an instance that fails and recovers is told", fails_and_recovers),
    ("a service that nobody offers is an empty list", nobody_offers),
];

fn instance(node: &str, id: &str, service: &str, checks: &[(&str, &str)]) -> Value {
    let checks: Vec<Value> = checks
        .iter()
        .map(|(check, status)| json!({ "Node": node, "CheckID": check, "Name": check, "Status": status, "ServiceID": id }))
        .collect();
    json!({ "Node": node, "Address": format!("10.0.0.{}", node.len()),
        "Service": { "ID": id, "Service": service, "Port": 8080 }, "Checks": checks })
}

fn instances<'seen>(watched: &'seen Watched, query: &ConsulQuery) -> &'seen [HealthService] {
    match watched.answer(query) {
        Some(ConsulAnswer::Health(instances)) => instances,
        None => &[],
        Some(other) => panic!("{other:?} are no instances"),
    }
}

fn shown(watched: &Watched, query: &ConsulQuery) -> Vec<String> {
    let one = |instance: &HealthService| format!("{}/{}:{}", instance.node, instance.id, instance.status);
    instances(watched, query).iter().map(one).collect()
}

fn service(text: &str) -> ConsulQuery {
    ConsulQuery::service(text).expect("a service")
}

fn only_passing() {
    block_on(async {
        let agent = Agent::shared();
        agent.register(&instance("s-bb", "pass-2", "pass", &[("p2", "passing")]));
        agent.register(&instance("s-bb", "pass-1", "pass", &[("p1", "passing")]));
        agent.register(&instance("s-a", "pass-9", "pass", &[("p9", "passing")]));
        agent.register(&instance("s-c", "pass-0", "pass", &[("p0", "critical")]));
        agent.register(&instance("s-d", "pass-0", "pass", &[]));
        let query = service("pass");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        let expected =
            ["s-a/pass-9:passing", "s-bb/pass-1:passing", "s-bb/pass-2:passing", "s-d/pass-0:passing"];
        watched.until("four", |seen| shown(seen, &query) == expected).await;
    });
}

fn filters_choose_states() {
    block_on(async {
        let agent = Agent::shared();
        agent.register(&instance("f-1", "filter", "filter", &[("f1", "passing")]));
        agent.register(&instance("f-2", "filter", "filter", &[("f2", "warning")]));
        agent.register(&instance("f-3", "filter", "filter", &[("f3", "critical"), ("f3w", "warning")]));
        agent.register(&instance("f-4", "filter", "filter", &[("_service_maintenance:filter", "critical")]));
        agent.register(&instance(
            "f-5",
            "filter",
            "filter",
            &[("_node_maintenance", "critical"), ("f5", "passing")],
        ));
        for (filter, expected) in [
            ("filter", "f-1"),
            ("filter|passing", "f-1"),
            ("filter|any", "f-1 f-2 f-3 f-4 f-5"),
            ("filter|passing,warning", "f-1 f-2"),
            ("filter|critical", "f-3"),
            ("filter|maintenance", "f-4 f-5"),
            ("filter|warning,maintenance", "f-2 f-4 f-5"),
            ("filter|,", ""),
        ] {
            let query = service(filter);
            let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
            watched.until(filter, |seen| seen.answer(&query).is_some()).await;
            let nodes: Vec<&str> =
                instances(&watched, &query).iter().map(|instance| instance.node.as_str()).collect();
            assert_eq!(nodes.join(" "), expected, "{filter}");
        }
    });
}

fn a_tag_chooses() {
    block_on(async {
        let agent = Agent::shared();
        for (node, tags) in [("t-1", json!(["v1.2", "b", "a"])), ("t-2", json!(["v2"]))] {
            let mut entry = instance(node, "tagged", "tagged", &[]);
            entry["Service"]["Tags"] = tags;
            agent.register(&entry);
        }
        let query = service("v1.2.tagged");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        watched.until("one", |seen| shown(seen, &query) == ["t-1/tagged:passing"]).await;
        assert_eq!(instances(&watched, &query)[0].tags, ["a", "b", "v1.2"]);
    });
}

fn all_fields() {
    block_on(async {
        let agent = Agent::shared();
        agent.register(&json!({
            "ID": "40e4a748-2192-161a-0510-9bf59fe950b5", "Node": "fields", "Address": "10.9.0.1",
            "TaggedAddresses": { "lan": "10.9.0.1", "wan": "1.2.3.4" }, "NodeMeta": { "zone": "b" },
            "Service": {
                "ID": "full-1", "Service": "full", "Address": "10.9.0.2", "Port": 9090, "Meta": { "version": "7" },
                "TaggedAddresses": { "wan": { "Address": "5.6.7.8", "Port": 99 } },
                "Weights": { "Passing": 5, "Warning": 2 },
            },
            "Check": {
                "Node": "fields", "CheckID": "full", "Name": "is it up", "Status": "passing", "ServiceID": "full-1",
                "Notes": "note", "Output": "fine", "Definition": {
                    "HTTP": "http://10.9.0.2:9090/health", "IntervalDuration": "10s", "Interval": "10s", "Timeout": "1m30s",
                    "DeregisterCriticalServiceAfter": "2h", "Header": { "X-A": ["1", "2"] }, "TLSSkipVerify": true,
                },
            },
        }));
        let bare = service("bare");
        agent.register(&instance("bare", "bare", "bare", &[]));
        let query = service("full");
        let mut watched = Watched::wanting(agent.settings(), &[query.clone(), bare.clone()]);
        watched
            .until("both", |seen| !instances(seen, &query).is_empty() && !instances(seen, &bare).is_empty())
            .await;
        let found = &instances(&watched, &query)[0];
        assert_eq!(
            (found.node_id.as_str(), found.node_address.as_str(), found.address.as_str(), found.port),
            ("40e4a748-2192-161a-0510-9bf59fe950b5", "10.9.0.1", "10.9.0.2", 9090)
        );
        assert_eq!(found.node_tagged_addresses.as_ref().expect("addresses")["wan"], "1.2.3.4");
        assert_eq!(found.node_meta.as_ref().expect("meta")["zone"], "b");
        assert_eq!(found.service_meta.as_ref().expect("meta")["version"], "7");
        let wan = &found.service_tagged_addresses.as_ref().expect("addresses")["wan"];
        assert_eq!((wan.address.as_str(), wan.port), ("5.6.7.8", 99));
        assert_eq!((found.weights.passing, found.weights.warning), (5, 2));
        let check = &found.checks.as_ref().expect("checks")[0];
        assert_eq!(
            (check.check_id.as_str(), check.name.as_str(), check.notes.as_str(), check.output.as_str()),
            ("full", "is it up", "note", "fine")
        );
        assert_eq!(
            (check.service_name.as_str(), check.definition.http.as_str()),
            ("full", "http://10.9.0.2:9090/health")
        );
        let durations = (check.definition.interval, check.definition.timeout);
        assert_eq!(durations, (10_000_000_000, 90_000_000_000));
        assert_eq!(check.definition.deregister_critical_service_after, 7_200_000_000_000);
        let bare = &instances(&watched, &bare)[0];
        assert_eq!(
            (bare.address.as_str(), &bare.tags),
            ("10.0.0.4", &Vec::<String>::new()),
            "the node's address"
        );
    });
}

fn fails_and_recovers() {
    block_on(async {
        let agent = Agent::shared();
        agent.register(&instance("r-1", "flaps", "flaps", &[("r1", "passing")]));
        let query = service("flaps");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        watched.until("it passes", |seen| instances(seen, &query).len() == 1).await;
        agent.register(&instance("r-1", "flaps", "flaps", &[("r1", "critical")]));
        watched.until("it fails", |seen| instances(seen, &query).is_empty()).await;
        agent.register(&instance("r-1", "flaps", "flaps", &[("r1", "passing")]));
        watched.until("it recovers", |seen| instances(seen, &query).len() == 1).await;
    });
}

fn nobody_offers() {
    block_on(async {
        let agent = Agent::shared();
        let wanted = [service("nobody"), ConsulQuery::connect("nobody").expect("a service")];
        let mut watched = Watched::wanting(agent.settings(), &wanted);
        let empty = ConsulAnswer::Health(Vec::new().into());
        watched.until("empty", |seen| wanted.iter().all(|query| seen.answer(query) == Some(&empty))).await;
    });
}
