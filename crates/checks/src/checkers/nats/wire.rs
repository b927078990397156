//! The few lines of the NATS client protocol that a check needs.
//!
//! The protocol is text and its refusals come at any time as `-ERR 'words'`. A client library turns them into events
//! beside a connection that it opens, and reopens, by itself; here the words are wanted, in their order, from the one
//! connection that was reached. Format: <https://docs.nats.io/reference/reference-protocols/nats-protocol>.

use std::io;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::net::bounded::Duplex;

/// No line of a server is longer, in bytes; INFO with the addresses of a large cluster is the longest.
const LONGEST_LINE: usize = 256 * 1024;

/// How many messages and other lines may come before the answer that is waited for.
const MOST_LINES: usize = 1000;

/// What a server says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Info {
    pub(super) version: String,
    pub(super) server_name: String,
    pub(super) cluster: Option<String>,
    pub(super) auth_required: bool,
    pub(super) tls_required: bool,
    pub(super) tls_verify: bool,
    pub(super) tls_available: bool,
    pub(super) jetstream: bool,
    #[serde(rename = "ldm")]
    pub(super) lame_duck: bool,
}

/// Why the server was not understood, or what it refused.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The words of `-ERR`, without quotes.
    Refused(String),
    /// The connection failed; [`io::ErrorKind::InvalidData`] when the server speaks something else.
    Io(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the greeting.
pub(super) async fn read_info(stream: &mut dyn Duplex) -> Result<Info, Trouble> {
    let line = read_line(stream).await?;
    if let Some(words) = refusal(&line) {
        return Err(Trouble::Refused(words));
    }
    let (name, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
    if !name.eq_ignore_ascii_case("INFO") {
        return Err(not_nats(&line).into());
    }
    serde_json::from_str(rest).map_err(|_| not_nats(&line).into())
}

/// Sends commands and a PING, and waits for the PONG, which comes after all that the server has to say of them.
pub(super) async fn ask(stream: &mut dyn Duplex, commands: &str) -> Result<(), Trouble> {
    // A server that refuses us has already closed its side; its words are still there to be read.
    let _ = stream.write_all(format!("{commands}PING\r\n").as_bytes()).await;
    let _ = stream.flush().await;
    for _ in 0..MOST_LINES {
        let line = read_line(stream).await?;
        if let Some(words) = refusal(&line) {
            return Err(Trouble::Refused(words));
        }
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("PONG") => return Ok(()),
            Some("PING") => stream.write_all(b"PONG\r\n").await?,
            Some("INFO" | "+OK") => {}
            // A message on the subject that was just subscribed to: its length is the last word.
            Some("MSG" | "HMSG") => skip(stream, words.last()).await?,
            _ => return Err(not_nats(&line).into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it never answers PING").into())
}

async fn skip(stream: &mut dyn Duplex, length: Option<&str>) -> io::Result<()> {
    let length: u64 = length.and_then(|word| word.parse().ok()).ok_or_else(|| not_nats("MSG"))?;
    let mut left = (&mut *stream).take(length.saturating_add(2));
    tokio::io::copy(&mut left, &mut tokio::io::sink()).await.map(drop)
}

async fn read_line(stream: &mut dyn Duplex) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        // Byte by byte, so that nothing of the TLS handshake that may follow the greeting is swallowed.
        match stream.read_u8().await? {
            b'\n' => break,
            byte => line.push(byte),
        }
        if line.len() > LONGEST_LINE || line.first().is_some_and(|first| !b"IPM+-Hipmh".contains(first)) {
            return Err(not_nats(&String::from_utf8_lossy(&line)));
        }
    }
    let text = String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(text.trim_end_matches('\r').to_owned())
}

fn refusal(line: &str) -> Option<String> {
    let words = line.strip_prefix("-ERR")?.trim();
    Some(words.trim_matches('\'').to_owned())
}

fn not_nats(line: &str) -> io::Error {
    let start: String = line.chars().take(60).collect();
    io::Error::new(io::ErrorKind::InvalidData, format!("it answered {start:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn info_of(bytes: &[u8]) -> Result<Info, Trouble> {
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(bytes).await.unwrap();
        drop(far);
        read_info(&mut near).await
    }

    #[tokio::test]
    async fn a_greeting_is_read() {
        let info =
            info_of(b"INFO {\"version\":\"2.9.10\",\"tls_required\":true,\"new\":1} \r\n").await.unwrap();
        assert_eq!(info.version, "2.9.10");
        assert!(info.tls_required && !info.jetstream);
    }

    #[tokio::test]
    async fn a_refusal_gives_its_words() {
        let trouble = info_of(b"-ERR 'maximum connections exceeded'\r\n").await.unwrap_err();
        assert!(matches!(trouble, Trouble::Refused(words) if words == "maximum connections exceeded"));
    }

    #[tokio::test]
    async fn another_protocol_is_told_by_its_first_bytes() {
        for bytes in
            [&b"220 mail ESMTP\r\n"[..], b"HTTP/1.1 400 Bad Request\r\n", b"INFO nothing\r\n", b"\x00"]
        {
            let Err(Trouble::Io(error)) = info_of(bytes).await else { panic!("{bytes:?}") };
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
    }
}
