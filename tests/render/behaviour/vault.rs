//! A stub of Vault's HTTP API: NOT Vault, but one secret of the second version of its key-value engine, and a token.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

/// The one token that it knows.
pub(crate) const TOKEN: &str = "hvs.stub-of-vault-token-1";

/// A running stub; it ends with the process.
pub(crate) struct Vault {
    port: u16,
    password: Arc<Mutex<String>>,
}

impl Vault {
    /// One whose `secret/app` holds this as its `password`.
    pub(crate) fn with(password: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let password = Arc::new(Mutex::new(password.to_owned()));
        let kept = Arc::clone(&password);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // One that breaks off has had enough.
                std::thread::spawn(move || while answer(&stream, &kept).is_some() {});
            }
        });
        Self { port, password }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn password(&self) -> String {
        self.password.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(stream: &TcpStream, password: &Mutex<String>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut token, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-vault-token" => token = value.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let password = password.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (status, body) = if token == TOKEN { of(&path, &password) } else { denied(&token) };
    let body = body.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nserver: stub of vault\r\ncontent-type: application/json");
    let mut stream = stream;
    stream.write_all(format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes()).ok()
}

fn of(path: &str, password: &str) -> (&'static str, Value) {
    let path = path.split('?').next().unwrap_or_default();
    let value = json!({ "data": { "password": password, "user": "somebody" }, "metadata": { "version": 1 } });
    let mount = json!({ "path": "secret/", "type": "kv", "options": { "version": "2" } });
    let token = json!({ "id": TOKEN, "renewable": false, "ttl": 0 });
    match path {
        "/v1/secret/data/app" => ("200 OK", json!({ "data": value })),
        "/v1/auth/token/lookup-self" => ("200 OK", json!({ "data": token })),
        _ if path.starts_with("/v1/sys/internal/ui/mounts/") => ("200 OK", json!({ "data": mount })),
        _ => ("404 Not Found", json!({ "errors": [] })),
    }
}

/// As a careless proxy might, it repeats what it was given.
fn denied(token: &str) -> (&'static str, Value) {
    ("403 Forbidden", json!({ "errors": [format!("permission denied for {token}")] }))
}
