//! Redis: passwords and ACL users, TLS, a cluster node, a read-only replica, one that takes no more clients.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// Redis from the system's packages.
pub(super) struct Redis;

const PROGRAM: &str = "/usr/bin/redis-server";
const USER: &str = "redis";
const LIMIT: Duration = Duration::from_secs(20);

impl Server for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn purpose(&self) -> &'static str {
        "tests of the redis checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("redis-server")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        workspace.hand_to(USER)?;
        let main = Main::prepare(workspace)?;
        let (cluster, replica, full, open) =
            (workspace.port()?, workspace.port()?, workspace.port()?, workspace.port()?);
        let bus = workspace.port()?;
        launch(workspace, "main", main.port, &main.config)?;
        launch(workspace, "open", open, "")?;
        let down = format!("cluster-enabled yes\ncluster-port {bus}\ncluster-config-file {cluster}.nodes\n");
        launch(workspace, "cluster", cluster, &down)?;
        launch(workspace, "replica", replica, &format!("replicaof 127.0.0.1 {open}\n"))?;
        launch(workspace, "full", full, "maxclients 1\n")?;
        fill(workspace, full)?;
        Ok(json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(),
            "port": main.port, "tls_port": main.tls_port, "password": main.password,
            "acl_username": "reader", "acl_password": main.reader_password,
            "denied_username": "nobody", "denied_password": main.denied_password,
            "no_ping_username": "mute",  "no_ping_password": main.mute_password,
            "open_port": open, "cluster_port": cluster, "replica_port": replica, "maxclients_port": full,
        }))
    }
}

/// Takes the only connection of the full server for good: a replica's link counts as a client.
fn fill(workspace: &Workspace, full: u16) -> Result<(), Failure> {
    let port = workspace.port()?;
    launch(workspace, "filler", port, &format!("replicaof 127.0.0.1 {full}\n"))?;
    let deadline = Instant::now() + LIMIT;
    loop {
        // The refusal may come before or instead of an answer to what was asked.
        let answer = probe::first_line(full, "PING\r\n").unwrap_or_else(|failure| failure.to_string());
        if answer.starts_with("-ERR max number of clients") {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Failure::Answer { peer: "the full redis".to_owned(), answer });
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The server that asks for passwords and offers TLS on a second port.
struct Main {
    port: u16,
    tls_port: u16,
    password: String,
    reader_password: String,
    denied_password: String,
    mute_password: String,
    config: String,
}

impl Main {
    fn prepare(workspace: &Workspace) -> Result<Self, Failure> {
        let (port, tls_port) = (workspace.port()?, workspace.port()?);
        let (password, reader_password) = (workspace.hostile_password(), workspace.hostile_password());
        let (denied_password, mute_password) = (workspace.password(), workspace.password());
        let pair = workspace.certificates().server();
        let config = format!(
            "requirepass {}\nuser reader on {} ~app:* +@read +ping +info +select +@connection\n\
             user nobody on >{denied_password} resetkeys -@all +ping +hello +auth\n\
             user mute on >{mute_password} resetkeys -@all\n\
             tls-port {tls_port}\ntls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {}\ntls-auth-clients no\n",
            quoted(&password),
            quoted(&format!(">{reader_password}")),
            pair.certificate.display(),
            pair.key.display(),
            workspace.certificates().authority().display(),
        );
        Ok(Self { port, tls_port, password, reader_password, denied_password, mute_password, config })
    }
}

/// A word of redis.conf in double quotes, see the comments at the head of the file Redis ships.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

fn launch(workspace: &Workspace, name: &str, port: u16, extra: &str) -> Result<(), Failure> {
    let text = format!(
        "bind 127.0.0.1 ::1\nport {port}\ndaemonize no\nsave \"\"\nappendonly no\ndir {}\n\
         dbfilename {name}.rdb\nprotected-mode no\n{extra}",
        workspace.folder().display()
    );
    let config = workspace.write(&format!("{name}.conf"), &text)?;
    let process = workspace.launch(name, PROGRAM).arg(config).as_user(USER).spawn()?;
    workspace.until_ready(&process, LIMIT, || answers(port))
}

/// A server that wants a password first is as ready as one that does not.
fn answers(port: u16) -> Result<(), Failure> {
    let answer = probe::first_line(port, "PING\r\n")?;
    let ready = answer == "+PONG" || answer.starts_with("-NOAUTH");
    if ready { Ok(()) } else { Err(Failure::Answer { peer: "redis".to_owned(), answer }) }
}
