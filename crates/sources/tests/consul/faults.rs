//! What goes wrong at a server, and what a real one of this version lacks: against the stub.

use std::time::Duration;

use preflight_sources::consul::{ConsulAnswer, ConsulQuery};
use preflight_sources::{Backend, Has, Settings};

use crate::stub::{Act, Asked, Stub, indexed, pairs, status};
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("an index that goes backwards starts anew", an_index_goes_backwards),
    ("an index that never waits does not spin", an_index_never_waits),
    ("an index of zero is waited upon as one", an_index_of_zero),
    ("a stale answer is asked of the leader", a_stale_answer),
    ("without max_stale the leader is asked at once", never_stale),
    ("429 holds everything up for as long as it says", throttled),
    ("500 heals, and says what it was until then", heals),
    ("what is no JSON and no HTTP is told", garbage),
    ("a server that hangs is told in time", hangs),
    ("a prefix that is too large falls back to single keys", too_large),
    ("a prefix of too many strangers is divided", too_many_strangers),
    ("with once nothing is asked twice", once_asks_once),
    ("a path that the server has elsewhere is followed, not for ever", sent_elsewhere),
    ("partitions, peerings, exported and imported services", enterprise),
    ("namespace and partition of the settings", scopes),
    ("nothing of a token, a password or a user is shown", nothing_secret),
    ("a name that does not resolve, and no settings at all", no_such_place),
    ("a hot key asks a bounded number of times", a_hot_key),
];

fn a() -> ConsulQuery {
    key("a")
}

async fn watched(stub: &Stub) -> Watched {
    Watched::wanting(stub.settings(), &[a()])
}

/// What a key's first answer is, and then waits without end.
fn then_wait(asked: &Asked, answer: Act) -> Act {
    if asked.before == 0 { answer } else { Act::Hang }
}

fn sent_elsewhere() {
    block_on(async {
        let stub = Stub::start(|asked| match (asked.path.as_str(), asked.index()) {
            ("/v1/kv/a//b", None) => moved("/v1/kv/a/b?stale"),
            ("/v1/kv/a//b", Some(_)) => moved("/v1/kv/a/b?stale&index=5&wait=60000ms"),
            ("/v1/kv/a/b", None) => indexed(5, &pairs(&[("a/b", "there")])),
            ("/v1/kv/round", None) => moved("/v1/kv/round"),
            _ => Act::Hang,
        })
        .await;
        let (twice, round) = (key("a//b"), key("round"));
        let mut watched = Watched::wanting(stub.settings(), &[twice.clone(), round.clone()]);
        watched.until("the value", |seen| seen.has(&twice, "there")).await;
        watched.until("the refusal", |seen| seen.error(&round).is_some()).await;
        assert_eq!(watched.error(&round).expect("an error").cause.class(), "http.bad_answer");
        assert!(stub.asked_for("/v1/kv/a/b").iter().any(|asked| !asked.parameters.contains_key("index")));
    });
}

fn moved(to: &str) -> Act {
    Act::Answer(301, vec![("Location", to.to_owned())], "<a>Moved Permanently</a>".to_owned())
}

fn an_index_goes_backwards() {
    block_on(async {
        let stub = Stub::start(|asked| match (asked.before, asked.index()) {
            (0, None) => indexed(100, &pairs(&[("a", "old")])),
            (1, Some(100)) => indexed(7, &pairs(&[("a", "new")])),
            (2, None) => indexed(7, &pairs(&[("a", "newer")])),
            (3, Some(7)) => Act::Hang,
            _ => status(500, "an index that should not be"),
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("the newest", |seen| seen.has(&a(), "newer")).await;
        watched.assert_quiet(Duration::from_millis(300)).await;
        assert_eq!(stub.asked().len(), 4);
    });
}

fn an_index_never_waits() {
    block_on(async {
        let stub = Stub::start(|asked| indexed(asked.before as u64 + 1, &pairs(&[("a", "same")]))).await;
        let mut watched = watched(&stub).await;
        watched.until("the value", |seen| seen.has(&a(), "same")).await;
        watched.assert_quiet(Duration::from_secs(2)).await;
        assert!(stub.asked().len() <= 8, "{} in two seconds", stub.asked().len());
    });
}

fn an_index_of_zero() {
    block_on(async {
        let stub = Stub::start(|asked| match asked.before {
            0 => indexed(0, &pairs(&[("a", "1")])),
            1 => indexed(0, &pairs(&[("a", "2")])),
            _ => Act::Hang,
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("a change is not overlooked", |seen| seen.has(&a(), "2")).await;
        assert_eq!(stub.asked()[1].index(), Some(1));
    });
}

fn a_stale_answer() {
    block_on(async {
        let stub = Stub::start(|asked| {
            let age = if asked.parameters.contains_key("stale") { "5000" } else { "0" };
            let value = if age == "0" { "fresh" } else { "stale" };
            let headers = vec![("X-Consul-Index", "7".to_owned()), ("X-Consul-LastContact", age.to_owned())];
            if asked.before > 1 { Act::Hang } else { Act::Answer(200, headers, pairs(&[("a", value)])) }
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("the leader's", |seen| seen.has(&a(), "fresh")).await;
        assert_eq!(watched.batches.len(), 1, "the stale one was never told");
    });
}

fn never_stale() {
    block_on(async {
        let stub = Stub::start(|asked| then_wait(asked, indexed(7, &pairs(&[("a", "1")])))).await;
        let mut settings = stub.settings();
        settings.consul.as_mut().expect("Consul").max_stale = Duration::ZERO;
        let mut watched = Watched::wanting(settings, &[a()]);
        watched.until("the value", |seen| seen.has(&a(), "1")).await;
        assert!(stub.asked().iter().all(|asked| !asked.parameters.contains_key("stale")));
    });
}

fn throttled() {
    block_on(async {
        let stub = Stub::start(|asked| match asked.before {
            0 if asked.path == "/v1/kv/a" => {
                Act::Answer(429, vec![("Retry-After", "1".to_owned())], "slow down".to_owned())
            }
            0 | 1 => indexed(7, &pairs(&[("a", "1")])),
            _ => Act::Hang,
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("throttled", |seen| seen.error(&a()).is_some()).await;
        let error = watched.error(&a()).expect("an error");
        assert_eq!((error.cause.class(), error.attempt), ("http.throttled", 1));
        assert_eq!(error.next_try, Some(Duration::from_secs(1)));
        watched.want(&[a(), key("b")]);
        watched.until("both", |seen| seen.has(&a(), "1") && seen.value(&key("b")).is_some()).await;
        let asked = stub.asked();
        assert!(asked[1].at - asked[0].at >= Duration::from_millis(950), "{:?}", asked[1].at - asked[0].at);
    });
}

fn heals() {
    block_on(async {
        let stub = Stub::start(|asked| match asked.before {
            0 | 1 => status(500, "No cluster leader"),
            2 => status(503, ""),
            3 => indexed(7, &pairs(&[("a", "1")])),
            _ => Act::Hang,
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("the value", |seen| seen.has(&a(), "1")).await;
        let told: Vec<(&str, u32)> = watched
            .batches
            .iter()
            .flatten()
            .filter_map(|update| update.result.as_ref().err())
            .map(|error| (error.cause.class(), error.attempt))
            .collect();
        assert_eq!(told, [("consul.no_leader", 1), ("consul.no_leader", 2), ("http.server_failed", 3)]);
        assert!(watched.watcher.outage(Backend::Consul).is_none());
    });
}

fn garbage() {
    block_on(async {
        for (act, class) in [
            (status(200, "<html>welcome</html>"), "http.bad_answer"),
            (indexed(7, "[{\"Key\":\"a\",\"Value\":\"not base64!\"}]"), "http.bad_answer"),
            (indexed(7, "[{\"Key\":7}]"), "http.bad_answer"),
            (status(302, ""), "http.bad_answer"),
            (status(400, "Missing key name"), "http.bad_request"),
            (Act::Raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "http.wrong_protocol"),
            (Act::Raw(b""), "http.closed"),
            (Act::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n["), "http.closed"),
        ] {
            let stub = Stub::start(move |_| act.clone()).await;
            let mut watched = watched(&stub).await;
            watched.until(class, |seen| seen.error(&a()).is_some()).await;
            let error = watched.error(&a()).expect("an error");
            assert_eq!(error.cause.class(), class, "{error}");
            assert!(error.to_string().contains(&stub.address), "{error}");
        }
    });
}

fn hangs() {
    block_on(async {
        let stub = Stub::start(|_| Act::Hang).await;
        let mut settings = stub.settings();
        settings.consul.as_mut().expect("Consul").http.answer_timeout = Duration::from_millis(300);
        let mut watched = Watched::wanting(settings, &[a()]);
        watched.until("told", |seen| seen.error(&a()).is_some()).await;
        assert_eq!(watched.error(&a()).expect("an error").cause.class(), "http.timeout");
        assert!(watched.watcher.outage(Backend::Consul).is_some());
        assert_eq!(watched.watcher.states()[0].has, Has::Nothing);
    });
}

fn three() -> [ConsulQuery; 3] {
    ["app/a", "app/b", "app/c"].map(key)
}

fn too_large() {
    block_on(async {
        let stub = Stub::start(|asked| {
            if asked.parameters.contains_key("recurse") {
                return indexed(7, &pairs(&[("app/huge", &"x".repeat(1 << 20))]));
            }
            let name = asked.path.trim_start_matches("/v1/kv/").to_owned();
            then_wait(asked, indexed(7, &pairs(&[(&name, &name)])))
        })
        .await;
        let keys = three();
        let mut watched = Watched::wanting(stub.settings(), &keys);
        watched.until("all", |seen| seen.has(&keys[0], "app/a") && seen.has(&keys[2], "app/c")).await;
        assert_eq!(watched.served_by(&keys[0]), "a request of its own");
        assert_eq!(stub.asked_for("/v1/kv/app/").len(), 1, "it is not tried again");
        assert!(watched.batches.iter().flatten().all(|update| update.result.is_ok()));
    });
}

fn too_many_strangers() {
    block_on(async {
        let stub = Stub::start(|asked| {
            let strangers: Vec<String> = (0..2000).map(|number| format!("app/other/{number}")).collect();
            let mut all: Vec<(&str, &str)> = strangers.iter().map(|name| (name.as_str(), "")).collect();
            match asked.path.as_str() {
                "/v1/kv/app/" => indexed(7, &pairs(&all)),
                "/v1/kv/app/x/" => {
                    all.clear();
                    all.extend([("app/x/1", "1"), ("app/x/2", "2"), ("app/x/3", "3")]);
                    then_wait(asked, indexed(7, &pairs(&all)))
                }
                _ => then_wait(asked, indexed(7, &pairs(&[("app/top", "top")]))),
            }
        })
        .await;
        let keys = ["app/x/1", "app/x/2", "app/x/3", "app/top"].map(key);
        let mut watched = Watched::wanting(stub.settings(), &keys);
        watched.until("all", |seen| seen.has(&keys[0], "1") && seen.has(&keys[3], "top")).await;
        assert_eq!(watched.served_by(&keys[0]), "prefix app/x/, which serves 3");
    });
}

fn once_asks_once() {
    block_on(async {
        let stub = Stub::start(|asked| match asked.path.as_str() {
            "/v1/kv/a" => indexed(7, &pairs(&[("a", "1")])),
            "/v1/kv/app/" => indexed(7, &pairs(&[("app/a", ""), ("app/b", ""), ("app/c", "")])),
            _ => indexed(7, "[]"),
        })
        .await;
        let mut wanted = three().to_vec();
        wanted.extend([a(), ConsulQuery::service("web").expect("a service")]);
        let mut watched = Watched::wanting(Settings { once: true, ..stub.settings() }, &wanted);
        watched.until("all", |seen| seen.latest.len() == 5).await;
        watched.assert_quiet(Duration::from_millis(500)).await;
        assert_eq!(stub.asked().len(), 3, "{:#?}", stub.asked());
        assert!(stub.asked().iter().all(|asked| asked.index().is_none()), "nothing waits");
    });
}

fn enterprise() {
    block_on(async {
        let stub = Stub::start(|asked| match (asked.path.as_str(), asked.before) {
            ("/v1/partitions", 0) => {
                status(200, r#"[{"Name":"web","Description":"theirs"},{"Name":"default","Description":"ours"}]"#)
            }
            ("/v1/peerings", 0 | 1) => indexed(
                7,
                r#"[{"ID":"2","Name":"west","State":"PENDING","StreamStatus":{"ImportedServices":null}},
                    {"ID":"1","Name":"east","State":"ACTIVE","PeerServerAddresses":["10.0.0.1:8503"],"Meta":{"k":"v"},
                     "StreamStatus":{"ImportedServices":["web","api"],"LastHeartbeat":"2026-01-02T03:04:05Z"},
                     "Remote":{"Partition":"","Datacenter":"dc9"}}]"#,
            ),
            ("/v1/exported-services", 0) => indexed(
                7,
                r#"[{"Service":"web","Partition":"default","Consumers":{"Peers":["east"]}},{"Service":"api","Consumers":{"Partitions":["p"]}}]"#,
            ),
            _ => Act::Hang,
        })
        .await;
        let peerings = ConsulQuery::peerings("?partition=default").expect("a query");
        let (exported, imported) =
            (ConsulQuery::exported_services("default"), ConsulQuery::imported_services(""));
        let wanted = [ConsulQuery::Partitions, peerings.clone(), exported.clone(), imported.clone()];
        let mut watched = Watched::wanting(stub.settings(), &wanted);
        watched.until("all", |seen| seen.latest.len() == 4).await;
        let Some(ConsulAnswer::Partitions(found)) = watched.answer(&ConsulQuery::Partitions) else {
            panic!()
        };
        assert_eq!((found[0].name.as_str(), found[1].description.as_str()), ("default", "theirs"));
        let Some(ConsulAnswer::Peerings(found)) = watched.answer(&peerings) else { panic!() };
        assert_eq!((found[0].name.as_str(), found[0].remote.datacenter.as_str()), ("east", "dc9"));
        assert_eq!(found[0].stream.last_heartbeat.as_deref(), Some("2026-01-02T03:04:05Z"));
        let Some(ConsulAnswer::ExportedServices(found)) = watched.answer(&exported) else { panic!() };
        assert_eq!((found[0].service.as_str(), &found[1].consumers.peers), ("api", &vec!["east".to_owned()]));
        assert_eq!(found[1].partition, "", "as consul-template leaves it");
        let Some(ConsulAnswer::ImportedServices(found)) = watched.answer(&imported) else { panic!() };
        let names: Vec<&str> = found.iter().map(|service| service.service.as_str()).collect();
        assert_eq!((names, found[0].peer.as_str()), (vec!["api", "web"], "east"));
    });
}

fn scopes() {
    block_on(async {
        let stub = Stub::start(|asked| then_wait(asked, indexed(7, "[]"))).await;
        let mut settings = stub.settings();
        let consul = settings.consul.as_mut().expect("Consul");
        (consul.namespace, consul.partition) = (Some("ours".to_owned()), Some("part".to_owned()));
        let theirs = key("b?ns=theirs");
        let mut watched = Watched::wanting(settings, &[a(), theirs.clone()]);
        watched.until("both", |seen| seen.latest.len() == 2).await;
        let of = |path: &str| stub.asked_for(path)[0].parameters.clone();
        assert_eq!((of("/v1/kv/a")["ns"].as_str(), of("/v1/kv/a")["partition"].as_str()), ("ours", "part"));
        assert_eq!(of("/v1/kv/b")["ns"], "theirs");
    });
}

fn nothing_secret() {
    block_on(async {
        let stub = Stub::start(|_| status(500, "broken")).await;
        let mut settings = stub.settings();
        let consul = settings.consul.as_mut().expect("Consul");
        consul.http.address = format!("http://pat:hunter2@{}", stub.address);
        consul.token = preflight_sources::SecretText::new("t0ken");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("t0ken"), "{shown}");
        let mut watched = Watched::wanting(settings, &[a()]);
        watched.until("an error", |seen| seen.error(&a()).is_some()).await;
        let error = watched.error(&a()).expect("an error");
        let shown = format!("{error} {error:?} {:?}", watched.watcher.states());
        assert!(!shown.contains("hunter2") && !shown.contains("t0ken"), "{shown}");
    });
}

fn no_such_place() {
    block_on(async {
        let mut settings = Stub::start(|_| Act::Hang).await.settings();
        settings.consul.as_mut().expect("Consul").http.address = "consul.invalid:8500".to_owned();
        let mut watched = Watched::wanting(settings, &[a()]);
        watched.until("told", |seen| seen.error(&a()).is_some()).await;
        let error = watched.error(&a()).expect("an error");
        assert!(error.cause.class().starts_with("dns."), "{error}");
        let mut watched = Watched::wanting(Settings::default(), &[a()]);
        watched.until("told", |seen| seen.error(&a()).is_some()).await;
        let error = watched.error(&a()).expect("an error");
        assert_eq!((error.cause.class(), error.is_exhausted), ("source.not_configured", true));
    });
}

fn a_hot_key() {
    block_on(async {
        let stub = Stub::start(|asked| {
            indexed(asked.before as u64 + 1, &pairs(&[("a", &asked.before.to_string())]))
        })
        .await;
        let mut watched = watched(&stub).await;
        watched.until("many changes", |seen| seen.has(&a(), "9")).await;
        let asked = stub.asked();
        let took = asked[9].at - asked[0].at;
        assert!(took >= Duration::from_millis(700), "{took:?} for ten");
        assert!(watched.batches.len() >= 10, "each was told");
    });
}
