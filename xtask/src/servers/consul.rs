//! Consul: an agent that denies by default, one without access control, one over HTTPS.

use super::{Need, Server, Workspace, probe, process};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Consul from Debian 11, the last release that packages it.
pub(super) struct Consul;

const VERSION: &str = "1.8.7+dfsg1-2+b3";
const WHAT: &str = "consul 1.8.7+dfsg1-2+b3 from Debian 11 (bullseye), unpacked and not installed";
const LIMIT: Duration = Duration::from_secs(30);

impl Server for Consul {
    fn name(&self) -> &'static str {
        "consul"
    }

    fn purpose(&self) -> &'static str {
        "tests of the consul checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Fetched { what: WHAT, present, fetch }]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (token, pair) = (uuid(), workspace.certificates().server());
        let closed = json!({ "acl": {
            "enabled": true, "default_policy": "deny", "tokens": { "master": token, "agent": token },
        } });
        let secure = json!({
            "cert_file": pair.certificate, "key_file": pair.key, "ca_file": workspace.certificates().authority(),
            "verify_incoming": false,
        });
        let open_port = launch(workspace, "open", &json!({}))?;
        let (port, tls_port) = (launch(workspace, "closed", &closed)?, workspace.port()?);
        launch_on(workspace, "tls", (workspace.port()?, Some(tls_port)), &secure)?;
        Ok(json!({
            "host": "127.0.0.1", "version": VERSION, "port": port, "open_port": open_port, "tls_port": tls_port,
            "ca": workspace.certificates().authority(), "token": token,
            "reader_token": make_token(port, &token, "reader", "key_prefix \"app/\" { policy = \"read\" }")?,
            "denied_token": make_token(port, &token, "nobody", "")?, "unknown_token": uuid(),
            "key": "app/greeting", "value": "hello", "missing_key": "app/farewell", "denied_key": "other/greeting",
        }))
    }
}

fn launch(workspace: &Workspace, name: &str, extra: &Value) -> Result<u16, Failure> {
    let port = workspace.port()?;
    launch_on(workspace, name, (port, None), extra)?;
    Ok(port)
}

fn launch_on(
    workspace: &Workspace,
    name: &str,
    (port, tls_port): (u16, Option<u16>),
    extra: &Value,
) -> Result<(), Failure> {
    let config = json!({
        "server": true, "bootstrap_expect": 1, "node_name": name, "data_dir": workspace.folder().join(name),
        "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "disable_update_check": true,
        "performance": { "raft_multiplier": 1 },
        "ports": {
            "http": port, "https": tls_port.map_or(-1, i32::from), "grpc": -1, "dns": -1, "serf_wan": -1,
            "server": workspace.port()?, "serf_lan": workspace.port()?,
        },
    });
    let base = workspace.write(&format!("{name}.json"), &config.to_string())?;
    let added = workspace.write(&format!("{name}-added.json"), &extra.to_string())?;
    let process = workspace
        .launch(name, program(workspace.store()))
        .arg("agent")
        .arg(format!("-config-file={}", base.display()))
        .arg(format!("-config-file={}", added.display()))
        .spawn()?;
    let token = extra["acl"]["tokens"]["master"].as_str().unwrap_or_default();
    // A write answers only once a leader is elected and its tokens are known.
    workspace.until_ready(&process, LIMIT, || {
        put(port, token, "kv/app/greeting", "hello")?;
        put(port, token, "kv/other/greeting", "goodbye").map(drop)
    })
}

fn make_token(port: u16, token: &str, name: &str, rules: &str) -> Result<String, Failure> {
    put(port, token, "acl/policy", &json!({ "Name": name, "Rules": rules }).to_string())?;
    let policies = json!({ "Description": name, "Policies": [{ "Name": name }] });
    let answer = put(port, token, "acl/token", &policies.to_string())?;
    let made: Value = serde_json::from_str(&answer).unwrap_or_default();
    let secret = made["SecretID"].as_str().map(str::to_owned);
    secret.ok_or_else(|| Failure::Answer { peer: "consul".to_owned(), answer })
}

fn put(port: u16, token: &str, path: &str, body: &str) -> Result<String, Failure> {
    let header = format!("X-Consul-Token: {token}");
    match probe::http(port, "PUT", &format!("/v1/{path}"), &[&header], body)? {
        (200, answer) => Ok(answer),
        (status, answer) => {
            Err(Failure::Answer { peer: format!("consul {path}"), answer: format!("{status} {answer}") })
        }
    }
}

/// A random token in the form Consul wants, 8-4-4-4-12 hexadecimal digits.
fn uuid() -> String {
    let digits = format!("{:032x}", fastrand::u128(..));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn folder(store: &Path) -> PathBuf {
    store.join(format!("consul-{VERSION}"))
}

/// Where Consul's program lies in the store, if it was fetched.
pub fn program(store: &Path) -> PathBuf {
    folder(store).join("usr/bin/consul")
}

fn present(store: &Path) -> bool {
    program(store).exists()
}

/// Downloads the package with apt from a package list of our own, so that the machine's are left as they are.
fn fetch(store: &Path) -> Result<(), Failure> {
    let scratch = tempfile::tempdir_in(store).map_err(Failure::io("make a folder in", store.display()))?;
    let place = scratch.path();
    let list = place.join("sources.list");
    fs::write(&list, package_list()?).map_err(Failure::io("write", list.display()))?;
    for folder in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(place.join(folder)).map_err(Failure::io("make", folder))?;
    }
    process::run(apt(place).args(["--quiet", "update"]), "")?;
    process::run(apt(place).args(["--quiet", "download", &format!("consul={VERSION}")]), "")?;
    let unpack = "dpkg-deb --extract consul_*.deb unpacked";
    process::run(Command::new("sh").args(["-c", unpack]).current_dir(place), "")?;
    fs::rename(place.join("unpacked"), folder(store)).map_err(Failure::io("keep", folder(store).display()))
}

/// The line of a package list for Debian 11 on the mirror this machine uses; see sources.list(5).
fn package_list() -> Result<String, Failure> {
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]);
    let mirrors = process::run(&mut targets, "")?;
    let mirror = mirrors.lines().next().ok_or_else(|| Failure::Missing {
        what: "a Debian mirror in apt's sources".to_owned(),
        hint: "consul comes from Debian 11's archive; leave it out on other systems".to_owned(),
    })?;
    Ok(format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} bullseye main\n"))
}

fn apt(place: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.current_dir(place);
    let options = [
        format!("Dir::Etc::SourceList={}", place.join("sources.list").display()),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", place.join("lists").display()),
        format!("Dir::Cache={}", place.join("cache").display()),
        "Acquire::Languages=none".to_owned(),
        // The package lies in a folder of ours that apt's own user may not enter.
        "APT::Sandbox::User=root".to_owned(),
    ];
    for option in options {
        command.arg("-o").arg(option);
    }
    command
}
