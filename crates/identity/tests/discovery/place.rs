//! A made-up place to run in: files, variables, a clock that stands still.

use std::collections::BTreeMap;
use std::time::Duration;

use preflight_identity::{AskInstance, Identity, Sources, discover};
use tempfile::TempDir;

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

pub(crate) struct Place {
    root: TempDir,
    variables: BTreeMap<String, String>,
    instance_metadata_base: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
            // Port 1 of the loopback: whoever asks by mistake is refused and leaves a note.
            instance_metadata_base: "http://127.0.0.1:1".to_owned(),
        }
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn instance_metadata_at(mut self, base: &str) -> Self {
        self.instance_metadata_base = base.to_owned();
        self
    }

    pub(crate) fn root(&self) -> &std::path::Path {
        self.root.path()
    }

    pub(crate) fn sources(&self) -> Sources {
        let variables = self.variables.clone();
        Sources {
            environment: Box::new(move |name| variables.get(name).cloned()),
            root: self.root().to_owned(),
            now: Box::new(|| NOW.parse().unwrap()),
            instance_metadata: AskInstance::WhenLikely,
            instance_metadata_base: self.instance_metadata_base.clone(),
        }
    }

    /// Discovery with a budget that a slow test machine does not exhaust.
    pub(crate) async fn discover(&self) -> Identity {
        discover(&self.sources(), Duration::from_secs(5)).await
    }
}

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}
