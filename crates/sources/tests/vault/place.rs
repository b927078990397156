//! Where a scenario is played: at the stub, or at a real Vault. Both are furnished through the API.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use preflight_sources::vault::{VaultLogin, VaultSettings};
use preflight_sources::{HttpSettings, SecretText};

use crate::stub::{ROOT, Stub};

/// A Vault that may be furnished.
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) root: String,
    pub(crate) stub: Option<Stub>,
}

/// The real server's facts; none when there is no such server.
pub(crate) fn facts() -> Option<Value> {
    all_facts()?.get("vault").filter(|vault| is_there(vault)).cloned()
}

/// Facts may outlive their server; where they were named on purpose, that must be seen.
pub(crate) fn is_there(facts: &Value) -> bool {
    let port = facts["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or(0);
    std::env::var_os("PREFLIGHT_TEST_SERVERS").is_some()
        || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// The facts of all real servers.
pub(crate) fn all_facts() -> Option<Value> {
    let named = std::env::var_os("PREFLIGHT_TEST_SERVERS").map(PathBuf::from);
    let usual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/servers.json");
    let text = std::fs::read(named.unwrap_or(usual)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The stub and, if it is there, the real server, each with a version 1 engine of its own beside `secret/`.
pub(crate) async fn places(name: &str) -> Vec<Place> {
    let stub = Stub::start().await;
    let address = stub.address.clone();
    let mut places = vec![Place { address, root: ROOT.to_owned(), stub: Some(stub) }];
    match facts() {
        Some(facts) => places.push(Place {
            address: format!("http://127.0.0.1:{}", facts["port"]),
            root: facts["token"].as_str().unwrap().to_owned(),
            stub: None,
        }),
        None => eprintln!("{name}: played against the stub only, there is no real Vault"),
    }
    for place in &places {
        let kind = json!({ "type": "kv", "options": { "version": "1" } });
        place.call("POST", &format!("sys/mounts/{name}"), &kind).await;
    }
    places
}

/// The stub alone, for what the real server of the tests is built without.
pub(crate) async fn stub() -> Place {
    let stub = Stub::start().await;
    Place { address: stub.address.clone(), root: ROOT.to_owned(), stub: Some(stub) }
}

impl Place {
    pub(crate) fn stub(&self) -> &Stub {
        self.stub.as_ref().unwrap()
    }

    /// Settings with that token and quick retries.
    pub(crate) fn settings(&self, token: &str) -> VaultSettings {
        let mut settings = VaultSettings {
            http: HttpSettings { address: self.address.clone(), ..HttpSettings::default() },
            login: VaultLogin::Token(SecretText::new(token)),
            ..VaultSettings::default()
        };
        settings.retry.backoff = std::time::Duration::from_millis(50);
        settings.retry.max_backoff = std::time::Duration::from_millis(300);
        settings
    }

    pub(crate) fn root_settings(&self) -> VaultSettings {
        self.settings(&self.root)
    }

    /// Does something as root, which must succeed.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call_with(method, path, body, "").await
    }

    pub(crate) async fn call_with(&self, method: &str, path: &str, body: &Value, header: &str) -> Value {
        let (status, answer) = exchange(&self.address, &self.root, (method, path), body, header).await;
        assert!(
            (200..300).contains(&status) || answer.contains("already in use"),
            "{path}: {status} {answer}"
        );
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// Tries something as root: the status and what is said.
    pub(crate) async fn try_call(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        exchange(&self.address, &self.root, (method, path), body, "").await
    }

    /// A token that may read below some paths, and is told of their mounts.
    pub(crate) async fn token(&self, paths: &[&str], life: &Value) -> String {
        let name = format!("p{}", fastrand::u32(..));
        let rules: String = paths
            .iter()
            .map(|path| format!("path \"{path}\" {{ capabilities = [\"read\", \"list\", \"update\"] }}\n"))
            .collect();
        self.call("PUT", &format!("sys/policies/acl/{name}"), &json!({ "policy": rules })).await;
        let mut body = json!({ "policies": [name], "no_parent": true });
        body.as_object_mut().unwrap().extend(life.as_object().unwrap().clone());
        let made = self.call("POST", "auth/token/create", &body).await;
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }
}

/// One HTTP exchange by hand, so that what is tested does not furnish its own test.
async fn exchange(
    address: &str,
    token: &str,
    (method, path): (&str, &str),
    body: &Value,
    header: &str,
) -> (u16, String) {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = format!(
        "{method} /v1/{path} HTTP/1.1\r\nHost: {host}\r\nX-Vault-Token: {token}\r\nX-Vault-Request: true\r\n\
         Connection: close\r\n{header}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    (status, if is_chunked { joined(body) } else { body.to_owned() })
}

/// A body in chunks, put together. Form: RFC 9112, 7.1.
fn joined(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    whole
}
