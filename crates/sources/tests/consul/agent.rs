//! A real Consul agent, started for one test and stopped with it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use preflight_sources::consul::ConsulSettings;
use preflight_sources::{HttpSettings, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an agent may take to elect itself.
const START: Duration = Duration::from_secs(60);

/// The program, if it was unpacked.
pub(crate) fn program() -> Option<PathBuf> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/store");
    let folders = std::fs::read_dir(store).ok()?.flatten().map(|entry| entry.path());
    let is_consul =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("consul-"));
    folders.filter(is_consul).map(|path| path.join("usr/bin/consul")).find(|path| path.exists())
}

static SHARED: OnceLock<Agent> = OnceLock::new();

/// An agent that is a server, with data that outlive a restart.
pub(crate) struct Agent {
    folder: TempDir,
    child: Mutex<Option<Child>>,
    pub(crate) port: u16,
    token: String,
}

impl Agent {
    /// One that is shared by the tests that do it no harm.
    pub(crate) fn shared() -> &'static Self {
        SHARED.get_or_init(|| Self::start(&json!({})))
    }

    /// Stops the shared one, which nothing drops.
    pub(crate) fn stop_shared() {
        if let Some(agent) = SHARED.get() {
            agent.stop();
        }
    }

    /// One with more configuration.
    pub(crate) fn start(more: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let ports = json!({
            "http": port, "https": more["ports"]["https"].as_i64().unwrap_or(-1), "grpc": -1, "dns": -1,
            "serf_wan": -1, "server": free_port(), "serf_lan": free_port(),
        });
        let mut config = json!({
            "server": true, "bootstrap_expect": 1, "node_name": "one", "data_dir": folder.path().join("data"),
            "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "disable_update_check": true,
            "performance": { "raft_multiplier": 1 }, "connect": { "enabled": true },
            "limits": { "http_max_conns_per_client": 1000 }, "log_level": "warn",
        });
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        config["ports"] = ports;
        std::fs::write(folder.path().join("consul.json"), config.to_string()).expect("a file");
        let token = more["acl"]["tokens"]["master"].as_str().unwrap_or_default().to_owned();
        let agent = Self { folder, child: Mutex::new(None), port, token };
        agent.run();
        agent
    }

    /// Starts the program, again or for the first time.
    pub(crate) fn run(&self) {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a file");
        let child = Command::new(program().expect("the program"))
            .args(["agent", "-config-file"])
            .arg(self.folder.path().join("consul.json"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("a process");
        *self.child.lock().expect("no test panicked here") = Some(child);
        let deadline = Instant::now() + START;
        while self.try_put("ready", "yes").is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < deadline, "{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills it, as a crash would.
    pub(crate) fn stop(&self) {
        if let Some(mut child) = self.child.lock().ok().and_then(|mut child| child.take()) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Settings that ask this agent.
    pub(crate) fn settings(&self) -> Settings {
        let http = HttpSettings { address: format!("127.0.0.1:{}", self.port), ..HttpSettings::default() };
        Settings { consul: Some(ConsulSettings { http, ..ConsulSettings::default() }), ..Settings::default() }
    }

    pub(crate) fn put_key(&self, key: &str, value: &str) {
        let (status, answer) = self.put(&format!("kv/{key}"), value);
        assert_eq!((status, answer.as_str()), (200, "true"), "{key}");
    }

    pub(crate) fn delete_key(&self, key: &str) {
        assert_eq!(self.call("DELETE", &format!("kv/{key}"), "").expect("an answer").0, 200);
    }

    /// Registers a service with the catalog, on a node that need not exist.
    pub(crate) fn register(&self, entry: &Value) {
        let (status, answer) = self.put("catalog/register", &entry.to_string());
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> (u16, String) {
        self.call("PUT", path, body).expect("an answer")
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.call("GET", path, "").expect("an answer")
    }

    /// Forgets everything; to be called while it is stopped.
    pub(crate) fn empty(&self) {
        std::fs::remove_dir_all(self.folder.path().join("data")).expect("a folder");
    }

    fn try_put(&self, key: &str, value: &str) -> Option<(u16, String)> {
        self.call("PUT", &format!("kv/{key}"), value)
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let (length, token) = (body.len(), &self.token);
        let head = format!(
            "{method} /v1/{path} HTTP/1.0\r\nHost: consul\r\nX-Consul-Token: {token}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.trim().to_owned()))
    }

    /// How many connections to it are open on its side.
    pub(crate) fn connections(&self) -> usize {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
        let local = format!(":{:04X}", self.port);
        let is_ours = |line: &&str| {
            let mut fields = line.split_whitespace();
            fields.nth(1).is_some_and(|address| address.ends_with(&local)) && fields.nth(1) == Some("01")
        };
        table.lines().filter(is_ours).count()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that was free a moment ago, from below those that outgoing connections take.
pub(crate) fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(15_000..30_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
