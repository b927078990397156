//! InfluxDB 1: accounts with and without rights, one server over HTTP and one over HTTPS.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// InfluxDB from the system's packages.
pub(super) struct InfluxDb;

const USER: &str = "influxdb";
const LIMIT: Duration = Duration::from_secs(30);

impl Server for InfluxDb {
    fn name(&self) -> &'static str {
        "influxdb"
    }

    fn purpose(&self) -> &'static str {
        "tests of the influxdb checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("influxdb")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (admin_password, password, denied_password) =
            (workspace.password(), workspace.hostile_password(), workspace.password());
        workspace.hand_to(USER)?;
        let port = launch(workspace, "main", "")?;
        query(
            port,
            None,
            &format!("CREATE USER admin WITH PASSWORD '{admin_password}' WITH ALL PRIVILEGES"),
        )?;
        let admin = Some(("admin", admin_password.as_str()));
        query(port, admin, "CREATE DATABASE pickles")?;
        query(port, admin, &format!("CREATE USER pat WITH PASSWORD '{}'", password.replace('\'', "\\'")))?;
        query(port, admin, "GRANT ALL ON pickles TO pat")?;
        query(port, admin, &format!("CREATE USER stranger WITH PASSWORD '{denied_password}'"))?;
        let pair = workspace.certificates().server();
        let tls = format!(
            "  https-enabled = true\n  https-certificate = \"{}\"\n  https-private-key = \"{}\"\n",
            pair.certificate.display(),
            pair.key.display()
        );
        let tls_port = launch(workspace, "tls", &tls)?;
        Ok(json!({
            "host": "127.0.0.1", "port": port, "tls_port": tls_port,
            "ca": workspace.certificates().authority(),
            "admin_username": "admin", "admin_password": admin_password,
            "username": "pat", "password": password, "database": "pickles", "missing_database": "sauerkraut",
            "denied_username": "stranger", "denied_password": denied_password,
        }))
    }
}

fn launch(workspace: &Workspace, name: &str, extra: &str) -> Result<u16, Failure> {
    let (port, backup_port) = (workspace.port()?, workspace.port()?);
    let data = workspace.folder().join(name);
    let data = data.display();
    let config = format!(
        "reporting-disabled = true\nbind-address = \"127.0.0.1:{backup_port}\"\n[meta]\n  dir = \"{data}/meta\"\n\
         [data]\n  dir = \"{data}/data\"\n  wal-dir = \"{data}/wal\"\n[monitor]\n  store-enabled = false\n\
         [http]\n  enabled = true\n  bind-address = \"127.0.0.1:{port}\"\n  auth-enabled = {}\n{extra}",
        // Accounts are made over plain HTTP only.
        extra.is_empty()
    );
    let config = workspace.write(&format!("{name}.conf"), &config)?;
    let process =
        workspace.launch(name, "/usr/bin/influxd").arg("-config").arg(config).as_user(USER).spawn()?;
    let greets =
        || if extra.is_empty() { probe::expect_http(port, "/ping") } else { probe::connect(port).map(drop) };
    workspace.until_ready(&process, LIMIT, greets)?;
    Ok(port)
}

/// Runs one statement of InfluxQL. The first account may be made by anybody.
fn query(port: u16, account: Option<(&str, &str)>, statement: &str) -> Result<(), Failure> {
    let path = match account {
        Some((user, password)) => {
            format!("/query?u={}&p={}", percent_encoded(user), percent_encoded(password))
        }
        None => "/query".to_owned(),
    };
    let body = format!("q={}", percent_encoded(statement));
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    match probe::http(port, "POST", &path, &form, &body)? {
        (200, answer) if !answer.contains("\"error\"") => Ok(()),
        (status, answer) => {
            Err(Failure::Answer { peer: "influxdb".to_owned(), answer: format!("{status} {answer}") })
        }
    }
}

/// All but letters and digits as `%XX`, RFC 3986 section 2.1.
fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::percent_encoded;

    #[test]
    fn everything_but_letters_and_digits_is_encoded() {
        assert_eq!(percent_encoded("a1@:/%+\" ü"), "a1%40%3A%2F%25%2B%22%20%C3%BC");
    }
}
