//! A server that takes envelopes as Sentry does, and a client; for tests.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Dsn, Request, Response, Sending, Transport, Unreachable};

/// What the server does with a request; with those beyond its list: [`Manner::Take`].
#[derive(Debug, Clone)]
pub(super) enum Manner {
    Take,
    /// A status and a header.
    Answer(u16, &'static str),
    /// Takes the connection and says nothing for ten seconds.
    Hang,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) line: String,
    pub(super) headers: Vec<String>,
    pub(super) body: Vec<u8>,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(super) fn start(manners: &[Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, manners)
    }

    pub(super) fn on(listener: TcpListener, manners: &[Manner]) -> Self {
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut manners: VecDeque<Manner> = manners.iter().cloned().collect();
        let seen = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let manner = manners.pop_front().unwrap_or(Manner::Take);
                let seen = Arc::clone(&seen);
                thread::spawn(move || serve(&stream.unwrap(), &manner, &seen));
            }
        });
        Self { address, received }
    }

    pub(super) fn dsn(&self) -> Dsn {
        dsn(self.address)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The events of the first requests, when there are so many.
    pub(super) fn events(&self, count: usize) -> Vec<Value> {
        for _ in 0..1000 {
            if self.received.lock().unwrap().len() >= count {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.received().iter().map(Received::event).collect()
    }
}

pub(super) fn dsn(address: SocketAddr) -> Dsn {
    format!("http://public@{address}/7").parse().unwrap()
}

/// For a spool: nobody else may look into it.
pub(super) fn private_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let ours = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(ours).tempdir().unwrap()
}

impl Received {
    /// The event in the envelope, read by the rules of the format alone.
    pub(super) fn event(&self) -> Value {
        let mut parts = self.body.splitn(3, |byte| *byte == b'\n');
        let head: Value = serde_json::from_slice(parts.next().unwrap()).unwrap();
        let item: Value = serde_json::from_slice(parts.next().unwrap()).unwrap();
        let rest = parts.next().unwrap();
        assert_eq!(item["type"], "event");
        let (event, end) = rest.split_at(usize::try_from(item["length"].as_u64().unwrap()).unwrap());
        assert_eq!(end, b"\n");
        let event: Value = serde_json::from_slice(event).unwrap();
        assert_eq!(event["event_id"], head["event_id"]);
        assert!(head["sent_at"].as_str().unwrap().ends_with('Z'));
        event
    }
}

fn serve(mut stream: &TcpStream, manner: &Manner, received: &Mutex<Vec<Received>>) {
    let request = read(stream);
    received.lock().unwrap().push(request);
    let answer = match manner {
        Manner::Take => "HTTP/1.1 200 OK\r\n".to_owned(),
        Manner::Answer(status, header) => format!("HTTP/1.1 {status} Some\r\n{header}\r\n"),
        Manner::Hang => return thread::sleep(Duration::from_secs(10)),
    };
    stream.write_all(format!("{}\r\nContent-Length: 2\r\n\r\n{{}}", answer.trim_end()).as_bytes()).unwrap();
}

fn read(stream: &TcpStream) -> Received {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Received { line: lines.remove(0), headers: lines, body }
}

/// A client that knows no more than it must.
pub(super) struct Client;

impl Transport for Client {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(
            async move { post(&request).await.map_err(|error| Unreachable { reason: error.to_string() }) },
        )
    }
}

async fn post(request: &Request) -> std::io::Result<Response> {
    let (host, path) = request.url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await?;
    let headers: String =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n{headers}\r\n",
        request.body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&request.body).await?;
    let mut answer = String::new();
    while !answer.contains("\r\n\r\n") {
        let mut buffer = [0; 1000];
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    let mut lines = answer.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(Response { status, headers: headers.map(|(name, value)| (name.into(), value.into())).collect() })
}
