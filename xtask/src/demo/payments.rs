//! A very small HTTP server that plays the payments service.

use crate::failure::Failure;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest request head that is read, in bytes.
const LONGEST_HEAD: u64 = 16 * 1024;

/// Where the payments service is, or will be: another port and another path in each run.
#[derive(Debug, Clone)]
pub(super) struct Payments {
    port: u16,
    path: String,
}

impl Payments {
    /// A place where nobody listens yet.
    ///
    /// # Errors
    /// When there is no free port.
    pub(super) fn somewhere() -> Result<Self, Failure> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Failure::io("bind", "127.0.0.1"))?;
        let port = listener.local_addr().map_err(Failure::io("find the port of", "127.0.0.1"))?.port();
        let word: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
        Ok(Self { port, path: format!("/payments-{word}") })
    }

    /// Its URL.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Opens it, for as long as the demo runs.
    ///
    /// # Errors
    /// When somebody else took the port.
    pub(super) fn open(&self) -> Result<(), Failure> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(Failure::io("bind", self.url()))?;
        let path = self.path.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let path = path.clone();
                // A client that goes away, or sends nothing, is its own affair.
                std::thread::spawn(move || drop(answer(&stream, &path)));
            }
        });
        Ok(())
    }
}

fn answer(mut stream: &TcpStream, path: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(std::io::Read::take(stream, LONGEST_HEAD)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // All of the head is read, for closing with unread bytes would reset the connection under the answer.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = response(&request, path);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn response(request: &str, path: &str) -> (&'static str, &'static str) {
    let asked = request.split(' ').nth(1).unwrap_or_default();
    match asked.strip_prefix(path) {
        Some("" | "/" | "/health") => ("200 OK", r#"{"name":"payments","status":"ok"}"#),
        _ => ("404 Not Found", r#"{"error":"there is nothing here"}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_below_its_path_only() {
        assert_eq!(response("GET /payments-x/health HTTP/1.1", "/payments-x").0, "200 OK");
        assert_eq!(response("GET /health HTTP/1.1", "/payments-x").0, "404 Not Found");
        assert_eq!(response("", "/payments-x").0, "404 Not Found");
    }

    #[test]
    fn it_is_reached_once_it_is_open() {
        let payments = Payments::somewhere().unwrap();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, payments.port)).is_err());
        payments.open().unwrap();
        let url = format!("{}/health", payments.url());
        let answer = super::super::play::fetch(&url).unwrap();
        assert!(answer.contains("200 OK") && answer.ends_with("\"ok\"}"), "{answer}");
    }
}
