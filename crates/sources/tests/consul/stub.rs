//! A server that answers as it is told, for what a real Consul cannot be made to do. It is no Consul: each test says what
//! comes of each request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use preflight_sources::consul::ConsulSettings;
use preflight_sources::{HttpSettings, RetrySettings, Settings};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) at: Instant,
    /// How many requests of that path came before it.
    pub(crate) before: usize,
}

impl Asked {
    /// The index that it waits for.
    pub(crate) fn index(&self) -> Option<u64> {
        self.parameters.get("index")?.parse().ok()
    }
}

/// What comes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Raw bytes, then the end.
    Raw(&'static [u8]),
    Hang,
}

/// An answer with an index.
pub(crate) fn indexed(index: u64, body: &str) -> Act {
    Act::Answer(200, vec![("X-Consul-Index", index.to_string())], body.to_owned())
}

/// An answer without headers.
pub(crate) fn status(status: u16, body: &str) -> Act {
    Act::Answer(status, Vec::new(), body.to_owned())
}

/// Consul's JSON of some keys.
pub(crate) fn pairs(pairs: &[(&str, &str)]) -> String {
    let one = |(key, value): &(&str, &str)| {
        let value = base64(value.as_bytes());
        format!(
            r#"{{"Key":"{key}","Value":"{value}","Flags":0,"LockIndex":0,"CreateIndex":1,"ModifyIndex":1}}"#
        )
    };
    format!("[{}]", pairs.iter().map(one).collect::<Vec<_>>().join(","))
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::prelude::BASE64_STANDARD.encode(bytes)
}

type Script = dyn Fn(&Asked) -> Act + Send + Sync;

pub(crate) struct Stub {
    pub(crate) address: String,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// Serves on the test's runtime until that ends.
    pub(crate) async fn start(script: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let log: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (script, shared): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&log));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&shared)));
            }
        });
        Self { address, log }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().expect("no test panicked here").clone()
    }

    /// The requests of one path.
    pub(crate) fn asked_for(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    /// Settings that ask it, and are quick enough for a test.
    pub(crate) fn settings(&self) -> Settings {
        let http = HttpSettings {
            address: self.address.clone(),
            answer_timeout: Duration::from_secs(2),
            ..HttpSettings::default()
        };
        let retry = RetrySettings { backoff: Duration::from_millis(50), ..RetrySettings::default() };
        let consul = ConsulSettings { http, retry, ..ConsulSettings::default() };
        Settings { consul: Some(consul), ..Settings::default() }
    }
}

async fn serve(stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Asked>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let target = head.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        });
        let asked = {
            let mut log = log.lock().expect("no test panicked here");
            let before = log.iter().filter(|other| other.path == path).count();
            let asked =
                Asked { path: path.to_owned(), parameters: parameters.collect(), at: Instant::now(), before };
            log.push(asked.clone());
            asked
        };
        match script(&asked) {
            Act::Answer(status, headers, body) => {
                let headers: String =
                    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} So\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Act::Raw(bytes) => {
                let _ = stream.write_all(bytes).await;
                return;
            }
            Act::Hang => std::future::pending().await,
        }
    }
}
