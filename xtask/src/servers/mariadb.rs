//! MariaDB: one server with TLS and users of every kind, one that is read-only, one without TLS, one whose connections
//! are all in use.

use super::{Need, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// MariaDB from the system's packages.
pub(super) struct MariaDb;

const USER: &str = "mysql";
const LIMIT: Duration = Duration::from_secs(60);

impl Server for MariaDb {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn purpose(&self) -> &'static str {
        "tests of the mysql checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("mariadb-server")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let accounts = Accounts::make_up(workspace);
        let pair = workspace.certificates().server();
        workspace.copy_private(&pair.key, "server-key.pem")?;
        workspace.hand_to(USER)?;
        let tls = format!(
            "ssl-cert={}\nssl-key={}/server-key.pem\nssl-ca={}\n",
            pair.certificate.display(),
            workspace.folder().display(),
            workspace.certificates().authority().display(),
        );
        let main = serve(workspace, "main", &tls)?;
        query(workspace, "main", &accounts.statements())?;
        let reading = serve(workspace, "reading", "")?;
        query(workspace, "reading", &accounts.statements())?;
        // Later than the users, which could not have been made otherwise.
        query(workspace, "reading", "SET GLOBAL read_only = 1;\n")?;
        let full = serve(workspace, "full", "max_connections=10\n")?;
        query(workspace, "full", &accounts.statements())?;
        let busy = serve(workspace, "busy", "max_connections=10\n")?;
        query(workspace, "busy", &accounts.statements())?;
        for number in 0..10 {
            hold(workspace, &format!("busy-{number}"), &["--user=pat"], ("busy", &accounts.user_password))?;
        }
        hold(workspace, "limited", &["--user=limited"], ("main", &accounts.limited_password))?;
        Ok(accounts.facts(workspace, [main, reading, full, busy]))
    }
}

/// The passwords of all accounts.
struct Accounts {
    user_password: String,
    none_password: String,
    tls_password: String,
    limited_password: String,
    locked_password: String,
    plain_words: String,
}

impl Accounts {
    fn make_up(workspace: &Workspace) -> Self {
        Self {
            user_password: workspace.hostile_password(),
            none_password: workspace.password(),
            tls_password: workspace.hostile_password(),
            limited_password: workspace.password(),
            locked_password: workspace.password(),
            plain_words: workspace.password(),
        }
    }

    fn statements(&self) -> String {
        let user = |name: &str, password: &str, extra: &str| {
            let password = password.replace('\'', "''");
            format!("CREATE USER {name}@'%' IDENTIFIED BY '{password}' {extra};\n")
        };
        [
            // An anonymous local user would be preferred to all of these.
            "DROP USER IF EXISTS ''@localhost;\nCREATE DATABASE pickles;\nCREATE DATABASE private;\n"
                .to_owned(),
            "CREATE TABLE pickles.jars (id int PRIMARY KEY);\n".to_owned(),
            user("pat", &self.user_password, ""),
            // Rights on a database that is not there: otherwise the answer would be "denied" and not "unknown".
            "GRANT ALL ON sauerkraut.* TO pat@'%';\n".to_owned(),
            user("nobody_here", &self.none_password, ""),
            user("tls_only", &self.tls_password, "REQUIRE SSL"),
            user("limited", &self.limited_password, "WITH MAX_USER_CONNECTIONS 1"),
            user("locked", &self.locked_password, "ACCOUNT LOCK"),
            user("expired", &self.locked_password, "PASSWORD EXPIRE"),
            user("plain_words", &self.plain_words, ""),
            user("keeper", &self.plain_words, ""),
            "GRANT ALL ON *.* TO keeper@'%';\n".to_owned(),
            ["plain_words", "expired", "pat", "tls_only", "limited", "locked"]
                .map(|name| format!("GRANT ALL ON pickles.* TO {name}@'%';\n"))
                .concat(),
        ]
        .concat()
    }

    fn facts(&self, workspace: &Workspace, [port, read_only_port, plain_port, busy_port]: [u16; 4]) -> Value {
        json!({
            "host": "127.0.0.1", "port": port, "ca": workspace.certificates().authority(),
            "username": "pat", "password": self.user_password, "database": "pickles", "table": "jars",
            "missing_database": "sauerkraut", "private_database": "private",
            "denied_username": "nobody_here", "denied_password": self.none_password,
            "tls_only_username": "tls_only", "tls_only_password": self.tls_password,
            "limited_username": "limited", "limited_password": self.limited_password,
            "locked_username": "locked", "locked_password": self.locked_password,
            "expired_username": "expired", "expired_password": self.locked_password,
            "words_username": "plain_words", "words_password": self.plain_words,
            "admin_username": "keeper", "admin_password": self.plain_words,
            "read_only_port": read_only_port, "plain_port": plain_port,
            "max_connections_port": plain_port, "max_connections": 10, "busy_port": busy_port,
        })
    }
}

/// Makes an empty server and serves it on a free port, which is returned once queries are answered.
fn serve(workspace: &Workspace, name: &str, extra: &str) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let data = workspace.folder().join(name);
    let settings = format!(
        "[mariadbd]\ndatadir={data}\nsocket={socket}\npid-file={data}/{name}.pid\nport={port}\n\
         bind-address=127.0.0.1,::1\nskip-name-resolve\ninnodb-buffer-pool-size=16M\ninnodb-log-file-size=8M\n\
         innodb-flush-log-at-trx-commit=0\nperformance-schema=off\nskip-log-bin\n{extra}",
        data = data.display(),
        socket = socket(workspace, name),
    );
    let settings = workspace.write(&format!("{name}.cnf"), &settings)?;
    create(workspace, &data, &settings)?;
    let process = workspace
        .launch(name, "/usr/sbin/mariadbd")
        .arg(format!("--defaults-file={}", settings.display()))
        .as_user(USER)
        .spawn()?;
    workspace.until_ready(&process, LIMIT, || query(workspace, name, "SELECT 1;").map(drop))?;
    Ok(port)
}

fn create(workspace: &Workspace, data: &Path, settings: &Path) -> Result<(), Failure> {
    workspace
        .launch("install", "/usr/bin/mariadb-install-db")
        .arg(format!("--defaults-file={}", settings.display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", data.display()))
        .as_user(USER)
        .run()
        .map(drop)
}

fn socket(workspace: &Workspace, name: &str) -> String {
    workspace.folder().join(format!("{name}.sock")).display().to_string()
}

/// Keeps a connection of a user open for as long as the servers run.
fn hold(
    workspace: &Workspace,
    name: &str,
    arguments: &[&str],
    (server, password): (&str, &str),
) -> Result<(), Failure> {
    let connected = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%{name} %' AND state = 'User sleep';"
    );
    // The server still counts the last connection of `query` for a moment, so the last place may have to be tried for.
    let process = workspace
        .launch(name, "/bin/sh")
        .args(["-c", "until \"$@\"; do sleep 0.1; done", "sh", "/usr/bin/mariadb"])
        .args(["--no-defaults", &format!("--socket={}", socket(workspace, server))])
        .args(arguments)
        .arg(format!("--execute=SELECT SLEEP(1000000), '{name} '"))
        .env("MYSQL_PWD", password)
        .as_user(USER)
        .spawn()?;
    workspace.until_ready(&process, LIMIT, || match query(workspace, server, &connected) {
        Ok(answer) if answer.contains('0') => {
            Err(Failure::Answer { peer: name.to_owned(), answer: "not connected yet".to_owned() })
        }
        Ok(_) => Ok(()),
        Err(failure) => Err(failure),
    })
}

/// Runs statements as root, who has no password on the socket of these servers.
fn query(workspace: &Workspace, name: &str, statements: &str) -> Result<String, Failure> {
    workspace
        .launch("client", "/usr/bin/mariadb")
        .args(["--no-defaults", "--user=root", &format!("--socket={}", socket(workspace, name))])
        .as_user(USER)
        .run_with_input(statements)
}
