//! Vault: one that is open, over HTTP and HTTPS, one that is sealed, one that was never initialised.

use super::golang::Build;
use super::{Need, Process, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Vault's core, built with Go.
pub(super) struct Vault;

const VERSION: &str = "1.21.4";
const BUILD: Build = Build {
    name: "vault-1.21.4",
    module: MODULE,
    source: ("main.go", include_str!("vault.go")),
    package: ".",
    tags: "none",
    added: None,
};
/// Vault's own module replaces its sdk by a folder and two more modules, which another module has to repeat; the sdk's
/// release that fits this version is not the one it names.
const MODULE: &str = "module preflight.tests/vault\n\ngo 1.25.0\n\nrequire (\n\
    github.com/hashicorp/vault v1.21.4\n\
    github.com/hashicorp/vault/sdk v0.20.0\n\
    github.com/hashicorp/vault-plugin-secrets-kv v0.25.0\n\
    github.com/hashicorp/go-hclog v1.6.3\n)\n\nreplace (\n\
    github.com/hashicorp/vault/sdk => github.com/hashicorp/vault/sdk v0.20.0\n\
    github.com/99designs/keyring => github.com/Jeffail/keyring v1.2.3\n\
    github.com/ma314smith/signedxml v1.1.1 => github.com/moov-io/signedxml v1.1.1\n)\n";
const LIMIT: Duration = Duration::from_secs(30);
const READER: &str = "path \"secret/data/app\" { capabilities = [\"read\"] }";

impl Server for Vault {
    fn name(&self) -> &'static str {
        "vault"
    }

    fn purpose(&self) -> &'static str {
        "tests of the vault checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Fetched {
            what: "vault 1.21.4's core, built with Go in some minutes",
            present: |store| BUILD.present(store),
            fetch: |store| BUILD.fetch(store),
        }]
    }

    fn left_out(&self, store: &Path) -> Option<String> {
        BUILD.left_out(self.name(), store)
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let tls_port = workspace.port()?;
        let (process, port) = launch(workspace, "open", Some(tls_port))?;
        let (_, sealed_port) = launch(workspace, "sealed", None)?;
        let (_, fresh_port) = launch(workspace, "uninitialised", None)?;
        initialise(sealed_port)?;
        let (key, token) = initialise(port)?;
        call(port, "", "PUT", "sys/unseal", &json!({ "key": key }))?;
        let (username, password) = ("pat", workspace.hostile_password());
        furnish(port, &token, (username, &password))?;
        // A new version 2 engine refuses writes until it has set itself up.
        workspace.until_ready(&process, LIMIT, || {
            let data = json!({ "data": { "greeting": "hello" } });
            call(port, &token, "POST", "secret/data/app", &data).map(drop)
        })?;
        Ok(json!({
            "host": "127.0.0.1", "version": VERSION, "port": port, "tls_port": tls_port,
            "ca": workspace.certificates().authority(),
            "sealed_port": sealed_port, "uninitialised_port": fresh_port, "token": token,
            "reader_token": make_token(port, &token, "reader")?,
            "denied_token": make_token(port, &token, "default")?, "unknown_token": "hvs.unknown",
            "username": username, "password": password, "mount": "secret", "secret": "secret/data/app",
            "missing_secret": "secret/data/missing", "missing_mount": "elsewhere/data/app",
        }))
    }
}

fn launch(workspace: &Workspace, name: &str, tls_port: Option<u16>) -> Result<(Process, u16), Failure> {
    let port = workspace.port()?;
    let pair = workspace.certificates().server();
    let mut launch =
        workspace.launch(name, BUILD.program(workspace.store())).arg(format!("127.0.0.1:{port}"));
    if let Some(tls_port) = tls_port {
        launch = launch.arg(format!("127.0.0.1:{tls_port}")).arg(pair.certificate).arg(pair.key);
    }
    let process = launch.spawn()?;
    workspace.until_ready(&process, LIMIT, || {
        probe::http(port, "GET", "/v1/sys/seal-status", &[], "").map(drop)
    })?;
    Ok((process, port))
}

/// Returns the key that unseals it and its root token.
fn initialise(port: u16) -> Result<(String, String), Failure> {
    let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
    let made = call(port, "", "PUT", "sys/init", &shares)?;
    Ok((text(&made, "/keys/0")?, text(&made, "/root_token")?))
}

fn furnish(port: u16, token: &str, (username, password): (&str, &str)) -> Result<(), Failure> {
    call(port, token, "POST", "sys/mounts/secret", &json!({ "type": "kv", "options": { "version": "2" } }))?;
    call(port, token, "PUT", "sys/policies/acl/reader", &json!({ "policy": READER }))?;
    call(port, token, "POST", "sys/auth/userpass", &json!({ "type": "userpass" }))?;
    let user = json!({ "password": password, "token_policies": ["reader"] });
    call(port, token, "POST", &format!("auth/userpass/users/{username}"), &user).map(drop)
}

fn make_token(port: u16, token: &str, policy: &str) -> Result<String, Failure> {
    let made =
        call(port, token, "POST", "auth/token/create", &json!({ "policies": [policy], "no_parent": true }))?;
    text(&made, "/auth/client_token")
}

fn text(answer: &Value, pointer: &str) -> Result<String, Failure> {
    let found = answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::Answer { peer: "vault".to_owned(), answer: format!("nothing at {pointer}") })
}

fn call(port: u16, token: &str, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
    let header = format!("X-Vault-Token: {token}");
    match probe::http(port, method, &format!("/v1/{path}"), &[&header], &body.to_string())? {
        (200..300, answer) => Ok(serde_json::from_str(&answer).unwrap_or_default()),
        (status, answer) => {
            Err(Failure::Answer { peer: format!("vault {path}"), answer: format!("{status} {answer}") })
        }
    }
}
