//! The client against small servers: connections, sockets, proxies, bounds.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::time::{Instant, sleep};

use super::*;
use crate::{BasicAuth, ProxySettings};

/// Everything that was asked, connection by connection.
type Log = Arc<Mutex<Vec<Vec<String>>>>;

/// Answers each request on a connection with its own first line, after a while; `most` of them, then it closes.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, log: Log, pause: Duration, most: usize) {
    let number = {
        let mut log = log.lock().expect("no test panicked here");
        log.push(Vec::new());
        log.len() - 1
    };
    for _ in 0..most {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).expect("text");
        let line = head.lines().next().expect("a line").to_owned();
        log.lock().expect("no test panicked here")[number].push(head);
        sleep(pause).await;
        let answer = if line.starts_with("CONNECT") {
            "HTTP/1.1 200 Connection established\r\n\r\n".to_owned()
        } else {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{line}", line.len())
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn server(pause: Duration, most: usize) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let log = Log::default();
    let shared = Arc::clone(&log);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared), pause, most));
        }
    });
    (address, log)
}

fn client(settings: &HttpSettings) -> Client {
    Client::new(Backend::Consul, settings, 4).expect("settings that can be used")
}

fn settings(address: &str) -> HttpSettings {
    HttpSettings { address: address.to_owned(), ..HttpSettings::default() }
}

async fn body(client: &Client, path: &str) -> String {
    let response = client.send(&Request::get(path)).await.expect("an answer");
    String::from_utf8(response.body.to_vec()).expect("text")
}

fn connections(log: &Log) -> Vec<usize> {
    log.lock().expect("no test panicked here").iter().map(Vec::len).collect()
}

#[tokio::test]
async fn one_after_the_other_goes_over_one_connection() {
    let (address, log) = server(Duration::ZERO, 100).await;
    let client = client(&settings(&address));
    for number in 0..5 {
        assert_eq!(body(&client, &format!("/{number}?a=b")).await, format!("GET /{number}?a=b HTTP/1.1"));
    }
    assert_eq!((connections(&log), client.open_connections()), (vec![5], 1));
}

#[tokio::test]
async fn many_at_once_wait_for_the_few_connections() {
    let (address, log) = server(Duration::from_millis(20), 100).await;
    let client = client(&HttpSettings { max_connections: 3, ..settings(&address) });
    let began = Instant::now();
    let asked = (0..12).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { body(&client, "/").await })
    });
    for task in asked.collect::<Vec<_>>() {
        task.await.expect("an answer");
    }
    assert_eq!(connections(&log).len(), 3);
    assert!(began.elapsed() >= Duration::from_millis(80), "twelve by three take four turns");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_without_a_word() {
    let (address, log) = server(Duration::ZERO, 1).await;
    let client = client(&settings(&address));
    for _ in 0..3 {
        body(&client, "/").await;
        // The end may arrive before the next request or in the middle of it; either will do.
        tokio::task::yield_now().await;
    }
    assert_eq!(connections(&log), [1, 1, 1]);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let (address, _log) = server(Duration::ZERO, 100).await;
    let client = client(&HttpSettings { idle_timeout: Duration::from_millis(30), ..settings(&address) });
    body(&client, "/").await;
    assert_eq!(client.open_connections(), 1);
    sleep(Duration::from_millis(120)).await;
    assert_eq!(client.open_connections(), 0);
    let closing = super::tests::client(&HttpSettings { disable_keep_alives: true, ..settings(&address) });
    body(&closing, "/").await;
    assert_eq!(closing.open_connections(), 0);
}

#[tokio::test]
async fn a_request_that_is_given_up_closes_its_connection() {
    let (address, _log) = server(Duration::from_secs(60), 100).await;
    let client = client(&settings(&address));
    let asked = {
        let client = client.clone();
        tokio::spawn(async move { client.send(&Request::get("/")).await })
    };
    sleep(Duration::from_millis(50)).await;
    assert_eq!(client.open_connections(), 1);
    asked.abort();
    assert!(asked.await.is_err());
    assert_eq!(client.open_connections(), 0);
}

#[tokio::test]
async fn a_socket_is_as_good_as_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("consul.sock");
    let missing = client(&settings(&format!("unix://{}", path.display())));
    let error = missing.send(&Request::get("/")).await.expect_err("there is nothing yet");
    assert_eq!(error.cause, Cause::NoSocket, "{error}");
    let listener = UnixListener::bind(&path).expect("a socket");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Log::default(), Duration::ZERO, 100));
        }
    });
    assert_eq!(body(&missing, "/v1/x").await, "GET /v1/x HTTP/1.1");
}

#[tokio::test]
async fn a_proxy_is_told_the_whole_address_and_its_password() {
    let (address, log) = server(Duration::ZERO, 100).await;
    let proxy = ProxySettings { http: format!("http://pat:pass@{address}"), ..ProxySettings::default() };
    let auth = Some(BasicAuth { username: "consul".to_owned(), password: "word".to_owned() });
    let client = client(&HttpSettings { proxy, auth, ..settings("consul.internal:8500") });
    assert_eq!(body(&client, "/v1/x").await, "GET http://consul.internal:8500/v1/x HTTP/1.1");
    let head = log.lock().expect("no test panicked here")[0][0].to_ascii_lowercase();
    assert!(head.contains("proxy-authorization: basic cgf0onbhc3m="), "{head}");
    assert!(
        head.contains("authorization: basic y29uc3vsondvcmq=") && head.contains("host: consul.internal:8500")
    );
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let (address, log) = server(Duration::ZERO, 1).await;
    let proxy = ProxySettings { https: address, ..ProxySettings::default() };
    let client = client(&HttpSettings { proxy, ..settings("https://consul.internal:8501") });
    let error = client.send(&Request::get("/")).await.expect_err("nobody speaks TLS behind it");
    assert_eq!(error.cause, Cause::TlsFailed, "{error}");
    let head = log.lock().expect("no test panicked here")[0][0].clone();
    assert!(head.starts_with("CONNECT consul.internal:8501 HTTP/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn an_answer_beyond_its_bound_is_refused() {
    let (address, _log) = server(Duration::ZERO, 100).await;
    let client = client(&settings(&address));
    let error = client.send(&Request::get("/").longest_body(5)).await.expect_err("it is longer");
    assert_eq!(error.cause, Cause::TooLarge, "{error}");
    assert_eq!(client.open_connections(), 0, "what is left of it is not waited for");
}

#[tokio::test]
async fn nobody_there_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let error = client(&settings(&address)).send(&Request::get("/")).await.expect_err("nobody is there");
    assert_eq!(
        (error.cause, error.to_string()),
        (Cause::Refused, format!("{address} refused the connection"))
    );
}
