//! One Consul agent for all tests of this program, in memory and on ports of its own. It ends with the tests.

#[path = "../consul_http.rs"]
mod http;

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long an agent may take until it can be written to.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the program that is given when its standard input is closed, which the end of the tests does.
const WITH_US: &str = "\"$@\" & read _; kill -KILL $!";

/// The agent.
pub(crate) struct Consul {
    port: u16,
    /// Holds its standard input open.
    _child: Child,
}

/// The agent of this test program; `None`, and said aloud, where Consul is not installed and nobody has asked for it.
pub(crate) fn agent() -> Option<&'static Consul> {
    static AGENT: OnceLock<Option<Consul>> = OnceLock::new();
    let agent = AGENT.get_or_init(|| {
        let program = program()?;
        // Ports are chosen before they are taken, so somebody else may be faster.
        let started = (0..3).find_map(|_| Consul::start(&program));
        Some(started.unwrap_or_else(|| panic!("{} does not come up", program.display())))
    });
    if agent.is_none() {
        let is_needed = std::env::var_os("PREFLIGHT_TEST_SERVERS").is_some();
        let left_out = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
        let is_left_out = left_out.split(',').any(|name| name == "consul");
        assert!(!is_needed || is_left_out, "there is no consul, which `cargo xtask test` was to bring");
        eprintln!("skipped: there is no consul; `cargo xtask test` brings it");
    }
    agent.as_ref()
}

/// That of the test servers' store, else the one on PATH.
fn program() -> Option<PathBuf> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/store");
    let versions = std::fs::read_dir(store).ok().into_iter().flatten().flatten();
    let fetched = versions
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("consul-"))
        .map(|entry| entry.path().join("usr/bin/consul"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed: Vec<PathBuf> = std::env::split_paths(&path).map(|folder| folder.join("consul")).collect();
    fetched.chain(installed).find(|program| program.is_file())
}

impl Consul {
    fn start(program: &Path) -> Option<Self> {
        let [port, server, serf] = free_ports();
        let mut command = Command::new("sh");
        command.args(["-c", WITH_US, "sh"]).arg(program);
        command.args(["agent", "-dev", "-node", "run", "-bind", "127.0.0.1", "-client", "127.0.0.1"]);
        command.args(["-serf-wan-port", "-1", "-dns-port", "-1", "-grpc-port", "-1"]);
        for (flag, port) in [("-http-port", port), ("-server-port", server), ("-serf-lan-port", serf)] {
            command.args([flag, &port.to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let consul = Self { port, _child: command.spawn().expect("a shell") };
        let began = Instant::now();
        while !consul.is_ready() {
            if began.elapsed() > PATIENCE {
                return None;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(consul)
    }

    /// It can be written to, and its own node is in the catalogue, a moment after it has a leader.
    fn is_ready(&self) -> bool {
        let nodes = || self.request("GET", "/v1/catalog/service/consul", b"");
        self.request("PUT", "/v1/kv/ready", b"yes").is_ok() && nodes().is_ok_and(|nodes| nodes.len() > 2)
    }

    /// `host:port` of its HTTP interface.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sets a key.
    pub(crate) fn set(&self, key: &str, value: &str) {
        self.request("PUT", &format!("/v1/kv/{key}"), value.as_bytes()).expect("it takes a key");
    }

    /// Registers what a body of `PUT /v1/catalog/register` says.
    pub(crate) fn register(&self, body: &Value) {
        self.request("PUT", "/v1/catalog/register", body.to_string().as_bytes()).expect("it takes a service");
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        http::request(self.port, PATIENCE, method, path, body)
    }
}

fn free_ports() -> [u16; 3] {
    // All at once, so that they differ.
    let listeners =
        [0, 0, 0].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}
