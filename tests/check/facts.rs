//! What is known of the running servers: `{{server.fact}}` in a scenario is filled in from here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The facts file, and the servers that were left out on purpose.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    servers: Value,
    left_out: BTreeSet<String>,
    /// Whether nobody has started servers: then tests that need one are ignored rather than failed.
    none_started: bool,
}

impl Facts {
    /// Of `PREFLIGHT_TEST_SERVERS`, else of the servers that `cargo xtask servers start` has left running.
    pub(crate) fn load() -> Self {
        let named = std::env::var_os("PREFLIGHT_TEST_SERVERS").map(PathBuf::from);
        let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/servers.json");
        let path = named.clone().unwrap_or(usual);
        let servers = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let left_out = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
        Self {
            none_started: named.is_none(),
            servers: servers.unwrap_or(Value::Null),
            left_out: left_out.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    pub(crate) fn is_left_out(&self, server: &str) -> bool {
        self.left_out.contains(server) || (self.none_started && self.servers.get(server).is_none())
    }

    /// Everything that is known of one server.
    pub(crate) fn server(&self, name: &str) -> Option<&Value> {
        self.servers.get(name)
    }

    /// With the facts of a server that this test has started by itself.
    pub(crate) fn with(&self, name: &str, facts: Value) -> Self {
        let mut more = self.clone();
        if !more.servers.is_object() {
            more.servers = Value::Object(serde_json::Map::new());
        }
        more.servers[name] = facts;
        more
    }

    /// The text with every `{{server.fact}}` filled in.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (reference, after) = after.split_once("}}").ok_or_else(|| format!("{text:?} has no end"))?;
            filled.push_str(before);
            filled.push_str(&self.look_up(reference.trim())?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn look_up(&self, reference: &str) -> Result<String, String> {
        let pointer = format!("/{}", reference.replace('.', "/"));
        match self.servers.pointer(&pointer) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) if !other.is_null() => Ok(other.to_string()),
            _ => Err(format!("no server has said {reference}; run the tests through `cargo xtask test`")),
        }
    }
}
