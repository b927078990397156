//! One Consul agent for all tests of this program.

#[path = "../consul_agent.rs"]
mod agent;

use std::sync::OnceLock;

use agent::Agent;
use serde_json::Value;

/// The agent.
pub(crate) struct Consul(Agent);

/// The agent of this test program; `None`, and said aloud, where Consul is not installed and nobody has asked for it.
pub(crate) fn agent() -> Option<&'static Consul> {
    static AGENT: OnceLock<Option<Consul>> = OnceLock::new();
    let agent = AGENT.get_or_init(|| {
        agent::program()?;
        Some(Consul(Agent::start("run").unwrap_or_else(|why| panic!("{why}"))))
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

impl Consul {
    /// `host:port` of its HTTP interface.
    pub(crate) fn address(&self) -> String {
        self.0.address()
    }

    /// Sets a key.
    pub(crate) fn set(&self, key: &str, value: &str) {
        self.0.set_key(key, value.as_bytes()).expect("it takes a key");
    }

    /// Registers what a body of `PUT /v1/catalog/register` says.
    pub(crate) fn register(&self, body: &Value) {
        self.0.register(body).expect("it takes a service");
    }
}
