//! Consul agents that outlive a restart, to be stopped, started again and emptied at will.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

use super::waiting::{eventually, told};
use crate::consul;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The processes of all agents; those that are shared are dropped by nobody.
static RUNNING: Mutex<Vec<(u16, Child)>> = Mutex::new(Vec::new());

static SHARED: LazyLock<Agent> = LazyLock::new(|| Agent::start(&json!({})));
static CLOSED: LazyLock<Agent> = LazyLock::new(|| {
    let tokens = json!({ "master": MASTER, "agent": MASTER });
    Agent::start(&json!({ "acl": { "enabled": true, "default_policy": "deny", "tokens": tokens } }))
});

/// The token that may do everything where access is denied by default.
pub(crate) const MASTER: &str = "8c1b1b3e-54ce-4a4c-9d0f-3b1f61a7f0aa";

/// A Consul server of one node with its data in a folder.
pub(crate) struct Agent {
    folder: TempDir,
    pub(crate) port: u16,
}

impl Agent {
    /// One that is shared by all that do it no harm.
    pub(crate) fn shared() -> &'static Self {
        &SHARED
    }

    /// One that denies by default, shared likewise.
    pub(crate) fn closed() -> &'static Self {
        &CLOSED
    }

    /// A running one, with more configuration.
    pub(crate) fn start(more: &Value) -> Self {
        let agent = Self::not_yet(more);
        agent.run();
        agent
    }

    /// One that is not running yet.
    pub(crate) fn not_yet(more: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let https = more["ports"]["https"].as_i64().unwrap_or(-1);
        let mut config = json!({
            "server": true, "bootstrap_expect": 1, "node_name": "one", "data_dir": folder.path().join("data"),
            "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "disable_update_check": true,
            "performance": { "raft_multiplier": 1 }, "limits": { "http_max_conns_per_client": 1000 },
        });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config["ports"] = json!({
            "http": port, "https": https, "grpc": -1, "dns": -1, "serf_wan": -1,
            "server": free_port(), "serf_lan": free_port(),
        });
        std::fs::write(folder.path().join("consul.json"), config.to_string()).expect("a file");
        Self { folder, port }
    }

    /// Starts it, again or for the first time, and waits until it has a leader.
    pub(crate) fn run(&self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a file");
        let mut command = Command::new(consul::program().expect("Consul's program"));
        command.args(["agent", "-config-file"]).arg(self.folder.path().join("consul.json"));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        let child = command.spawn().expect("a process");
        running().push((self.port, child));
        let log = self.folder.path().join("log");
        eventually(
            "consul has a leader",
            || told(&log),
            || self.call("PUT", "kv/ready", "yes").is_some_and(|(status, _)| status == 200),
        );
    }

    /// Kills it, as a crash would.
    pub(crate) fn stop(&self) {
        let mut running = running();
        while let Some(place) = running.iter().position(|(port, _)| *port == self.port) {
            let (_, mut child) = running.swap_remove(place);
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Takes all that it knows away while it is stopped.
    pub(crate) fn forget(&self) {
        std::fs::remove_dir_all(self.folder.path().join("data")).expect("its data");
    }

    /// Ends every agent.
    pub(crate) fn stop_all() {
        for (_, mut child) in running().drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn put(&self, key: &str, value: &str) {
        self.must("PUT", &format!("kv/{key}"), value);
    }

    /// Registers one instance of a service, at an address of its own, healthy.
    pub(crate) fn register(&self, service: &str, address: &str) {
        let node = format!("{service}-{}", address.replace('.', "-"));
        let body = json!({
            "Node": node, "Address": address,
            "Service": { "Service": service, "Port": 8080, "Address": address },
            "Check": { "Name": "alive", "Status": "passing", "ServiceID": service, "CheckID": "alive" },
        });
        self.must("PUT", "catalog/register", &body.to_string());
    }

    pub(crate) fn deregister(&self, service: &str, address: &str) {
        let node = format!("{service}-{}", address.replace('.', "-"));
        self.must("PUT", "catalog/deregister", &json!({ "Node": node }).to_string());
    }

    /// A token with these rules, at an agent that denies by default.
    pub(crate) fn token(&self, name: &str, rules: &str) -> String {
        self.must("PUT", "acl/policy", &json!({ "Name": name, "Rules": rules }).to_string());
        let wanted = json!({ "Description": name, "Policies": [{ "Name": name }] });
        let answer = self.must("PUT", "acl/token", &wanted.to_string());
        let made: Value = serde_json::from_str(&answer).expect("JSON");
        made["SecretID"].as_str().expect("a token").to_owned()
    }

    fn must(&self, method: &str, path: &str, body: &str) -> String {
        let (status, answer) = self.call(method, path, body).unwrap_or_default();
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// The status and the body; none when there is no answer.
    fn call(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let length = body.len();
        let head = format!(
            "{method} /v1/{path} HTTP/1.0\r\nhost: consul\r\nx-consul-token: {MASTER}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
    }
}

fn running() -> std::sync::MutexGuard<'static, Vec<(u16, Child)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port on which nobody listens.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

/// Whether a file is there.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
