//! runit's own programs, which ours are held against. They have no process of their own: tests start them.

use super::{Need, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};

/// runsv, runsvdir and sv.
pub(super) struct Runit;

impl Server for Runit {
    fn name(&self) -> &'static str {
        "runit"
    }

    fn purpose(&self) -> &'static str {
        "tests that hold our supervisor and our sv against runit's"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("runit")]
    }

    fn start(&self, _: &Workspace) -> Result<Value, Failure> {
        Ok(json!({ "programs": ["runsv", "runsvdir", "sv"] }))
    }
}
