//! etcd: one without accounts, one with root and a limited user, one with TLS.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// etcd from the system's packages.
pub(super) struct Etcd;

const USER: &str = "etcd";
const LIMIT: Duration = Duration::from_secs(30);

impl Server for Etcd {
    fn name(&self) -> &'static str {
        "etcd"
    }

    fn purpose(&self) -> &'static str {
        "tests of the etcd checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("etcd-server"), Need::Apt("etcd-client")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        workspace.hand_to(USER)?;
        let (root_password, reader_password) = (workspace.password(), workspace.hostile_password());
        let open_port = launch(workspace, "open", None)?;
        let port = launch(workspace, "accounts", None)?;
        make_accounts(workspace, port, &root_password, &reader_password)?;
        let pair = workspace.certificates().server();
        let tls = [
            format!("--cert-file={}", pair.certificate.display()),
            format!("--key-file={}", pair.key.display()),
        ];
        let tls_port = launch(workspace, "tls", Some(tls))?;
        Ok(json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(),
            "port": port, "root_username": "root", "root_password": root_password,
            "username": "reader", "password": reader_password, "key": "/app/greeting",
            "denied_key": "/other/greeting", "open_port": open_port, "tls_port": tls_port,
        }))
    }
}

fn make_accounts(workspace: &Workspace, port: u16, root: &str, reader: &str) -> Result<(), Failure> {
    control(workspace, port, &["put", "/app/greeting", "hello"])?;
    control(workspace, port, &["put", "/other/greeting", "goodbye"])?;
    control(workspace, port, &["user", "add", "root", "--new-user-password", root])?;
    control(workspace, port, &["user", "grant-role", "root", "root"])?;
    control(workspace, port, &["role", "add", "app"])?;
    control(workspace, port, &["role", "grant-permission", "--prefix=true", "app", "read", "/app/"])?;
    control(workspace, port, &["user", "add", "reader", "--new-user-password", reader])?;
    control(workspace, port, &["user", "grant-role", "reader", "app"])?;
    control(workspace, port, &["auth", "enable"])
}

fn control(workspace: &Workspace, port: u16, arguments: &[&str]) -> Result<(), Failure> {
    workspace
        .launch("etcdctl", "/usr/bin/etcdctl")
        .env("ETCDCTL_API", "3")
        .arg(format!("--endpoints=http://127.0.0.1:{port}"))
        .args(arguments)
        .run()
        .map(drop)
}

fn launch(workspace: &Workspace, name: &str, tls: Option<[String; 2]>) -> Result<u16, Failure> {
    let (port, peer_port, metrics_port) = (workspace.port()?, workspace.port()?, workspace.port()?);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let process = workspace
        .launch(name, "/usr/bin/etcd")
        .arg(format!("--data-dir={}", workspace.folder().join(name).display()))
        .arg(format!("--listen-client-urls={scheme}://127.0.0.1:{port}"))
        .arg(format!("--advertise-client-urls={scheme}://127.0.0.1:{port}"))
        .arg(format!("--listen-peer-urls=http://127.0.0.1:{peer_port}"))
        .arg(format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer_port}"))
        .arg(format!("--initial-cluster=default=http://127.0.0.1:{peer_port}"))
        .arg(format!("--listen-metrics-urls=http://127.0.0.1:{metrics_port}"))
        .args(["--bcrypt-cost=4", "--heartbeat-interval=50", "--election-timeout=250"])
        .args(tls.into_iter().flatten())
        .as_user(USER)
        .spawn()?;
    workspace.until_ready(&process, LIMIT, || probe::expect_http(metrics_port, "/health"))?;
    Ok(port)
}
