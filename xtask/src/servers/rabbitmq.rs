//! RabbitMQ: two virtual hosts, users with and without rights and with a limit, a queue, TLS on a second port.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// RabbitMQ from the system's packages.
pub(super) struct RabbitMq;

const USER: &str = "rabbitmq";
const LIMIT: Duration = Duration::from_secs(120);

impl Server for RabbitMq {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn purpose(&self) -> &'static str {
        "tests of the amqp checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("rabbitmq-server")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let accounts = Accounts::make_up(workspace);
        let (port, tls_port) = (workspace.port()?, workspace.port()?);
        workspace.write("definitions.json", &accounts.definitions().to_string())?;
        workspace.write("enabled_plugins", "[].\n")?;
        workspace.write("rabbitmq.conf", &configuration(workspace, port, tls_port))?;
        workspace.hand_to(USER)?;
        launch(workspace, port)?;
        Ok(json!({
            "host": "127.0.0.1", "port": port, "tls_port": tls_port,
            "ca": workspace.certificates().authority(),
            "username": "pat", "password": accounts.user_password,
            "vhost": "pickles", "other_vhost": "private", "missing_vhost": "sauerkraut", "full_vhost": "full",
            "queue": "jars", "missing_queue": "lids",
            "denied_username": "stranger", "denied_password": accounts.stranger_password,
            "reader_username": "reader", "reader_password": accounts.reader_password,
            "limited_username": "limited", "limited_password": accounts.limited_password, "max_connections": 1,
        }))
    }
}

/// The passwords of all accounts: `pat` may do all in `pickles`, `stranger` may enter no virtual host, `reader` may
/// enter `pickles` but touch nothing there, `limited` has room for one connection.
struct Accounts {
    user_password: String,
    stranger_password: String,
    reader_password: String,
    limited_password: String,
}

impl Accounts {
    fn make_up(workspace: &Workspace) -> Self {
        Self {
            user_password: workspace.hostile_password(),
            stranger_password: workspace.password(),
            reader_password: workspace.password(),
            limited_password: workspace.password(),
        }
    }

    /// RabbitMQ's definitions file, see "Schema Definition Export and Import" in its manual.
    fn definitions(&self) -> Value {
        let user = |name: &str, password: &str, limits: Value| json!({ "name": name, "password": password, "tags": "", "limits": limits });
        let rights = |user: &str, vhost: &str, pattern: &str| json!({ "user": user, "vhost": vhost, "configure": pattern, "write": pattern, "read": pattern });
        json!({
            "users": [
                user("pat", &self.user_password, json!({})),
                user("stranger", &self.stranger_password, json!({})),
                user("reader", &self.reader_password, json!({})),
                user("limited", &self.limited_password, json!({ "max-connections": 1 })),
            ],
            "vhosts": [{ "name": "pickles" }, { "name": "private" }, { "name": "full" }],
            "permissions": [
                rights("pat", "pickles", ".*"),
                rights("pat", "full", ".*"),
                rights("reader", "pickles", "^$"),
                rights("limited", "pickles", ".*"),
            ],
            "parameters": [{
                "component": "vhost-limits", "name": "limits", "vhost": "full", "value": { "max-connections": 0 },
            }],
            "queues": [{
                "name": "jars", "vhost": "pickles", "durable": true, "auto_delete": false, "arguments": {},
            }],
        })
    }
}

fn configuration(workspace: &Workspace, port: u16, tls_port: u16) -> String {
    let pair = workspace.certificates().server();
    format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\nlisteners.ssl.1 = 127.0.0.1:{tls_port}\n\
         ssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
         ssl_options.verify = verify_none\nload_definitions = {}/definitions.json\nlog.console = true\n\
         log.file = false\ndisk_free_limit.absolute = 1MB\nloopback_users = none\n",
        workspace.certificates().authority().display(),
        pair.certificate.display(),
        pair.key.display(),
        workspace.folder().display(),
    )
}

fn launch(workspace: &Workspace, port: u16) -> Result<(), Failure> {
    let names_port = workspace.port()?.to_string();
    let in_folder = |name: &str| workspace.folder().join(name);
    let names = workspace
        .launch("epmd", "/usr/bin/epmd")
        .args(["-address", "127.0.0.1", "-port", &names_port])
        .as_user(USER)
        .spawn()?;
    let names_number = names_port.parse().unwrap_or_default();
    workspace.until_ready(&names, LIMIT, || probe::connect(names_number).map(drop))?;
    let process = workspace
        .launch("rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server")
        .env("ERL_EPMD_PORT", names_port)
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("preflight{port}@localhost"))
        .env("RABBITMQ_DIST_PORT", workspace.port()?.to_string())
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", in_folder("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", in_folder("enabled_plugins"))
        .env("RABBITMQ_MNESIA_BASE", in_folder("mnesia"))
        .env("RABBITMQ_LOG_BASE", in_folder("logs"))
        .env("RABBITMQ_PID_FILE", in_folder("pid"))
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none")
        .as_user(USER)
        .spawn()?;
    // A client that does not speak AMQP 0-9-1 is told the version that is spoken, section 4.2.2 of the standard.
    workspace.until_ready(&process, LIMIT, || {
        probe::expect_bytes(port, b"AMQP\x09\x09\x09\x09", b"AMQP\x00\x00\x09\x01")
    })
}
