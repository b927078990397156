//! Mosquitto, an MQTT broker: passwords and an access list, TLS, client certificates, no accounts at all.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::time::Duration;

/// Mosquitto from the system's packages.
pub(super) struct Mosquitto;

const USER: &str = "mosquitto";
/// Ships with the broker, which finds it in its library folder.
const PLUGIN: &str = "mosquitto_dynamic_security.so";
const LIMIT: Duration = Duration::from_secs(20);
/// CONNECT of MQTT 3.1.1, clean session, client id "probe"; see section 3.1 of the standard.
const CONNECT: &[u8] = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05probe";
/// CONNACK, accepted; section 3.2.
const ACCEPTED: &[u8] = b"\x20\x02\x00\x00";

impl Server for Mosquitto {
    fn name(&self) -> &'static str {
        "mosquitto"
    }

    fn purpose(&self) -> &'static str {
        "tests of the mqtt checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("mosquitto")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (password, denied_password) = (workspace.hostile_password(), workspace.password());
        workspace.write(
            "acl",
            "user pat\ntopic readwrite #\n\nuser reader\ntopic read app/#\n\nuser mute\ntopic deny #\n",
        )?;
        workspace.hand_to(USER)?;
        add_account(workspace, "pat", &password, &["-c"])?;
        add_account(workspace, "mute", &denied_password, &[])?;
        let ports = Ports::choose(workspace)?;
        deny_subscriptions(workspace)?;
        let config = workspace.write("mosquitto.conf", &ports.configuration(workspace))?;
        let process = workspace
            .launch("mosquitto", "/usr/sbin/mosquitto")
            .arg("-c")
            .arg(config)
            .as_user(USER)
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || probe::expect_bytes(ports.open, CONNECT, ACCEPTED))?;
        Ok(json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(),
            "port": ports.plain, "tls_port": ports.tls, "open_port": ports.open,
            "client_certificate_port": ports.mutual,
            "username": "pat", "password": password, "topic": "app/pickles",
            "no_subscription_port": ports.denying, "denied_username": "mute", "denied_password": denied_password,
        }))
    }
}

fn add_account(workspace: &Workspace, user: &str, password: &str, extra: &[&str]) -> Result<(), Failure> {
    let program = workspace.launch("mosquitto_passwd", "/usr/bin/mosquitto_passwd");
    program.args(extra).args(["-b", "passwords", user, password]).as_user(USER).run().map(drop)
}

/// Writes the rules of the plugin: the same accounts, of which `pat` may do all and `mute` may not even subscribe.
/// (An access list only filters what is delivered; a subscription it grants to all.)
fn deny_subscriptions(workspace: &Workspace) -> Result<(), Failure> {
    let path = workspace.folder().join("passwords");
    let accounts = fs::read_to_string(&path).map_err(Failure::io("read", path.display()))?;
    let clients: Vec<Value> = accounts.lines().filter_map(client).collect();
    let rule = |kind: &str| json!({ "acltype": kind, "topic": "#", "priority": 0, "allow": true });
    let acls =
        ["publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern"].map(rule);
    let rules = json!({
        "defaultACLAccess": {
            "publishClientSend": false, "publishClientReceive": false, "subscribe": false, "unsubscribe": false,
        },
        "clients": clients,
        "groups": [],
        "roles": [{ "rolename": "all", "acls": acls }],
    });
    workspace.write("rules.json", &rules.to_string())?;
    // The plugin writes the file anew, as the broker's user.
    workspace.hand_to(USER)
}

/// A client of the plugin from a line of the password file: both keep PBKDF2 with SHA-512 and a salt, the file as
/// `name:$7$iterations$salt$hash`.
fn client(line: &str) -> Option<Value> {
    let (name, secret) = line.split_once(':')?;
    let mut parts = secret.split('$').skip(2);
    let iterations: u32 = parts.next()?.parse().ok()?;
    let (salt, hash) = (parts.next()?, parts.next()?);
    let roles = if name == "pat" { json!([{ "rolename": "all" }]) } else { json!([]) };
    Some(
        json!({ "username": name, "password": hash, "salt": salt, "iterations": iterations, "roles": roles }),
    )
}

struct Ports {
    plain: u16,
    tls: u16,
    open: u16,
    mutual: u16,
    denying: u16,
}

impl Ports {
    fn choose(workspace: &Workspace) -> Result<Self, Failure> {
        let port = || workspace.port();
        Ok(Self { plain: port()?, tls: port()?, open: port()?, mutual: port()?, denying: port()? })
    }

    fn configuration(&self, workspace: &Workspace) -> String {
        let folder = workspace.folder().display();
        let pair = workspace.certificates().server();
        let accounts =
            format!("allow_anonymous false\npassword_file {folder}/passwords\nacl_file {folder}/acl\n");
        let tls = format!(
            "certfile {}\nkeyfile {}\ncafile {}\n",
            pair.certificate.display(),
            pair.key.display(),
            workspace.certificates().authority().display()
        );
        let listeners = [
            (self.plain, accounts.clone()),
            (self.tls, format!("{accounts}{tls}")),
            (self.mutual, format!("allow_anonymous true\n{tls}require_certificate true\n")),
            (self.open, "allow_anonymous true\n".to_owned()),
            (self.denying, format!("plugin {PLUGIN}\nplugin_opt_config_file {folder}/rules.json\n")),
        ];
        let mut text = "per_listener_settings true\nlog_dest stderr\npersistence false\n".to_owned();
        for (port, settings) in listeners {
            // Writing to a String cannot fail.
            let _ = write!(text, "listener {port} 127.0.0.1\n{settings}");
        }
        text
    }
}
