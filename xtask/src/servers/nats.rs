//! NATS: users with a password, a token, TLS, client certificates, JetStream, and one that takes no more clients.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// NATS from the system's packages.
pub(super) struct Nats;

const LIMIT: Duration = Duration::from_secs(20);

impl Server for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn purpose(&self) -> &'static str {
        "tests of the nats checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("nats-server")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (password, denied_password, token) =
            (workspace.hostile_password(), workspace.password(), workspace.hostile_password());
        let store = workspace.subfolder("jetstream")?;
        workspace.hand_to("nats")?;
        let users = format!(
            "authorization {{ users = [\n{{ user: pat, password: {} }}\n{{ user: mute, password: {}, permissions: \
             {{ publish: {{ deny: \">\" }}, subscribe: {{ deny: \">\" }} }} }}\n] }}\njetstream {{ store_dir: {} }}\n",
            quoted(&password),
            quoted(&denied_password),
            quoted(&store.display().to_string()),
        );
        let port = launch(workspace, "main", &users)?;
        let token_port =
            launch(workspace, "token", &format!("authorization {{ token: {} }}\n", quoted(&token)))?;
        let tls_port = launch(workspace, "tls", &tls(workspace, ""))?;
        let client_certificate_port = launch(workspace, "mutual", &tls(workspace, "verify: true"))?;
        let open_port = launch(workspace, "open", "")?;
        let full_port = launch(workspace, "full", "max_connections: 1\n")?;
        Ok(json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(),
            "port": port, "username": "pat", "password": password, "jetstream": true,
            "denied_username": "mute", "denied_password": denied_password,
            "token_port": token_port, "token": token, "tls_port": tls_port,
            "client_certificate_port": client_certificate_port, "open_port": open_port,
            "full_port": full_port, "max_connections": 1,
        }))
    }
}

fn tls(workspace: &Workspace, extra: &str) -> String {
    let pair = workspace.certificates().server();
    format!(
        "tls {{ cert_file: \"{}\"\nkey_file: \"{}\"\nca_file: \"{}\"\n{extra} }}\n",
        pair.certificate.display(),
        pair.key.display(),
        workspace.certificates().authority().display(),
    )
}

/// A string of a NATS configuration file.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn launch(workspace: &Workspace, name: &str, extra: &str) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let text = format!("listen: \"127.0.0.1:{port}\"\nserver_name: {name}\n{extra}");
    let config = workspace.write(&format!("{name}.conf"), &text)?;
    let process = workspace
        .launch(name, "/usr/sbin/nats-server")
        .arg("--config")
        .arg(config)
        .as_user("nats")
        .spawn()?;
    workspace.until_ready(&process, LIMIT, || probe::expect_line(port, "", "INFO "))?;
    Ok(port)
}
