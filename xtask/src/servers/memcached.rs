//! Memcached: open, with SASL (binary protocol), with an account (text protocol), with TLS.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// Memcached from the system's packages.
pub(super) struct Memcached;

const USER: &str = "memcache";
const LIMIT: Duration = Duration::from_secs(20);
/// The header of a NOOP request of the binary protocol, and how its answer begins.
const NOOP: [u8; 24] = {
    let mut header = [0; 24];
    header[0] = 0x80;
    header[1] = 0x0a;
    header
};

impl Server for Memcached {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn purpose(&self) -> &'static str {
        "tests of the memcached checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("memcached"), Need::Apt("sasl2-bin"), Need::Apt("libsasl2-modules")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (password, sasl_password) = (workspace.password(), workspace.hostile_password());
        let pair = workspace.certificates().server();
        let accounts = workspace.write("accounts", &format!("pat:{password}\n"))?;
        workspace.hand_to(USER)?;
        make_sasl_account(workspace, &sasl_password)?;
        let tls = [
            "-Z".to_owned(),
            format!("-ossl_chain_cert={},ssl_key={}", pair.certificate.display(), pair.key.display()),
        ];
        let version = |port| probe::expect_line(port, "version\r\n", "VERSION ");
        let greets = |port| probe::connect(port).map(drop);
        let noop = |port| probe::expect_bytes(port, &NOOP, &[0x81, 0x0a]);
        let port = launch(workspace, "open", &[], version)?;
        let account_port = launch(workspace, "account", &[format!("-Y{}", accounts.display())], |port| {
            probe::expect_line(port, "version\r\n", "CLIENT_ERROR unauthenticated")
        })?;
        let sasl_port = launch(workspace, "sasl", &["-S".to_owned()], noop)?;
        let tls_port = launch(workspace, "tls", &tls, greets)?;
        Ok(json!({
            "host": "127.0.0.1", "port": port, "ca": workspace.certificates().authority(),
            "account_port": account_port, "account_username": "pat", "account_password": password,
            "sasl_port": sasl_port, "sasl_username": "pat", "sasl_password": sasl_password,
            "tls_port": tls_port,
        }))
    }
}

/// The accounts of SASL, in a file instead of the system's; see sasldb in Cyrus SASL's manual.
fn make_sasl_account(workspace: &Workspace, password: &str) -> Result<(), Failure> {
    let database = workspace.folder().join("sasldb");
    let settings = format!(
        "mech_list: plain\npwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n",
        database.display()
    );
    workspace.write("memcached.conf", &settings)?;
    workspace
        .launch("saslpasswd2", "/usr/sbin/saslpasswd2")
        .args(["-p", "-c", "-a", "memcached", "-f"])
        .arg(&database)
        .arg("pat")
        .as_user(USER)
        .run_with_input(password)
        .map(drop)
}

fn launch(
    workspace: &Workspace,
    name: &str,
    extra: &[String],
    ready: impl Fn(u16) -> Result<(), Failure>,
) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let process = workspace
        .launch(name, "/usr/bin/memcached")
        .args(["-l", "127.0.0.1", "-U", "0", "-m", "16", "-p", &port.to_string()])
        .args(extra)
        .env("SASL_CONF_PATH", workspace.folder())
        .as_user(USER)
        .spawn()?;
    workspace.until_ready(&process, LIMIT, || ready(port))?;
    Ok(port)
}
