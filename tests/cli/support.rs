//! Runs the built binary in a folder of its own with an environment of its own.

#[path = "../outcome.rs"]
mod outcome;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use outcome::Outcome;
use tempfile::TempDir;

/// A run of the program that is being prepared.
pub(crate) struct Run {
    folder: TempDir,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// A run in an empty folder.
pub(crate) fn preflight() -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Run { folder, environment: Vec::new(), arguments: Vec::new() }
}

/// The folder of the whole project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project's folder")
}

impl Run {
    /// With this `preflight.yaml`, below the usual organization and team.
    pub(crate) fn contract(self, body: &str) -> Self {
        let text = format!("organization: MyCompanyName\nteam: DevOps\n{body}");
        self.file("preflight.yaml", &text)
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).expect("a file in the temporary folder");
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|word| (*word).to_owned()));
        self
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).args(&self.arguments);
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self) -> Outcome {
        self.command().output().expect("the built binary runs").into()
    }
}

impl Outcome {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
