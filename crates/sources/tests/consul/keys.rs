//! Keys: absent, present, changed, many at once.

use std::time::{Duration, Instant};

use preflight_sources::Settings;

use crate::agent::Agent;
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("a key comes, changes and goes", a_key_comes_changes_and_goes),
    ("an unchanged value is no news", an_unchanged_value_is_no_news),
    ("a hundred keys are one batch over few connections", a_hundred_keys_are_one_batch),
    ("keys that are found one by one end up in one request", found_one_by_one),
    ("a key that joins a prefix is answered from what is known", joining_a_prefix),
    ("a change is told within milliseconds", a_change_is_told_at_once),
    ("what is no longer wanted is let go", let_go),
    ("with once there is one answer", with_once),
    ("with once an absent key is waited for", with_once_absent),
    ("values are bytes", values_are_bytes),
];

fn a_key_comes_changes_and_goes() {
    block_on(async {
        let agent = Agent::shared();
        let name = key("comes/a");
        let mut watched = Watched::wanting(agent.settings(), std::slice::from_ref(&name));
        watched.until("absent", |seen| seen.is_absent(&name)).await;
        agent.put_key("comes/a", "1");
        watched.until("present", |seen| seen.has(&name, "1")).await;
        agent.put_key("comes/a", "2");
        watched.until("changed", |seen| seen.has(&name, "2")).await;
        agent.delete_key("comes/a");
        watched.until("gone", |seen| seen.is_absent(&name)).await;
        let state = &watched.watcher.states()[0];
        assert!(state.index > 0 && state.answered.is_some() && state.error.is_none(), "{state:?}");
    });
}

fn an_unchanged_value_is_no_news() {
    block_on(async {
        let agent = Agent::shared();
        agent.put_key("same/a", "1");
        let keys = [key("same/a"), key("same/b"), key("same/c")];
        let mut watched = Watched::wanting(agent.settings(), &keys);
        watched.until("present", |seen| seen.has(&keys[0], "1") && seen.is_absent(&keys[2])).await;
        agent.put_key("same/a?flags=7", "1");
        agent.put_key("same/unrelated", "1");
        watched.assert_quiet(Duration::from_millis(500)).await;
    });
}

fn a_hundred_keys_are_one_batch() {
    block_on(async {
        let agent = Agent::start(&serde_json::json!({}));
        let names: Vec<String> =
            (0..100).map(|number| format!("many/part-{}/key-{number}", number % 7)).collect();
        for name in &names {
            agent.put_key(name, name);
        }
        let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
        let began = Instant::now();
        let mut watched = Watched::wanting(agent.settings(), &keys);
        let batch = watched.batch(Duration::from_secs(5)).await.expect("an answer");
        let took = began.elapsed();
        assert_eq!(batch.len(), 100, "one batch");
        assert!(took < Duration::from_millis(200), "{took:?}");
        assert!(watched.watcher.consul_connections() <= 2);
        assert!(agent.connections() <= 2, "{}", agent.connections());
        agent.put_key(&names[3], "new");
        let batch = watched.batch(Duration::from_secs(5)).await.expect("a change");
        assert_eq!(batch.len(), 1, "only what changed");
        assert!(watched.has(&keys[3], "new"));
    });
}

fn found_one_by_one() {
    block_on(async {
        let agent = Agent::shared();
        let names: Vec<String> = (0..30).map(|number| format!("grow/{}/key-{number}", number % 3)).collect();
        for name in &names {
            agent.put_key(name, name);
        }
        let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
        let mut watched = Watched::new(agent.settings());
        for count in 1..=keys.len() {
            watched.want(&keys[..count]);
            let newest = count - 1;
            watched.until("the newest", |seen| seen.has(&keys[newest], &names[newest])).await;
        }
        assert!(watched.served_by(&keys[0]).starts_with("prefix grow/"), "{}", watched.served_by(&keys[0]));
        let told: usize = watched.batches.iter().map(Vec::len).sum();
        assert_eq!(told, keys.len(), "each was told once");
        assert!(watched.watcher.consul_connections() <= 4, "{}", watched.watcher.consul_connections());
    });
}

fn joining_a_prefix() {
    block_on(async {
        let agent = Agent::shared();
        for name in ["a", "b", "c", "d"] {
            agent.put_key(&format!("join/{name}"), name);
        }
        let keys = ["a", "b", "c", "d", "absent"].map(|name| key(&format!("join/{name}")));
        let mut watched = Watched::wanting(agent.settings(), &keys[..3]);
        watched.until("three", |seen| seen.latest.len() == 3).await;
        let began = Instant::now();
        watched.want(&keys);
        watched.until("five", |seen| seen.has(&keys[3], "d") && seen.is_absent(&keys[4])).await;
        assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    });
}

fn a_change_is_told_at_once() {
    block_on(async {
        let agent = Agent::start(&serde_json::json!({}));
        let keys = ["a", "b", "c"].map(|name| key(&format!("quick/{name}")));
        let mut watched = Watched::wanting(agent.settings(), &keys);
        watched.until("all", |seen| seen.latest.len() == 3).await;
        let mut times = Vec::new();
        for round in 0..15 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let text = round.to_string();
            let began = Instant::now();
            agent.put_key("quick/b", &text);
            watched.until("the change", |seen| seen.has(&keys[1], &text)).await;
            times.push(began.elapsed());
        }
        times.sort();
        println!("from writing a key to its update: median {:?}, all {times:?}", times[7]);
        assert!(times[7] < Duration::from_millis(50), "{times:?}");
    });
}

fn let_go() {
    block_on(async {
        let agent = Agent::start(&serde_json::json!({}));
        let keys = ["a/1", "b/2", "c/3"].map(key);
        let mut watched = Watched::wanting(agent.settings(), &keys);
        watched.until("all", |seen| seen.latest.len() == 3).await;
        watched.want(&keys[..1]);
        agent.put_key("b/2", "x");
        watched.assert_quiet(Duration::from_millis(300)).await;
        assert_eq!(watched.watcher.states().len(), 1);
        assert!(agent.connections() <= 2, "{}", agent.connections());
        drop(watched);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(agent.connections(), 0, "all connections are closed");
    });
}

fn with_once() {
    block_on(async {
        let agent = Agent::start(&serde_json::json!({}));
        for name in ["a", "b", "c", "d"] {
            agent.put_key(&format!("once/{name}"), name);
        }
        let keys = ["a", "b", "c", "d"].map(|name| key(&format!("once/{name}")));
        let alone = key("alone");
        agent.put_key("alone", "x");
        let settings = Settings { once: true, ..agent.settings() };
        let mut wanted = keys[..3].to_vec();
        wanted.push(alone.clone());
        let mut watched = Watched::wanting(settings, &wanted);
        watched.until("all", |seen| seen.latest.len() == 4).await;
        agent.put_key("once/a", "changed");
        agent.put_key("alone", "changed");
        watched.assert_quiet(Duration::from_millis(400)).await;
        wanted.push(keys[3].clone());
        watched.want(&wanted);
        watched.until("who comes later", |seen| seen.has(&keys[3], "d")).await;
    });
}

fn with_once_absent() {
    block_on(async {
        let agent = Agent::shared();
        let keys = ["a", "b", "c"].map(|name| key(&format!("once-absent/{name}")));
        let settings = Settings { once: true, ..agent.settings() };
        let mut watched = Watched::wanting(settings, &keys);
        watched.until("absent", |seen| keys.iter().all(|key| seen.is_absent(key))).await;
        agent.put_key("once-absent/b", "here");
        watched.until("present", |seen| seen.has(&keys[1], "here")).await;
    });
}

fn values_are_bytes() {
    block_on(async {
        let agent = Agent::shared();
        agent.put_key("bytes/a", "ä\n\"\u{0}");
        agent.put_key("bytes/empty", "");
        agent.put_key("bytes/sp%20ace%3F", "x");
        let keys = [key("bytes/a"), key("bytes/empty")];
        let mut watched = Watched::wanting(agent.settings(), &keys);
        watched.until("all", |seen| seen.has(&keys[0], "ä\n\"\u{0}") && seen.has(&keys[1], "")).await;
        let odd = key("bytes/sp ace");
        watched.want(std::slice::from_ref(&odd));
        watched.until("absent", |seen| seen.is_absent(&odd)).await;
    });
}
