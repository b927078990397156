//! FerretDB, which speaks MongoDB's protocol: one with accounts, over TCP and TLS, and one without accounts.

use super::golang::Build;
use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// FerretDB on SQLite, built with Go.
pub(super) struct FerretDb;

const VERSION: &str = "1.24.2";
const BUILD: Build = Build {
    name: "ferretdb-1.24.2",
    module: "module preflight.tests/ferretdb\n\ngo 1.23\n\nrequire github.com/FerretDB/FerretDB v1.24.2\n",
    source: (
        "tools.go",
        "//go:build tools\n\npackage tools\n\nimport _ \"github.com/FerretDB/FerretDB/cmd/ferretdb\"\n",
    ),
    package: "github.com/FerretDB/FerretDB/cmd/ferretdb",
    tags: "ferretdb_no_postgresql",
    added: Some(("github.com/FerretDB/FerretDB/build/version/version.txt", "v1.24.2\n")),
};
const LIMIT: Duration = Duration::from_secs(30);
const USER: &str = "pat";

impl Server for FerretDb {
    fn name(&self) -> &'static str {
        "ferretdb"
    }

    fn purpose(&self) -> &'static str {
        "tests of the mongodb checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Fetched {
            what: "ferretdb 1.24.2, built with Go in a minute or two",
            present: |store| BUILD.present(store),
            fetch: |store| BUILD.fetch(store),
        }]
    }

    fn left_out(&self, store: &Path) -> Option<String> {
        BUILD.left_out(self.name(), store)
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (password, tls_port) = (workspace.hostile_password(), workspace.port()?);
        let pair = workspace.certificates().server();
        let accounts = [
            "--test-enable-new-auth".to_owned(),
            "--setup-database=admin".to_owned(),
            format!("--setup-username={USER}"),
            format!("--setup-password={password}"),
            format!("--listen-tls=127.0.0.1:{tls_port}"),
            format!("--listen-tls-cert-file={}", pair.certificate.display()),
            format!("--listen-tls-key-file={}", pair.key.display()),
        ];
        Ok(json!({
            "host": "127.0.0.1", "version": VERSION, "ca": workspace.certificates().authority(),
            "port": launch(workspace, "accounts", &accounts)?, "tls_port": tls_port,
            "username": USER, "password": password, "auth_source": "admin",
            "mechanisms": ["SCRAM-SHA-1", "SCRAM-SHA-256"], "open_port": launch(workspace, "open", &[])?,
        }))
    }
}

fn launch(workspace: &Workspace, name: &str, extra: &[String]) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let data = workspace.subfolder(name)?;
    let process = workspace
        .launch(name, BUILD.program(workspace.store()))
        .args(["--handler=sqlite", "--debug-addr=-", "--telemetry=disable", "--state-dir=-"])
        .arg(format!("--sqlite-url=file:{}/", data.display()))
        .arg(format!("--listen-addr=127.0.0.1:{port}"))
        .args(extra)
        .spawn()?;
    // It listens once its account is made.
    workspace.until_ready(&process, LIMIT, || probe::connect(port).map(drop))?;
    Ok(port)
}
