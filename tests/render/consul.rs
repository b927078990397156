//! Consul agents of the tests' own, to be filled and changed at will.

#[path = "../consul_agent.rs"]
mod agent;

use std::sync::Arc;

use agent::Agent;
pub(crate) use agent::program;
use serde_json::Value;

/// A running agent. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Consul(Arc<Agent>);

impl Consul {
    /// Starts an agent and waits until it can be written to. It ends with the tests.
    ///
    /// # Errors
    /// There is no program, or it does not come up.
    pub(crate) fn start() -> Result<Self, String> {
        Agent::start("render").map(|agent| Self(Arc::new(agent)))
    }

    /// `host:port` of its HTTP interface.
    pub(crate) fn address(&self) -> String {
        self.0.address()
    }

    /// Sets a key.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn set_key(&self, key: &str, value: &[u8]) -> Result<(), String> {
        self.0.set_key(key, value)
    }

    /// Registers a node with or without a service and checks.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn register(&self, body: &Value) -> Result<(), String> {
        self.0.register(body)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn delete_key(&self, key: &str) -> Result<(), String> {
        self.0.request("DELETE", &agent::path_of_key(key), b"").map(drop)
    }

    /// Removes a node with all its services, or one of them.
    ///
    /// # Errors
    /// Consul refuses.
    pub(crate) fn deregister(&self, body: &Value) -> Result<(), String> {
        self.0.request("PUT", "/v1/catalog/deregister", body.to_string().as_bytes()).map(drop)
    }
}
