//! Nomad as a source, at a stub of its HTTP API: NOT Nomad, whose program is not packaged, but what its documentation
//! says of blocking queries, services and variables.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;
use tokio::time::timeout;

use preflight_sources::nomad::{NomadAnswer, NomadQuery, NomadSettings};
use preflight_sources::{Answer, Cause, Query, SecretText, Settings, SourceError, Update, Watcher};

const LONGEST: Duration = Duration::from_secs(10);
const TOKEN: &str = "5ec5e7-1d";

/// What is kept by path, and Raft's index, which grows with each change.
struct Stub {
    kept: Mutex<BTreeMap<String, Value>>,
    index: watch::Sender<u64>,
    requests: Mutex<Vec<String>>,
}

impl Stub {
    async fn start() -> (Arc<Self>, String) {
        let stub = Arc::new(Self {
            kept: Mutex::default(),
            index: watch::Sender::new(10),
            requests: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stub));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (stub, address)
    }

    fn keep(&self, path: &str, value: Value) {
        self.kept.lock().unwrap().insert(path.to_owned(), value);
        self.index.send_modify(|index| *index += 1);
    }

    fn asked(&self, part: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| request.contains(part)).count()
    }
}

async fn answer(
    State(stub): State<Arc<Stub>>,
    uri: Uri,
    headers: HeaderMap,
) -> (StatusCode, [(&'static str, String); 1], String) {
    stub.requests.lock().unwrap().push(uri.to_string());
    let parameters = uri.query().unwrap_or_default();
    let wanted = parameters.split('&').find_map(|part| part.strip_prefix("index=")?.parse::<u64>().ok());
    let mut index = stub.index.subscribe();
    if let Some(wanted) = wanted {
        let _ = timeout(Duration::from_secs(5), index.wait_for(|index| *index > wanted)).await;
    }
    let now = *index.borrow();
    let head = [("x-nomad-index", now.to_string())];
    if headers.get("x-nomad-token").is_none_or(|token| token != TOKEN) {
        return (StatusCode::FORBIDDEN, head, "Permission denied".to_owned());
    }
    let namespace = parameters.split('&').find_map(|part| part.strip_prefix("namespace="));
    let key = format!("{}@{}", uri.path(), namespace.unwrap_or("default"));
    match stub.kept.lock().unwrap().get(&key) {
        Some(value) => (StatusCode::OK, head, value.to_string()),
        None if uri.path().starts_with("/v1/var/") => {
            (StatusCode::NOT_FOUND, head, "variable not found".to_owned())
        }
        None => (StatusCode::OK, head, "[]".to_owned()),
    }
}

struct Watching {
    watcher: Watcher,
    updates: Receiver<Vec<Update>>,
}

impl Watching {
    fn new(address: &str, token: &str, query: &NomadQuery) -> Self {
        let (sender, updates) = channel(16);
        let mut settings = NomadSettings { token: SecretText::new(token), ..NomadSettings::default() };
        settings.http.address = address.to_owned();
        let settings = Settings { nomad: Some(settings), ..Settings::default() };
        let mut watcher = Watcher::new(settings, sender);
        watcher.want(&BTreeSet::from([Query::Nomad(query.clone())]));
        Self { watcher, updates }
    }

    async fn next(&mut self) -> Result<(NomadAnswer, u64), SourceError> {
        let batch = timeout(LONGEST, self.updates.recv()).await;
        let batch = batch.unwrap_or_else(|_| panic!("no news: {:?}", self.watcher.states())).unwrap();
        let update = batch.into_iter().next().unwrap();
        match update.result? {
            Answer::Nomad(answer) => Ok((answer, update.index)),
            other => panic!("{other:?} is not of Nomad"),
        }
    }
}

fn variable(password: &str) -> Value {
    json!({ "Namespace": "ops", "Path": "app", "Items": { "password": password } })
}

#[tokio::test]
async fn a_variable_appears_and_changes_at_once() {
    let (stub, address) = Stub::start().await;
    let query = NomadQuery::variable("", "app@ops").unwrap().needed();
    let mut watching = Watching::new(&address, TOKEN, &query);
    assert_eq!(watching.next().await.unwrap(), (NomadAnswer::Variable(None), 10));
    for (content, index) in [("one", 11), ("two", 12)] {
        stub.keep("/v1/var/app@ops", variable(content));
        let (answer, told) = watching.next().await.unwrap();
        let NomadAnswer::Variable(Some(found)) = answer else { panic!("a variable") };
        assert_eq!((found.items["password"].as_str(), told), (content, index));
    }
    assert!(stub.asked("index=10") >= 1 && stub.asked("wait=60000ms") >= 1, "it waits at the agent");
}

#[tokio::test]
async fn services_and_their_instances_are_watched() {
    let (stub, address) = Stub::start().await;
    stub.keep(
        "/v1/services@default",
        json!([{ "Namespace": "default", "Services": [{ "ServiceName": "web", "Tags": ["a"] }] }]),
    );
    let mut all = Watching::new(&address, TOKEN, &NomadQuery::services("").unwrap());
    let (NomadAnswer::Services(services), _) = all.next().await.unwrap() else { panic!("services") };
    assert_eq!(services[0].name, "web");
    let mut web = Watching::new(&address, TOKEN, &NomadQuery::chosen_service(1, "key", "a.web@eu").unwrap());
    assert!(web.next().await.unwrap().0.is_absence());
    stub.keep(
        "/v1/service/web@default",
        json!([{ "ServiceName": "web", "Address": "10.0.0.1", "Port": 80, "Tags": ["a"] }]),
    );
    let (NomadAnswer::Service(instances), _) = web.next().await.unwrap() else { panic!("instances") };
    assert_eq!((instances[0].address.as_str(), instances[0].port), ("10.0.0.1", 80));
    assert!(stub.asked("/v1/service/web?choose=1%7Ckey&region=eu") >= 1);
}

#[tokio::test]
async fn variables_are_listed_in_their_namespace() {
    let (stub, address) = Stub::start().await;
    stub.keep("/v1/vars@ops", json!([{ "Namespace": "ops", "Path": "app/a", "ModifyIndex": 7 }]));
    let query = NomadQuery::variables("ops", "app/").unwrap();
    let (answer, _) = Watching::new(&address, TOKEN, &query).next().await.unwrap();
    let NomadAnswer::Variables(found) = answer else { panic!("variables") };
    assert_eq!((found[0].path.as_str(), found[0].modify_index), ("app/a", 7));
    assert!(stub.asked("prefix=app%2F") >= 1);
}

#[tokio::test]
async fn a_refusal_is_told_and_not_taken_for_nothing() {
    let (_stub, address) = Stub::start().await;
    for query in
        [NomadQuery::variables("", "app").unwrap(), NomadQuery::variable("", "app").unwrap().needed()]
    {
        let error = Watching::new(&address, "wrong", &query).next().await.unwrap_err();
        assert_eq!(error.cause, Cause::Denied, "{error}");
    }
}
