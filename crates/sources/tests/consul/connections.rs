//! The budget of connections: many services over few connections, and the change of each still arrives.

use std::time::{Duration, Instant};

use preflight_sources::Settings;
use preflight_sources::consul::{ConsulAnswer, ConsulQuery};
use serde_json::json;

use crate::agent::Agent;
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("a hundred keys and fifteen services start within the budget", keys_and_services),
    ("more services than connections", more_services_than_connections),
    ("one connection is enough for everything", one_connection),
    ("ten thousand keys are one request", ten_thousand_keys),
];

fn settings(agent: &Agent, connections: usize) -> Settings {
    let mut settings = agent.settings();
    settings.consul.as_mut().expect("Consul").http.max_connections = connections;
    settings
}

fn register(agent: &Agent, number: usize, port: u16) {
    agent.register(&json!({ "Node": format!("n{number}"), "Address": "10.0.0.1",
        "Service": { "ID": "web", "Service": format!("service-{number}"), "Port": port } }));
}

fn services(count: usize) -> Vec<ConsulQuery> {
    (0..count).map(|number| ConsulQuery::service(&format!("service-{number}")).expect("a service")).collect()
}

fn port(watched: &Watched, query: &ConsulQuery) -> Option<i64> {
    match watched.answer(query)? {
        ConsulAnswer::Health(instances) => instances.first().map(|instance| instance.port),
        _ => None,
    }
}

fn keys_and_services() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let names: Vec<String> = (0..100).map(|number| format!("app/part-{}/{number}", number % 9)).collect();
        names.iter().for_each(|name| agent.put_key(name, "x"));
        (0..15).for_each(|number| register(&agent, number, 1));
        let mut wanted = services(15);
        wanted.extend(names.iter().map(|name| key(name)));
        let began = Instant::now();
        let mut watched = Watched::wanting(agent.settings(), &wanted);
        watched.until("all", |seen| seen.latest.len() == 115).await;
        let took = began.elapsed();
        println!("100 keys and 15 services: {took:?}, {} connections", watched.watcher.consul_connections());
        assert!(took < Duration::from_millis(300), "{took:?}");
        assert!(watched.watcher.consul_connections() <= 16);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        register(&agent, 7, 2);
        watched.until("a change of a service", |seen| port(seen, &wanted[7]) == Some(2)).await;
        println!("a service's change: {:?}", began.elapsed());
    });
}

fn more_services_than_connections() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        (0..30).for_each(|number| register(&agent, number, 1));
        let wanted = services(30);
        let mut watched = Watched::wanting(settings(&agent, 4), &wanted);
        watched.until("all", |seen| wanted.iter().all(|query| port(seen, query) == Some(1))).await;
        for number in [0, 13, 29] {
            let began = Instant::now();
            register(&agent, number, 2);
            watched.until("a change", |seen| port(seen, &wanted[number]) == Some(2)).await;
            println!("service {number} of 30 over 4 connections: {:?}", began.elapsed());
            assert!(agent.connections() <= 4, "{}", agent.connections());
        }
    });
}

fn one_connection() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        register(&agent, 0, 1);
        agent.put_key("a/1", "x");
        let wanted = [services(1)[0].clone(), key("a/1"), key("b/2")];
        let mut watched = Watched::wanting(settings(&agent, 1), &wanted);
        watched.until("all", |seen| seen.latest.len() == 3).await;
        agent.put_key("b/2", "y");
        watched.until("a change", |seen| seen.has(&wanted[2], "y")).await;
        assert_eq!(agent.connections(), 1);
    });
}

fn ten_thousand_keys() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let names: Vec<String> =
            (0..10_000).map(|number| format!("bench/app-{}/key-{number}", number % 1000)).collect();
        for chunk in names.chunks(64) {
            let operation =
                |name: &String| json!({ "KV": { "Verb": "set", "Key": name, "Value": "dmFsdWU=" } });
            let (status, answer) = agent.put(
                "txn",
                &serde_json::Value::from(chunk.iter().map(operation).collect::<Vec<_>>()).to_string(),
            );
            assert_eq!(status, 200, "{answer}");
        }
        let keys: Vec<ConsulQuery> = names.iter().map(|name| key(name)).collect();
        for once in [true, false] {
            let began = Instant::now();
            let mut watched = Watched::wanting(Settings { once, ..agent.settings() }, &keys);
            let batch = watched.batch(Duration::from_secs(20)).await.expect("an answer");
            println!("ten thousand keys, once {once}: {:?}", began.elapsed());
            assert_eq!(batch.len(), 10_000);
            assert!(batch.iter().all(|update| update.result.is_ok()));
            assert!(watched.watcher.consul_connections() <= 2);
        }
    });
}
