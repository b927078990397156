//! A real browser, for the status page. It has no process of its own: tests start it.

use super::{Need, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};

/// Chromium without a window.
pub(super) struct Chromium;

impl Server for Chromium {
    fn name(&self) -> &'static str {
        "chromium"
    }

    fn purpose(&self) -> &'static str {
        "tests that look at the status page, and keep pictures of it"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("chromium")]
    }

    fn start(&self, _: &Workspace) -> Result<Value, Failure> {
        Ok(json!({ "program": "chromium" }))
    }
}
