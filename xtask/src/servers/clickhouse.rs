//! ClickHouse: HTTP and the native protocol, with TLS and without, a user who may do all, one who may enter nothing.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// ClickHouse from the system's packages.
pub(super) struct ClickHouse;

const USER: &str = "clickhouse";
const LIMIT: Duration = Duration::from_secs(60);

impl Server for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn purpose(&self) -> &'static str {
        "tests of the clickhouse checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("clickhouse-server")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let accounts = Accounts {
            user_password: workspace.hostile_password(),
            denied_password: workspace.password(),
            reader_password: workspace.password(),
        };
        let ports = Ports::choose(workspace)?;
        workspace.write("users.xml", &accounts.configuration())?;
        let config = workspace.write("config.xml", &ports.configuration(workspace))?;
        workspace.hand_to(USER)?;
        let process = workspace
            .launch("clickhouse", "/usr/sbin/clickhouse-server")
            .arg(format!("--config-file={}", config.display()))
            .as_user(USER)
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || probe::expect_http(ports.http, "/ping"))?;
        make_database(ports.http, &accounts.user_password)?;
        Ok(json!({
            "host": "127.0.0.1", "port": ports.http, "native_port": ports.native,
            "tls_port": ports.https, "native_tls_port": ports.native_tls,
            "ca": workspace.certificates().authority(),
            "username": "pat", "password": accounts.user_password, "database": "pickles",
            "missing_database": "sauerkraut",
            "denied_username": "stranger", "denied_password": accounts.denied_password,
            "distant_username": "distant", "distant_password": accounts.denied_password,
            "reader_username": "reader", "reader_password": accounts.reader_password,
        }))
    }
}

fn make_database(port: u16, password: &str) -> Result<(), Failure> {
    let key = format!("X-ClickHouse-Key: {password}");
    let headers = ["X-ClickHouse-User: pat", key.as_str()];
    match probe::http(port, "POST", "/", &headers, "CREATE DATABASE pickles")? {
        (200, _) => Ok(()),
        (status, answer) => {
            Err(Failure::Answer { peer: "clickhouse".to_owned(), answer: format!("{status} {answer}") })
        }
    }
}

struct Ports {
    http: u16,
    https: u16,
    native: u16,
    native_tls: u16,
    replicas: u16,
}

impl Ports {
    fn choose(workspace: &Workspace) -> Result<Self, Failure> {
        let port = || workspace.port();
        Ok(Self { http: port()?, https: port()?, native: port()?, native_tls: port()?, replicas: port()? })
    }

    fn configuration(&self, workspace: &Workspace) -> String {
        let pair = workspace.certificates().server();
        format!(
            "<?xml version=\"1.0\"?>\n<yandex>\n<logger><level>information</level><console>1</console></logger>\n\
             <http_port>{}</http_port>\n<https_port>{}</https_port>\n<tcp_port>{}</tcp_port>\n\
             <tcp_port_secure>{}</tcp_port_secure>\n<interserver_http_port>{}</interserver_http_port>\n\
             <listen_host>127.0.0.1</listen_host>\n<path>{folder}/data/</path>\n<tmp_path>{folder}/tmp/</tmp_path>\n\
             <user_files_path>{folder}/files/</user_files_path>\n\
             <format_schema_path>{folder}/schemas/</format_schema_path>\n\
             <users_config>{folder}/users.xml</users_config>\n<default_profile>default</default_profile>\n\
             <default_database>default</default_database>\n<mark_cache_size>16777216</mark_cache_size>\n\
             <openSSL><server><certificateFile>{}</certificateFile><privateKeyFile>{}</privateKeyFile>\
             <verificationMode>none</verificationMode><disableProtocols>sslv2,sslv3</disableProtocols>\
             </server></openSSL>\n</yandex>\n",
            self.http,
            self.https,
            self.native,
            self.native_tls,
            self.replicas,
            pair.certificate.display(),
            pair.key.display(),
            folder = workspace.folder().display(),
        )
    }
}

/// The passwords of all accounts.
struct Accounts {
    user_password: String,
    denied_password: String,
    reader_password: String,
}

impl Accounts {
    fn configuration(&self) -> String {
        let user_of = |network: &str, name: &str, password: &str, profile: &str, extra: &str| {
            format!(
                "<{name}><password>{}</password><profile>{profile}</profile><quota>default</quota>\
                 <networks><ip>{network}</ip></networks>{extra}</{name}>\n",
                escaped(password)
            )
        };
        let user = |name: &str, password: &str, profile: &str, extra: &str| {
            user_of("::/0", name, password, profile, extra)
        };
        let nowhere = "<allow_databases><database>nowhere</database></allow_databases>";
        format!(
            "<?xml version=\"1.0\"?>\n<yandex>\n<profiles><default/><reading><readonly>1</readonly></reading>\
             </profiles>\n<users>\n{}{}{}{}</users>\n<quotas><default/></quotas>\n</yandex>\n",
            user("pat", &self.user_password, "default", ""),
            user("reader", &self.reader_password, "reading", ""),
            user("stranger", &self.denied_password, "default", nowhere),
            user_of("192.0.2.1", "distant", &self.denied_password, "default", ""),
        )
    }
}

/// Text inside an XML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
