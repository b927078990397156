//! PostgreSQL: one server with TLS and users of every kind, one without TLS, and a hot standby of the first.

use super::{Need, Process, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// PostgreSQL from the system's packages, whichever version they have.
pub(super) struct Postgres;

const USER: &str = "postgres";
const LIMIT: Duration = Duration::from_secs(60);

impl Server for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn purpose(&self) -> &'static str {
        "tests of the postgres checker and of the mock service"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("postgresql")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let install = Installation::find(workspace)?;
        let accounts = Accounts::make_up(workspace);
        let pair = workspace.certificates().server();
        workspace.copy_private(&pair.key, "server-key.pem")?;
        workspace.copy_private(&workspace.certificates().server().certificate, "server.pem")?;
        workspace.hand_to(USER)?;
        let main = install.create("main", &accounts.admin_password)?;
        let tls = format!(
            "ssl = on\nssl_cert_file = '{0}/server.pem'\nssl_key_file = '{0}/server-key.pem'\nssl_ca_file = '{1}'\n",
            workspace.folder().display(),
            workspace.certificates().authority().display(),
        );
        let port = install.serve("main", &main, &tls)?;
        install.query(port, &accounts.statements())?;
        let plain = install.create("plain", &accounts.admin_password)?;
        let plain_port = install.serve("plain", &plain, "ssl = off\n")?;
        let standby = install.copy(port, "standby")?;
        let standby_port = install.serve("standby", &standby, &tls)?;
        let cold = install.copy(port, "cold")?;
        let cold_port = install.serve_cold("cold", &cold)?;
        Ok(accounts.facts(workspace, [port, plain_port, standby_port, cold_port]))
    }
}

/// The passwords of all accounts. `admin` owns everything.
struct Accounts {
    admin_password: String,
    user_password: String,
    reader_password: String,
    tls_password: String,
    plain_password: String,
    limited_password: String,
    certificate_password: String,
}

impl Accounts {
    fn make_up(workspace: &Workspace) -> Self {
        Self {
            // This one passes through a file of one line and through environments.
            admin_password: workspace.hostile_password(),
            user_password: workspace.hostile_password(),
            reader_password: workspace.password(),
            tls_password: workspace.hostile_password(),
            plain_password: workspace.password(),
            limited_password: workspace.password(),
            certificate_password: workspace.password(),
        }
    }

    fn statements(&self) -> String {
        let role = |name: &str, password: &str, extra: &str| {
            let password = password.replace('\'', "''");
            format!("CREATE ROLE {name} LOGIN PASSWORD '{password}' {extra};\n")
        };
        [
            role("pat", &self.user_password, ""),
            role("reader", &self.reader_password, ""),
            role("tls_only", &self.tls_password, ""),
            role("plain_only", &self.plain_password, ""),
            role("limited", &self.limited_password, "CONNECTION LIMIT 1"),
            role("exhausted", &self.limited_password, "CONNECTION LIMIT 0"),
            role("certified", &self.certificate_password, ""),
            "CREATE ROLE expired LOGIN PASSWORD 'over' VALID UNTIL '2020-01-01';\n".to_owned(),
            "CREATE ROLE no_login NOLOGIN PASSWORD 'idle';\n".to_owned(),
            "CREATE DATABASE pickles OWNER pat;\nCREATE DATABASE private OWNER pat;\n".to_owned(),
            "CREATE DATABASE closed OWNER pat ALLOW_CONNECTIONS false;\n".to_owned(),
            "REVOKE CONNECT ON DATABASE private FROM PUBLIC;\n".to_owned(),
            "\\connect pickles\nCREATE TABLE jars (id int PRIMARY KEY);\nALTER TABLE jars OWNER TO pat;\n"
                .to_owned(),
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;\nGRANT ALL ON SCHEMA public TO pat;\n".to_owned(),
        ]
        .concat()
    }

    fn facts(&self, workspace: &Workspace, [port, plain_port, standby_port, cold_port]: [u16; 4]) -> Value {
        json!({
            "host": "127.0.0.1", "port": port, "ca": workspace.certificates().authority(),
            "username": "pat", "password": self.user_password, "database": "pickles",
            "table": "jars", "missing_database": "sauerkraut", "private_database": "private",
            "closed_database": "closed",
            "admin_username": "admin", "admin_password": self.admin_password,
            "reader_username": "reader", "reader_password": self.reader_password,
            "tls_only_username": "tls_only", "tls_only_password": self.tls_password,
            "plain_only_username": "plain_only", "plain_only_password": self.plain_password,
            "exhausted_username": "exhausted", "exhausted_password": self.limited_password,
            "limited_username": "limited", "limited_password": self.limited_password,
            "certified_username": "certified", "certified_password": self.certificate_password,
            "expired_username": "expired", "expired_password": "over",
            "no_login_username": "no_login", "no_login_password": "idle", "rejected_username": "rejected",
            "absent_username": "absent",
            "plain_port": plain_port, "standby_port": standby_port, "cold_port": cold_port,
        })
    }
}

/// Who may connect how; see "The pg_hba.conf File" in PostgreSQL's manual. `certified` must also show a client
/// certificate, `rejected` never gets in, `tls_only` has no line without TLS and `plain_only` none with it; `absent` needs no password
/// and does not exist.
const HBA: &str = "\
local all admin trust
host replication admin 127.0.0.1/32 scram-sha-256
hostssl all tls_only all scram-sha-256
host all tls_only all reject
hostssl all certified all scram-sha-256 clientcert=verify-ca
host all certified all reject
hostnossl all plain_only all scram-sha-256
host all plain_only all reject
host all rejected all reject
host all absent all trust
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
";

/// The programs of the newest version on this machine.
struct Installation<'a> {
    programs: PathBuf,
    workspace: &'a Workspace,
}

impl<'a> Installation<'a> {
    fn find(workspace: &'a Workspace) -> Result<Self, Failure> {
        let folder = Path::new("/usr/lib/postgresql");
        let entries = fs::read_dir(folder).map_err(Failure::io("list", folder.display()))?;
        let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
        let newest = entries.flatten().map(|entry| entry.path()).max_by_key(version);
        let programs = newest.map(|path| path.join("bin")).ok_or_else(|| Failure::Missing {
            what: "a version of PostgreSQL".to_owned(),
            hint: format!("{} is empty; reinstall the package postgresql", folder.display()),
        })?;
        Ok(Self { programs, workspace })
    }

    /// Makes an empty cluster of databases.
    fn create(&self, name: &str, password: &str) -> Result<PathBuf, Failure> {
        let data = self.workspace.folder().join(name);
        let secret = self.workspace.write(&format!("{name}.password"), password)?;
        self.workspace
            .launch("initdb", self.programs.join("initdb"))
            .args(["--username=admin", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"])
            .arg(format!("--pwfile={}", secret.display()))
            .arg(&data)
            .as_user(USER)
            .run()?;
        Ok(data)
    }

    /// Copies the running cluster into one that follows it and only reads.
    fn copy(&self, port: u16, name: &str) -> Result<PathBuf, Failure> {
        let data = self.workspace.folder().join(name);
        self.workspace
            .launch("pg_basebackup", self.programs.join("pg_basebackup"))
            .args(["--no-password", "--username=admin", "--host=127.0.0.1", "--checkpoint=fast"])
            .args(["--write-recovery-conf", "--no-sync", &format!("--port={port}")])
            .arg(format!("--pgdata={}", data.display()))
            .env(
                "PGPASSWORD",
                fs::read_to_string(self.workspace.folder().join("main.password")).unwrap_or_default(),
            )
            .as_user(USER)
            .run()?;
        Ok(data)
    }

    /// Serves a cluster on a free port, which is returned once queries are answered.
    fn serve(&self, name: &str, data: &Path, extra: &str) -> Result<u16, Failure> {
        let (process, port) = self.launch(name, data, extra)?;
        self.until_ready(&process, port)?;
        Ok(port)
    }

    /// Serves a standby that answers no queries, on a free port, which is returned once connections are accepted.
    fn serve_cold(&self, name: &str, data: &Path) -> Result<u16, Failure> {
        let (process, port) = self.launch(name, data, "hot_standby = off\n")?;
        self.workspace.until_ready(&process, LIMIT, || super::probe::connect(port).map(drop))?;
        Ok(port)
    }

    fn launch(&self, name: &str, data: &Path, extra: &str) -> Result<(Process, u16), Failure> {
        let port = self.workspace.port()?;
        let settings = format!(
            "listen_addresses = '127.0.0.1, ::1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n\
             shared_buffers = 16MB\nmax_connections = 100\nhba_file = '{}'\n{extra}",
            self.workspace.folder().display(),
            self.workspace.write("pg_hba.conf", HBA)?.display(),
        );
        let settings = self.workspace.write(&format!("{name}.conf"), &settings)?;
        let process = self
            .workspace
            .launch(name, self.programs.join("postgres"))
            .arg("-D")
            .arg(data)
            .arg(format!("--config-file={}", settings.display()))
            .as_user(USER)
            .spawn()?;
        Ok((process, port))
    }

    fn until_ready(&self, process: &Process, port: u16) -> Result<(), Failure> {
        self.workspace.until_ready(process, LIMIT, || self.query(port, "SELECT 1;").map(drop))
    }

    /// Runs statements as the owner of everything, through the socket.
    fn query(&self, port: u16, statements: &str) -> Result<String, Failure> {
        self.workspace
            .launch("psql", self.programs.join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--username=admin",
                "--dbname=postgres",
            ])
            .arg(format!("--host={}", self.workspace.folder().display()))
            .arg(format!("--port={port}"))
            .as_user(USER)
            .run_with_input(statements)
    }
}
