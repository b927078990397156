//! A stub of Vault's HTTP API: NOT Vault, but what its documentation says of the endpoints that we use, kept in memory.
//! It stands in where the real one is not there; the scenarios that both can play are played against both.
//!
//! It has what the real server of the tests is built without: leases, AppRole, Kubernetes, AWS, pki and namespaces.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::engines;

pub(crate) const ROOT: &str = "hvs.stub-root";

/// The stub, serving until it is dropped.
pub(crate) struct Stub {
    pub(crate) address: String,
    world: Shared,
    serving: tokio::task::JoinHandle<()>,
}

pub(crate) type Shared = Arc<Mutex<World>>;

/// All that it keeps.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) sealed: bool,
    pub(crate) uninitialised: bool,
    /// Where it sends everybody, when it is a standby.
    pub(crate) active: Option<String>,
    pub(crate) mounts: BTreeMap<String, (String, Option<String>)>,
    pub(crate) values: BTreeMap<String, Vec<Option<Value>>>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) wrapped: BTreeMap<String, Value>,
    pub(crate) policies: BTreeMap<String, Vec<(String, String)>>,
    pub(crate) leases: BTreeMap<String, Lease>,
    pub(crate) count: u64,
    /// Method and path of each request, in their order.
    pub(crate) requests: Vec<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Token {
    pub(crate) policies: Vec<String>,
    pub(crate) ttl: u64,
    pub(crate) expires: Option<Instant>,
    pub(crate) latest: Option<Instant>,
}

pub(crate) struct Lease {
    pub(crate) ttl: u64,
    pub(crate) expires: Instant,
    pub(crate) latest: Instant,
}

/// One request, taken apart.
pub(crate) struct Asked<'ask> {
    pub(crate) method: &'ask str,
    pub(crate) path: &'ask str,
    pub(crate) query: &'ask str,
    pub(crate) body: Value,
    pub(crate) token: String,
    pub(crate) namespace: String,
}

pub(crate) type Reply = (u16, Value);

impl Stub {
    pub(crate) async fn start() -> Self {
        let world = Shared::default();
        {
            let mut world = world.lock().unwrap();
            let root = Token { policies: vec!["root".to_owned()], ..Token::default() };
            world.tokens.insert(ROOT.to_owned(), root);
            world.mount("secret/", "kv", Some("2"));
            for engine in ["database/", "pki/"] {
                world.mount(engine, engine.trim_end_matches('/'), None);
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handle).with_state(Arc::clone(&world));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, world, serving }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// How many requests began like this.
    pub(crate) fn asked(&self, start: &str) -> usize {
        self.world().requests.iter().filter(|request| request.starts_with(start)).count()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn handle(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut world = world.lock().unwrap();
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
    world.requests.push(format!("{method} {path}"));
    if let Some(active) = &world.active {
        let location = format!("{active}{uri}");
        return (StatusCode::TEMPORARY_REDIRECT, [("location", location)]).into_response();
    }
    let asked = Asked {
        method: method.as_str(),
        path: path.strip_prefix("/v1/").unwrap_or_default(),
        query: uri.query().unwrap_or_default(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        token: header("x-vault-token"),
        namespace: header("x-vault-namespace"),
    };
    let (status, mut answer) = match header("x-vault-request").as_str() {
        "true" => world.answer(&asked),
        _ => error(412, "missing 'X-Vault-Request' header"),
    };
    if let Ok(ttl) = header("x-vault-wrap-ttl").parse::<u64>() {
        answer = world.wrap(answer, ttl);
    }
    let status = StatusCode::from_u16(status).unwrap();
    if answer.is_null() { status.into_response() } else { (status, answer.to_string()).into_response() }
}

pub(crate) fn error(status: u16, what: &str) -> Reply {
    (status, json!({ "errors": [what] }))
}

pub(crate) fn data(data: Value) -> Reply {
    (200, json!({ "request_id": "r", "lease_id": "", "lease_duration": 0, "renewable": false, "data": data }))
}

impl World {
    pub(crate) fn mount(&mut self, path: &str, kind: &str, version: Option<&str>) {
        self.mounts.insert(path.to_owned(), (kind.to_owned(), version.map(str::to_owned)));
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// A token with that life; 0 is for ever.
    pub(crate) fn make_token(&mut self, policies: &[&str], ttl: u64, longest: u64) -> (String, Value) {
        let name = format!("hvs.stub-{}", self.next());
        let now = Instant::now();
        let after = |seconds: u64| (seconds > 0).then(|| now + Duration::from_secs(seconds));
        let policies: Vec<String> = policies.iter().map(|policy| (*policy).to_owned()).collect();
        let token = Token { policies: policies.clone(), ttl, expires: after(ttl), latest: after(longest) };
        self.tokens.insert(name.clone(), token);
        let auth = json!({ "client_token": name, "accessor": "a", "policies": policies, "metadata": null,
            "lease_duration": ttl, "renewable": ttl > 0 });
        (name, auth)
    }

    fn wrap(&mut self, answer: Value, ttl: u64) -> Value {
        let (token, _) = self.make_token(&["wrapping"], ttl, ttl);
        self.wrapped.insert(token.clone(), answer);
        json!({ "wrap_info": { "token": token, "ttl": ttl, "creation_time": "2026-11-21T11:30:00Z" } })
    }

    fn answer(&mut self, asked: &Asked<'_>) -> Reply {
        if asked.path == "sys/seal-status" {
            let initialised = !self.uninitialised;
            return (200, json!({ "sealed": self.sealed || self.uninitialised, "initialized": initialised }));
        }
        if self.sealed || self.uninitialised {
            return error(503, "Vault is sealed");
        }
        if asked.path.starts_with("auth/") && asked.path.ends_with("/login") {
            return engines::login(self, asked);
        }
        let known = self.tokens.get(&asked.token);
        let Some(token) = known.filter(|token| token.expires.is_none_or(|end| end > Instant::now())).cloned()
        else {
            return error(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n");
        };
        if !self.allows(&token, asked) {
            return error(403, "1 error occurred:\n\t* permission denied\n\n");
        }
        match asked.path {
            "sys/wrapping/unwrap" => self.unwrap(&asked.token),
            "sys/leases/renew" => self.renew(asked),
            "auth/token/lookup-self" => data(json!({ "ttl": token.ttl, "policies": token.policies })),
            "auth/token/renew-self" => self.renew_token(&asked.token),
            "auth/token/create" => self.create_token(asked),
            path => match path.strip_prefix("sys/internal/ui/mounts/") {
                Some(path) => self.tell_mount(asked, path),
                None => self.of_engine(asked),
            },
        }
    }

    fn of_engine(&mut self, asked: &Asked<'_>) -> Reply {
        if let Some(path) = asked.path.strip_prefix("sys/mounts/") {
            let version = asked.body["options"]["version"].as_str();
            let kind = asked.body["type"].as_str().unwrap_or_default().to_owned();
            self.mount(&format!("{path}/"), &kind, version);
            return (204, Value::Null);
        }
        if let Some(name) = asked.path.strip_prefix("sys/policies/acl/") {
            let policy = rules(asked.body["policy"].as_str().unwrap_or_default());
            self.policies.insert(name.to_owned(), policy);
            return (204, Value::Null);
        }
        match self.mounts.iter().find(|(path, _)| asked.path.starts_with(path.as_str())) {
            Some((mount, (kind, version))) if kind == "kv" => {
                let (mount, is_second) = (mount.clone(), version.as_deref() == Some("2"));
                engines::kv(self, asked, &mount, is_second)
            }
            Some((_, (kind, _))) if kind == "database" => engines::database(self, asked),
            Some((_, (kind, _))) if kind == "pki" => engines::pki(asked),
            _ => error(404, "no handler for route"),
        }
    }

    fn allows(&self, token: &Token, asked: &Asked<'_>) -> bool {
        if token.policies.iter().any(|policy| policy == "root")
            || asked.path.starts_with("auth/token/")
            || asked.path == "sys/wrapping/unwrap"
        {
            return true;
        }
        let is_list = asked.query.contains("list=true");
        let wanted = match asked.method {
            "GET" if is_list => "list",
            "GET" => "read",
            _ => "update",
        };
        let (path, wanted) = match asked.path.strip_prefix("sys/internal/ui/mounts/") {
            Some(path) => (path.split('/').next().unwrap_or_default(), ""),
            None => (asked.path, wanted),
        };
        let rules = token.policies.iter().filter_map(|policy| self.policies.get(policy)).flatten();
        rules.into_iter().any(|(rule, capabilities)| {
            let fits = match rule.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == rule,
            };
            // Whoever may do something in a mount is told of it.
            (wanted.is_empty() && rule.starts_with(path)) || (fits && capabilities.contains(wanted))
        })
    }

    fn tell_mount(&self, asked: &Asked<'_>, path: &str) -> Reply {
        let found = self.mounts.iter().find(|(mount, _)| format!("{path}/").starts_with(mount.as_str()));
        match found {
            Some((mount, (kind, version))) => {
                let options = version.as_ref().map(|version| json!({ "version": version }));
                let path = format!("{}{mount}", asked.namespace);
                data(json!({ "path": path, "type": kind, "options": options }))
            }
            None => error(400, "preflight capability check returned 403, please ensure client's policies"),
        }
    }

    fn unwrap(&mut self, token: &str) -> Reply {
        match self.wrapped.remove(token) {
            Some(answer) => {
                self.tokens.remove(token);
                (200, answer)
            }
            None => error(400, "wrapping token is not valid or does not exist"),
        }
    }

    fn renew(&mut self, asked: &Asked<'_>) -> Reply {
        let id = asked.body["lease_id"].as_str().unwrap_or_default();
        let now = Instant::now();
        match self.leases.get_mut(id).filter(|lease| lease.expires > now) {
            Some(lease) => {
                lease.expires = (now + Duration::from_secs(lease.ttl)).min(lease.latest);
                // Vault counts whole seconds.
                let left = lease.expires.duration_since(now).as_millis().div_ceil(1000);
                (
                    200,
                    json!({ "lease_id": id, "lease_duration": u64::try_from(left).unwrap(), "renewable": true }),
                )
            }
            None => error(400, "lease not found"),
        }
    }

    fn renew_token(&mut self, name: &str) -> Reply {
        let now = Instant::now();
        let token = self.tokens.get_mut(name).unwrap();
        if token.ttl == 0 {
            return error(400, "lease is not renewable");
        }
        let end = now + Duration::from_secs(token.ttl);
        let end = token.latest.map_or(end, |latest| end.min(latest));
        token.expires = Some(end);
        let left = u64::try_from(end.duration_since(now).as_millis().div_ceil(1000)).unwrap();
        let auth = json!({ "client_token": name, "lease_duration": left, "renewable": true, "policies": [] });
        (200, json!({ "auth": auth }))
    }

    fn create_token(&mut self, asked: &Asked<'_>) -> Reply {
        let seconds = |name: &str| {
            let text = asked.body[name].as_str().unwrap_or("0s");
            text.trim_end_matches('s').parse::<u64>().unwrap()
        };
        let (ttl, longest) = (seconds("ttl").max(seconds("period")), seconds("explicit_max_ttl"));
        let policies: Vec<&str> =
            asked.body["policies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (_, auth) = self.make_token(&policies, ttl, longest);
        (200, json!({ "auth": auth }))
    }
}

/// The paths and capabilities of a policy, one rule a line.
fn rules(policy: &str) -> Vec<(String, String)> {
    let lines = policy.lines().filter_map(|line| {
        let mut quoted = line.splitn(3, '"').skip(1);
        Some((quoted.next()?.to_owned(), quoted.next()?.to_owned()))
    });
    lines.collect()
}
