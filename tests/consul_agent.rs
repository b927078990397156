//! A Consul agent of a test program's own: in memory, on ports of its own. It ends with that program, however that ends.

#[path = "consul_http.rs"]
mod http;

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long an agent may take until it has a leader.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the program that is given when its standard input is closed, which the end of the tests does.
const WITH_US: &str = "\"$@\" & read _; kill -KILL $!";

/// A running agent.
#[derive(Debug)]
pub(crate) struct Agent {
    port: u16,
    /// Holds its standard input open.
    _child: Child,
}

/// The Consul of the test servers' store, else the one on PATH.
pub(crate) fn program() -> Option<PathBuf> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/store");
    let versions = std::fs::read_dir(store).ok().into_iter().flatten().flatten();
    let fetched = versions
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("consul-"))
        .map(|entry| entry.path().join("usr/bin/consul"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed: Vec<PathBuf> = std::env::split_paths(&path).map(|folder| folder.join("consul")).collect();
    fetched.chain(installed).find(|program| program.is_file())
}

impl Agent {
    /// Starts one that answers only this machine, with a datacenter `dc1`, a node of this name and a certificate
    /// authority, and waits until it can be written to.
    ///
    /// # Errors
    /// There is no program, or it does not come up.
    pub(crate) fn start(node: &str) -> Result<Self, String> {
        let program = program().ok_or("there is no consul")?;
        let mut last = String::new();
        // Ports are chosen before they are taken, so somebody else may be faster.
        for _ in 0..3 {
            match Self::try_start(&program, node) {
                Ok(agent) => return Ok(agent),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn try_start(program: &Path, node: &str) -> Result<Self, String> {
        let [port, server, serf] = free_ports()?;
        let mut command = Command::new("sh");
        command.args(["-c", WITH_US, "sh"]).arg(program);
        command.args(["agent", "-dev", "-node", node, "-datacenter", "dc1", "-bind", "127.0.0.1"]);
        command.args(["-client", "127.0.0.1", "-serf-wan-port", "-1", "-dns-port", "-1", "-grpc-port", "-1"]);
        for (flag, port) in [("-http-port", port), ("-server-port", server), ("-serf-lan-port", serf)] {
            command.args([flag, &port.to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let agent = Self { port, _child: child };
        agent.wait_until_ready()?;
        Ok(agent)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            let outcome = self.set_key("ready", b"yes").and_then(|()| self.has_own_node());
            match outcome {
                Ok(()) => return self.request("DELETE", "/v1/kv/ready", b"").map(drop),
                Err(why) if begin.elapsed() > PATIENCE => return Err(format!("consul is not ready: {why}")),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// The agent's own node comes into the catalogue a moment after the leader, and its addresses another moment later.
    fn has_own_node(&self) -> Result<(), String> {
        let service = self.request("GET", "/v1/catalog/service/consul", b"")?;
        let services: Vec<Value> = serde_json::from_slice(&service).map_err(|error| error.to_string())?;
        match services.first() {
            Some(own) if own["TaggedAddresses"]["lan"].is_string() => Ok(()),
            _ => Err(format!("its node is not whole in the catalogue: {services:?}")),
        }
    }

    /// `host:port` of its HTTP interface.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sets a key.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn set_key(&self, key: &str, value: &[u8]) -> Result<(), String> {
        self.request("PUT", &path_of_key(key), value).map(drop)
    }

    /// Registers a node with or without a service and checks.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn register(&self, body: &Value) -> Result<(), String> {
        self.request("PUT", "/v1/catalog/register", body.to_string().as_bytes()).map(drop)
    }

    /// The body of the answer to one request.
    ///
    /// # Errors
    /// Nobody answers in time, or the answer is not 200.
    pub(crate) fn request(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        http::request(self.port, PATIENCE, method, path, body)
    }
}

/// Where a key is, as the path of a URL.
pub(crate) fn path_of_key(key: &str) -> String {
    key.bytes().fold("/v1/kv/".to_owned(), |mut path, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => path.push(byte.into()),
            // Writing to a String cannot fail.
            _ => drop(write!(path, "%{byte:02X}")),
        }
        path
    })
}

fn free_ports() -> Result<[u16; 3], String> {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // All at once, so that they differ.
    let listeners = [bind(), bind(), bind()];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        let address = listener.and_then(|listener| listener.local_addr());
        *port = address.map_err(|error| format!("no free port: {error}"))?.port();
    }
    Ok(ports)
}
