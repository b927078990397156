//! A metadata service on the loopback that answers what a test tells it to, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Method and path, such as `GET /v4/task`, and its answers in order; the last one stays.
type Script = BTreeMap<String, VecDeque<(StatusCode, String)>>;

#[derive(Clone, Default)]
struct Memory {
    script: Arc<Mutex<Script>>,
    requests: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

pub(crate) struct MetadataServer {
    pub(crate) base: String,
    memory: Memory,
}

impl MetadataServer {
    pub(crate) async fn start() -> Self {
        let memory = Memory::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(memory.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, memory }
    }

    pub(crate) fn then(self, request: &str, status: u16, body: &str) -> Self {
        let answer = (StatusCode::from_u16(status).unwrap(), body.to_owned());
        self.memory.script.lock().unwrap().entry(request.to_owned()).or_default().push_back(answer);
        self
    }

    /// What was asked, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.memory.requests.lock().unwrap().iter().map(|(request, _)| request.clone()).collect()
    }

    pub(crate) fn header(&self, request: &str, name: &str) -> Option<String> {
        let requests = self.memory.requests.lock().unwrap();
        let (_, headers) = requests.iter().find(|(known, _)| known == request)?;
        Some(headers.get(name)?.to_str().unwrap().to_owned())
    }
}

async fn answer(State(memory): State<Memory>, request: Request) -> Response {
    let name = format!("{} {}", request.method(), request.uri());
    memory.requests.lock().unwrap().push((name.clone(), request.headers().clone()));
    let mut script = memory.script.lock().unwrap();
    match script.get_mut(&name) {
        Some(answers) if answers.len() > 1 => answers.pop_front().unwrap().into_response(),
        Some(answers) => answers[0].clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A server that sends these bytes to whoever connects, and then holds the connection open.
pub(crate) async fn say(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&bytes).await;
                // Until the other side goes away.
                while stream.read(&mut request).await.is_ok_and(|count| count > 0) {}
            });
        }
    });
    base
}
