//! Keys below a prefix, and everything else of the catalog that is not a service's instances.

use std::time::Duration;

use preflight_sources::consul::{ConsulAnswer, ConsulQuery, KeyPair};
use serde_json::json;

use crate::agent::Agent;
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("a list holds what is below its prefix, sorted", a_list_is_sorted),
    ("a list that is empty fills and empties", a_list_fills_and_empties),
    ("a list serves the keys below it with one request", a_list_serves_keys),
    ("all services with their tags, sorted", all_services),
    ("nodes, one node, the agent's own", nodes),
    ("datacenters, with and without those that do not answer", datacenters),
    ("the certificates of Connect", certificates),
    ("what this version does not have says so", not_supported),
];

fn list<'seen>(watched: &'seen Watched, query: &ConsulQuery) -> Option<&'seen [KeyPair]> {
    match watched.answer(query)? {
        ConsulAnswer::List(pairs) => Some(pairs),
        other => panic!("{other:?} is no list"),
    }
}

fn a_list_is_sorted() {
    block_on(async {
        let agent = Agent::shared();
        for (name, value) in [("b", "2"), ("a/y", "1"), ("a/x", "0"), ("", "own"), ("a.z", "3")] {
            agent.put_key(&format!("sorted/{name}"), value);
        }
        agent.put("kv/sorted/b?flags=42", "2");
        let query = ConsulQuery::list("sorted/").expect("a prefix");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        watched.until("the list", |seen| list(seen, &query).is_some()).await;
        let pairs = list(&watched, &query).expect("the list");
        let keys: Vec<(&str, &str)> = pairs.iter().map(|pair| (&*pair.path, pair.key())).collect();
        let expected = [
            ("sorted/", ""),
            ("sorted/a.z", "a.z"),
            ("sorted/a/x", "a/x"),
            ("sorted/a/y", "a/y"),
            ("sorted/b", "b"),
        ];
        assert_eq!(keys, expected);
        let last = &pairs[4];
        assert_eq!((&*last.value, last.flags, last.lock_index, &*last.session), (&b"2"[..], 42, 0, ""));
        assert!(last.create_index > 0 && last.modify_index >= last.create_index);
    });
}

fn a_list_fills_and_empties() {
    block_on(async {
        let agent = Agent::shared();
        let query = ConsulQuery::list("/fills").expect("a prefix");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        let length = |seen: &Watched| list(seen, &query).map(<[KeyPair]>::len);
        watched.until("empty", |seen| length(seen) == Some(0)).await;
        agent.put_key("fills/a", "1");
        watched.until("one", |seen| length(seen) == Some(1)).await;
        assert_eq!(list(&watched, &query).expect("one")[0].key(), "a", "slashes are cut off");
        agent.delete_key("fills/a");
        watched.until("empty again", |seen| length(seen) == Some(0)).await;
    });
}

fn a_list_serves_keys() {
    block_on(async {
        let agent = Agent::shared();
        agent.put_key("serves/a", "1");
        let query = ConsulQuery::list("serves").expect("a prefix");
        let keys = [key("serves/a"), key("serves/absent")];
        let wanted = [query.clone(), keys[0].clone(), keys[1].clone()];
        let mut watched = Watched::wanting(agent.settings(), &wanted);
        watched
            .until("all", |seen| {
                seen.has(&keys[0], "1") && seen.is_absent(&keys[1]) && list(seen, &query).is_some()
            })
            .await;
        assert!(watched.watcher.consul_connections() <= 2);
        assert_eq!(watched.served_by(&keys[0]), "prefix serves, which serves 3");
    });
}

fn all_services() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let instance = |node: &str, tags: &[&str]| {
            json!({ "Node": node, "Address": "10.0.0.1", "SkipNodeUpdate": false,
                "Service": { "ID": "web", "Service": "web", "Tags": tags, "Port": 80 } })
        };
        agent.register(&instance("n1", &["v2", "blue"]));
        agent.register(&instance("n2", &["v1"]));
        let query = ConsulQuery::services("").expect("a query");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&query));
        let shown = |seen: &Watched| match seen.answer(&query) {
            Some(ConsulAnswer::Services(services)) => services
                .iter()
                .map(|service| format!("{}:{}", service.name, service.tags.join("+")))
                .collect(),
            _ => Vec::new(),
        };
        watched.until("two", |seen| shown(seen) == ["consul:", "web:blue+v1+v2"]).await;
        agent.register(&json!({ "Node": "n1", "Address": "10.0.0.1", "Service": { "Service": "api" } }));
        watched.until("three", |seen| shown(seen) == ["api:", "consul:", "web:blue+v1+v2"]).await;
    });
}

fn nodes() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        agent.register(&json!({ "Node": "zeta", "Address": "10.0.0.2", "NodeMeta": { "rack": "7" },
            "TaggedAddresses": { "lan": "10.0.0.2" },
            "Service": { "ID": "web-2", "Service": "web", "Tags": ["b", "a"], "Port": 80, "EnableTagOverride": true } }));
        agent.register(&json!({ "Node": "zeta", "Address": "10.0.0.2", "SkipNodeUpdate": true,
            "Service": { "ID": "web-1", "Service": "web", "Address": "10.0.0.3" } }));
        let all = ConsulQuery::nodes("").expect("a query");
        let one = ConsulQuery::node("zeta").expect("a query");
        let own = ConsulQuery::node("").expect("a query");
        let none = ConsulQuery::node("nobody").expect("a query");
        let wanted = [all.clone(), one.clone(), own.clone(), none.clone()];
        let mut watched = Watched::wanting(agent.settings(), &wanted);
        watched.until("all", |seen| seen.latest.len() == 4 && seen.latest.values().all(Result::is_ok)).await;
        let Some(ConsulAnswer::Nodes(nodes)) = watched.answer(&all) else { panic!("no nodes") };
        assert_eq!(nodes.iter().map(|node| node.node.as_str()).collect::<Vec<_>>(), ["one", "zeta"]);
        assert_eq!(nodes[1].meta.as_ref().expect("meta")["rack"], "7");
        let Some(ConsulAnswer::Node(detail)) = watched.answer(&one) else { panic!("no node") };
        let services = detail.services.as_ref().expect("services");
        let ids: Vec<&str> = services.iter().map(|service| service.id.as_str()).collect();
        assert_eq!(
            (detail.node.as_ref().expect("a node").address.as_str(), ids),
            ("10.0.0.2", vec!["web-1", "web-2"])
        );
        assert_eq!(
            (&services[1].tags, services[1].enable_tag_override),
            (&vec!["a".to_owned(), "b".to_owned()], true)
        );
        let Some(ConsulAnswer::Node(detail)) = watched.answer(&own) else { panic!("no node") };
        assert_eq!(detail.node.as_ref().expect("a node").node, "one");
        let Some(ConsulAnswer::Node(detail)) = watched.answer(&none) else { panic!("no node") };
        assert!(detail.node.is_none() && detail.services.is_none());
    });
}

fn datacenters() {
    block_on(async {
        let agent = Agent::shared();
        let all = ConsulQuery::Datacenters { ignore_failing: false };
        let answering = ConsulQuery::Datacenters { ignore_failing: true };
        let mut watched = Watched::wanting(agent.settings(), &[all.clone(), answering.clone()]);
        let names = ConsulAnswer::Datacenters(vec!["dc1".to_owned()].into());
        watched
            .until("both", |seen| {
                seen.answer(&all) == Some(&names) && seen.answer(&answering) == Some(&names)
            })
            .await;
        let nowhere = key("a@nowhere");
        watched.want(std::slice::from_ref(&nowhere));
        watched.until("no such datacenter", |seen| seen.error(&nowhere).is_some()).await;
        let error = watched.error(&nowhere).expect("an error").to_string();
        assert!(
            error.starts_with("kv.block(a@nowhere): ") && error.contains("No path to datacenter"),
            "{error}"
        );
    });
}

fn certificates() {
    block_on(async {
        let agent = Agent::start(&json!({ "connect": { "enabled": true } }));
        let leaf = ConsulQuery::ca_leaf("web");
        let mut watched = Watched::wanting(agent.settings(), &[ConsulQuery::CaRoots, leaf.clone()]);
        let is_there = |seen: &Watched| {
            matches!(seen.answer(&ConsulQuery::CaRoots), Some(ConsulAnswer::CaRoots(roots)) if !roots.is_empty())
                && seen.answer(&leaf).is_some()
        };
        watched.until("both", is_there).await;
        let Some(ConsulAnswer::CaRoots(roots)) = watched.answer(&ConsulQuery::CaRoots) else {
            panic!("no roots")
        };
        assert!(roots[0].active && roots[0].root_cert_pem.starts_with("-----BEGIN CERTIFICATE"));
        let Some(answer @ ConsulAnswer::CaLeaf(certificate)) = watched.answer(&leaf) else {
            panic!("no leaf")
        };
        assert_eq!(certificate.service, "web");
        assert!(certificate.private_key_pem.contains("PRIVATE KEY") && answer.is_secret());
        assert!(!format!("{answer:?}").contains("PRIVATE KEY"));
        watched.assert_quiet(Duration::from_millis(500)).await;
    });
}

fn not_supported() {
    block_on(async {
        let agent = Agent::shared();
        let wanted = [
            ConsulQuery::Partitions,
            ConsulQuery::peerings("").expect("a query"),
            ConsulQuery::exported_services("default"),
        ];
        let mut watched = Watched::wanting(agent.settings(), &wanted);
        watched.until("errors", |seen| wanted.iter().all(|query| seen.error(query).is_some())).await;
        for query in &wanted {
            let error = watched.error(query).expect("an error");
            assert_eq!(error.cause.class(), "source.not_supported", "{error}");
            assert!(!error.heals() && error.advice().contains("Enterprise"));
        }
        assert!(
            watched.watcher.outage(preflight_sources::Backend::Consul).is_none(),
            "a refusal is no outage"
        );
    });
}
