//! Consul is stopped, restarted, emptied.

use std::time::{Duration, Instant};

use preflight_sources::{Backend, RetrySettings, Settings};
use serde_json::json;

use crate::agent::{Agent, free_port};
use crate::network::{Network, Weather};
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("an outage is told, ends by itself, and what changed meanwhile arrives", an_outage_ends_by_itself),
    ("Consul that comes later is found", comes_later),
    ("a store that was emptied is told", emptied),
    ("a network that stops and goes on loses nothing", partitioned),
    ("a slow network is only slow", slowed),
    ("connections that are cut are made again without a word", cut),
];

/// Quick enough for a test.
fn impatient(agent: &Agent) -> Settings {
    let mut settings = agent.settings();
    let consul = settings.consul.as_mut().expect("Consul");
    consul.retry =
        RetrySettings { attempts: 2, max_backoff: Duration::from_millis(400), ..RetrySettings::default() };
    settings
}

fn an_outage_ends_by_itself() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let keys = ["app/a", "app/b", "app/c", "other"].map(key);
        for name in ["app/a", "app/b", "app/c", "other"] {
            agent.put_key(name, "1");
        }
        let mut watched = Watched::wanting(impatient(&agent), &keys);
        watched.until("all", |seen| seen.latest.len() == 4).await;
        agent.stop();
        watched.until("all fail", |seen| keys.iter().all(|key| seen.error(key).is_some())).await;
        let outage = watched.watcher.outage(Backend::Consul).expect("an outage");
        assert!(outage.error.heals() && outage.lasting() < Duration::from_secs(5), "{outage:?}");
        watched
            .until("the tries are used up", |seen| {
                seen.error(&keys[0]).is_some_and(|error| error.is_exhausted)
            })
            .await;
        let state = &watched.watcher.states()[0];
        assert!(state.attempts >= 3 && state.error.is_some() && state.answered.is_some(), "{state:?}");
        agent.run();
        agent.put_key("app/b", "2");
        let is_back =
            |seen: &Watched| seen.has(&keys[0], "1") && seen.has(&keys[1], "2") && seen.has(&keys[3], "1");
        watched.until("all are back", is_back).await;
        assert!(watched.watcher.outage(Backend::Consul).is_none());
        agent.put_key("app/c", "3");
        watched.until("watched again", |seen| seen.has(&keys[2], "3")).await;
    });
}

fn comes_later() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        agent.put_key("a", "1");
        agent.stop();
        let name = key("a");
        let mut watched = Watched::wanting(impatient(&agent), std::slice::from_ref(&name));
        watched.until("refused", |seen| seen.error(&name).is_some()).await;
        let error = watched.error(&name).expect("an error");
        assert_eq!(error.cause.class(), "tcp.refused");
        assert_eq!(
            error.to_string(),
            format!("kv.block(a): 127.0.0.1:{} refused the connection", agent.port)
        );
        agent.run();
        let began = Instant::now();
        watched.until("answered", |seen| seen.has(&name, "1")).await;
        assert!(began.elapsed() < Duration::from_secs(3));
        assert_ne!(free_port(), agent.port);
    });
}

fn emptied() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let keys = ["app/a", "app/b", "app/c"].map(key);
        for name in ["app/a", "app/b", "app/c"] {
            agent.put_key(name, "1");
        }
        let mut watched = Watched::wanting(impatient(&agent), &keys);
        watched.until("all", |seen| seen.latest.len() == 3).await;
        agent.stop();
        agent.empty();
        agent.run();
        watched.until("all are gone", |seen| keys.iter().all(|key| seen.is_absent(key))).await;
        agent.put_key("app/a", "again");
        watched.until("one is back, although the index is lower", |seen| seen.has(&keys[0], "again")).await;
    });
}

/// A watcher of three keys behind a network that can be spoilt.
async fn behind_a_network(agent: &Agent) -> (Network, Watched) {
    for name in ["app/a", "app/b", "app/c"] {
        agent.put_key(name, "1");
    }
    let network = Network::start(agent.port).await;
    let mut settings = impatient(agent);
    let consul = settings.consul.as_mut().expect("Consul");
    consul.http.address = network.address.clone();
    consul.http.answer_timeout = Duration::from_secs(1);
    (network, Watched::wanting(settings, &["app/a", "app/b", "app/c"].map(key)))
}

fn partitioned() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let (network, mut watched) = behind_a_network(&agent).await;
        watched.until("all", |seen| seen.latest.len() == 3).await;
        network.become_now(Weather::Stopped);
        agent.put_key("app/a", "2");
        watched.assert_quiet(Duration::from_millis(500)).await;
        watched.want(&["app/a", "app/b", "app/c", "new"].map(key));
        watched.until("what is asked now fails", |seen| seen.error(&key("new")).is_some()).await;
        assert_eq!(watched.error(&key("new")).expect("an error").cause.class(), "http.timeout");
        assert!(watched.watcher.outage(Backend::Consul).is_none(), "the others may still hear of a change");
        network.become_now(Weather::Fine);
        watched
            .until("all is well", |seen| seen.has(&key("app/a"), "2") && seen.is_absent(&key("new")))
            .await;
    });
}

fn slowed() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let (network, mut watched) = behind_a_network(&agent).await;
        network.become_now(Weather::Slow(Duration::from_millis(200)));
        watched.until("all", |seen| seen.latest.len() == 3).await;
        agent.put_key("app/b", "2");
        watched.until("a change", |seen| seen.has(&key("app/b"), "2")).await;
        assert!(watched.batches.iter().flatten().all(|update| update.result.is_ok()));
    });
}

fn cut() {
    block_on(async {
        let agent = Agent::start(&json!({}));
        let (network, mut watched) = behind_a_network(&agent).await;
        watched.until("all", |seen| seen.latest.len() == 3).await;
        for round in 2..5 {
            network.cut();
            let text = round.to_string();
            agent.put_key("app/c", &text);
            watched.until("a change", |seen| seen.has(&key("app/c"), &text)).await;
        }
        assert!(watched.batches.iter().flatten().all(|update| update.result.is_ok()));
    });
}
