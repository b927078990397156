//! HTTP by hand, so that nothing is smoothed over.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Takes one answer from the beginning of what was received.
    #[track_caller]
    pub(crate) fn take(received: &mut Vec<u8>, has_body: bool) -> Self {
        let all = String::from_utf8(received.clone()).expect("text");
        let (head, _) = all.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {all:?}"));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let mut answer = Self { status, head: head.to_owned(), body: String::new() };
        let length: usize = answer.field("Content-Length").expect("a length").parse().expect("a number");
        let length = if has_body { length } else { 0 };
        let start = head.len() + 4;
        assert!(all.len() >= start + length, "cut short: {all:?}");
        answer.body = all[start..start + length].to_owned();
        received.drain(..start + length);
        answer
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    stream
}

/// Sends that, and gives everything that comes until the end of the connection.
pub(crate) fn exchange(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    // It may refuse before it has heard everything.
    let _ = stream.write_all(sent);
    let mut received = Vec::new();
    stream.read_to_end(&mut received).expect("an end");
    received
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path)
}

pub(crate) fn ask(address: SocketAddr, method: &str, path: &str) -> Answer {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut received = exchange(address, request.as_bytes());
    let answer = Answer::take(&mut received, method != "HEAD");
    assert_eq!(received, b"", "more than was announced");
    answer
}
