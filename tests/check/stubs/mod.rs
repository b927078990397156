//! Servers that a test starts itself: canned HTTP, hostile peers, and protocol stubs for servers that cannot be had.

mod cassandra;
mod http;
mod ldap;
mod memcached;
mod mongodb;
mod mqtt;
mod mssql;
mod mysql;
mod nats;
mod peers;
mod redis;
mod smtp;

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::scenario::Stub;

/// What a stub does with one connection.
pub(crate) type Serve = fn(TcpStream);

/// The stubs that are written in Rust, by the name that scenarios call them.
const NAMED: &[(&str, Serve)] = &[
    ("mqtt_refuses_version", mqtt::mqtt_refuses_version),
    ("mqtt_refuses_client_id", mqtt::mqtt_refuses_client_id),
    ("mqtt_not_available", mqtt::mqtt_not_available),
    ("cassandra_bootstrapping", cassandra::cassandra_bootstrapping),
    ("cassandra_overloaded", cassandra::cassandra_overloaded),
    ("cassandra_unavailable", cassandra::cassandra_unavailable),
    ("cassandra_challenges", cassandra::cassandra_challenges),
    ("mssql_good", mssql::mssql_good),
    ("mssql_read_only", mssql::mssql_read_only),
    ("mssql_login_failed", mssql::mssql_login_failed),
    ("mssql_no_database", mssql::mssql_no_database),
    ("mssql_firewall", mssql::mssql_firewall),
    ("mssql_unavailable", mssql::mssql_unavailable),
    ("mysql_host_blocked", mysql::mysql_host_blocked),
    ("mysql_host_denied", mysql::mysql_host_denied),
    ("mysql_secure_transport", mysql::mysql_secure_transport),
    ("nats_full", nats::nats_full),
    ("smtp_refuses", smtp::smtp_refuses),
    ("smtp_without_certificate", smtp::smtp_without_certificate),
    ("ldap_password_expired", ldap::ldap_password_expired),
    ("ldap_account_disabled", ldap::ldap_account_disabled),
    ("ldap_account_locked", ldap::ldap_account_locked),
    ("ldap_busy", ldap::ldap_busy),
    ("ldap_refers", ldap::ldap_refers),
    ("ldap_not_permitted", ldap::ldap_not_permitted),
    ("ldap_without_starttls", ldap::ldap_without_starttls),
    ("memcached_full", memcached::memcached_full),
    ("mongodb_secondary", mongodb::mongodb_secondary),
    ("mongodb_shutting_down", mongodb::mongodb_shutting_down),
    ("redis_protected_mode", redis::redis_protected_mode),
    ("redis_loading", redis::redis_loading),
    ("redis_primary_down", redis::redis_primary_down),
    ("redis_moved", redis::redis_moved),
    ("redis_sentinel", redis::redis_sentinel),
];

/// A stub that listens; its thread ends with the process.
pub(crate) struct Running {
    port: u16,
}

impl Running {
    pub(crate) fn facts(&self) -> Value {
        json!({ "host": "127.0.0.1", "port": self.port })
    }
}

/// Starts a stub on a free port.
///
/// # Errors
/// When its name is unknown or there is no port.
pub(crate) fn start(kind: &str, stub: &Stub) -> Result<Running, String> {
    let serve: Box<dyn Fn(TcpStream) + Send + Sync> = match stub {
        Stub::Http(answers) => {
            let answers = answers.clone();
            Box::new(move |stream| http::answer(stream, &answers))
        }
        Stub::Peer(name) => Box::new(peers::named(name).ok_or_else(|| format!("{name} is no hostile peer"))?),
        Stub::Named(name) => {
            let found = NAMED.iter().find(|(known, _)| known == name);
            Box::new(found.ok_or_else(|| format!("{kind} has no stub {name}"))?.1)
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let serve = std::sync::Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    Ok(Running { port })
}
