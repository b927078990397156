//! gRPC's own server with its standard health service: plain and TLS, guarded by a token, failing, and without health.

use super::{Need, Server, Workspace, process};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// grpcio in a virtual environment of Python.
pub(super) struct Grpc;

/// Where the environment is in the store; the version is grpcio's.
const FOLDER: &str = "grpcio-1.85.1";
const PACKAGES: &[&str] = &["grpcio==1.85.1", "grpcio-health-checking==1.85.1"];
const PROGRAM: &str = include_str!("grpc.py");
const LIMIT: Duration = Duration::from_secs(30);

impl Server for Grpc {
    fn name(&self) -> &'static str {
        "grpc"
    }

    fn purpose(&self) -> &'static str {
        "tests of the grpc checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            Need::Apt("python3-venv"),
            Need::Fetched { what: "grpcio 1.85.1, with pip into a virtual environment", present, fetch },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (token, denied_token) = (workspace.password(), workspace.password());
        let pair = workspace.certificates().server();
        let names = ["port", "tls_port", "guarded_port", "bare_port", "failing_port"];
        let mut facts = json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(), "version": "1.85.1",
            "token": token, "denied_token": denied_token, "service": "pickles", "down_service": "gherkins",
            "certificate": pair.certificate, "key": pair.key,
        });
        for name in names {
            facts[name] = json!(workspace.port()?);
        }
        let program = workspace.write("grpc_server.py", PROGRAM)?;
        let settings = workspace.write("settings.json", &facts.to_string())?;
        let ready = workspace.folder().join("ready");
        let process = workspace
            .launch("grpc", python(workspace.store()))
            .arg(program)
            .arg(settings)
            .arg(&ready)
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || {
            fs::metadata(&ready).map(drop).map_err(Failure::io("find", ready.display()))
        })?;
        Ok(facts)
    }
}

fn python(store: &Path) -> PathBuf {
    store.join(FOLDER).join("bin/python")
}

fn complete(store: &Path) -> PathBuf {
    store.join(FOLDER).join("complete")
}

fn present(store: &Path) -> bool {
    complete(store).exists()
}

/// A virtual environment cannot be moved, so it is made in its place and marked when it is whole.
fn fetch(store: &Path) -> Result<(), Failure> {
    let folder = store.join(FOLDER);
    process::run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(&folder), "")?;
    let mut pip = Command::new(python(store));
    process::run(pip.args(["-m", "pip", "--quiet", "install"]).args(PACKAGES), "")?;
    let mark = complete(store);
    fs::write(&mark, "").map_err(Failure::io("write", mark.display()))
}
