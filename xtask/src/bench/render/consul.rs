//! A real Consul agent with what the templates read.

use super::templates;
use crate::failure::Failure;
use crate::interrupt::on_interrupt;
use crate::servers::certificates::Certificates;
use crate::servers::ledger::Ledger;
use crate::servers::{Workspace, consul_program, need, probe};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Resource, getrlimit};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long it may take to be its own leader.
const LIMIT: Duration = Duration::from_secs(30);
/// How many lines of its log are shown when it does not start.
const TAIL: usize = 30;
/// The most changes that Consul takes in one transaction.
const TRANSACTION: usize = 64;
/// Consul closes what a client opens beyond 200 connections, and consul-template opens one a key.
const CONNECTIONS: u64 = 15_000;
/// Files that Consul opens beside its connections.
const OTHER_FILES: u64 = 100;

/// The agent. It is stopped, and what it wrote removed, when this is dropped.
pub(super) struct Consul {
    pub(super) port: u16,
    ledger: Arc<Ledger>,
    _folder: TempDir,
}

impl Consul {
    /// Starts it with every key and service; `None` where it was never fetched.
    ///
    /// # Errors
    /// When it does not start, or does not take what it shall hold.
    pub(super) fn start() -> Result<Option<Self>, Failure> {
        let (store, folder) = (need::store(), crate::bench::scenario::folder()?);
        if !consul_program(&store).is_file() {
            return Ok(None);
        }
        let certificates = Arc::new(Certificates::open(&folder.path().join("certificates"))?);
        let ledger = Arc::new(Ledger::open(&folder.path().join("processes.json"))?);
        let interrupted = Arc::clone(&ledger);
        on_interrupt(move || {
            interrupted.stop(None);
        })?;
        let workspace = Workspace::new("consul", folder.path(), &store, certificates, Arc::clone(&ledger))?;
        let port = workspace.port()?;
        let consul = Self { port, ledger, _folder: folder };
        consul.launch(&workspace)?;
        consul.fill()?;
        Ok(Some(consul))
    }

    /// Changes one key.
    ///
    /// # Errors
    /// When Consul refuses.
    pub(super) fn put(&self, key: &str, value: &str) -> Result<(), Failure> {
        self.write(&format!("kv/{key}"), value)
    }

    fn launch(&self, workspace: &Workspace) -> Result<(), Failure> {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let connections = CONNECTIONS.min(files.saturating_sub(OTHER_FILES));
        let config = json!({
            "server": true, "bootstrap_expect": 1, "node_name": "bench",
            "data_dir": workspace.folder().join("data"), "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
            "disable_update_check": true, "performance": { "raft_multiplier": 1 },
            "limits": { "http_max_conns_per_client": connections },
            "ports": {
                "http": self.port, "https": -1, "grpc": -1, "dns": -1, "serf_wan": -1,
                "server": workspace.port()?, "serf_lan": workspace.port()?,
            },
        });
        let file = workspace.write("consul.json", &config.to_string())?;
        let process = workspace
            .launch("consul", consul_program(workspace.store()))
            .arg("agent")
            .arg(format!("-config-file={}", file.display()))
            .spawn()?;
        let ready = workspace.until_ready(&process, LIMIT, || self.put("ready", "yes"));
        // Its log goes with the folder.
        ready.inspect_err(|_| eprintln!("{}", process.log_tail(TAIL)))
    }

    fn fill(&self) -> Result<(), Failure> {
        for keys in templates::keys()?.chunks(TRANSACTION) {
            let set = |(key, value): &(String, String)| json!({ "KV": { "Verb": "set", "Key": key, "Value": STANDARD.encode(value) } });
            let changes: Vec<_> = keys.iter().map(set).collect();
            self.write("txn", &json!(changes).to_string())?;
        }
        templates::services()?.iter().try_for_each(|service| self.write("catalog/register", service))
    }

    fn write(&self, path: &str, body: &str) -> Result<(), Failure> {
        match probe::http(self.port, "PUT", &format!("/v1/{path}"), &[], body)? {
            (200, _) => Ok(()),
            (status, answer) => {
                Err(Failure::Answer { peer: format!("consul {path}"), answer: format!("{status} {answer}") })
            }
        }
    }
}

impl Drop for Consul {
    fn drop(&mut self) {
        self.ledger.stop(None);
    }
}
