//! The text protocol: a line asked, a line answered.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::MOST_READ;
use crate::net::Reached;
use crate::net::bounded::{Bounded, Duplex};

/// What an answer begins with: VERSION, VALUE, CLIENT_ERROR, ERROR, END, STORED, SERVER_ERROR.
const FIRST: &[u8] = b"VCES";

/// The longest line of an answer, in bytes.
const LONGEST_LINE: u64 = 2048;

/// How long to listen for a refusal.
const LISTEN: Duration = Duration::from_millis(300);

/// One line of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Version(String),
    Value,
    End,
    Stored,
    Unauthenticated(String),
    /// An error, whole.
    Error(String),
    /// Something that no Memcached says.
    Other(String),
}

impl Line {
    fn read(line: &str) -> Self {
        let line = line.trim_end();
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match first {
            "VERSION" => Self::Version(rest.to_owned()),
            "VALUE" => Self::Value,
            "END" => Self::End,
            "STORED" => Self::Stored,
            "CLIENT_ERROR" if rest.starts_with("unauthenticated") => Self::Unauthenticated(line.to_owned()),
            "ERROR" | "CLIENT_ERROR" | "SERVER_ERROR" => Self::Error(line.to_owned()),
            _ => Self::Other(line.to_owned()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Version(text) | Self::Unauthenticated(text) | Self::Error(text) | Self::Other(text) => text,
            Self::Value => "VALUE",
            Self::End => "END",
            Self::Stored => "STORED",
        })
    }
}

/// A conversation in text.
pub(super) struct Session {
    stream: BufReader<Bounded>,
}

impl Session {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream: BufReader::new(Bounded::new(stream, FIRST, MOST_READ)) }
    }

    /// Sends a command and reads the first line of the answer.
    pub(super) async fn ask(&mut self, command: &str) -> io::Result<Line> {
        self.stream.write_all(command.as_bytes()).await?;
        self.stream.flush().await?;
        let mut line = Vec::new();
        (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        match line.last() {
            Some(b'\n') => Ok(Line::read(&String::from_utf8_lossy(&line))),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
            Some(_) if line.len() as u64 == LONGEST_LINE => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "its line has no end"))
            }
            Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The login of the text protocol is a set with any key; see "Authentication" in `doc/protocol.txt`.
    pub(super) async fn log_in(&mut self, username: &str, password: &str) -> io::Result<Line> {
        let length = username.len() + 1 + password.len();
        self.ask(&format!("set preflight 0 0 {length}\r\n{username} {password}\r\n")).await
    }
}

/// What a server says to a client that it turns away at once: an error line before anything was asked.
pub(super) async fn refusal(reached: &Reached) -> Option<String> {
    let listen = async {
        let stream = TcpStream::connect(reached.address).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream.take(LONGEST_LINE)).read_line(&mut line).await.ok()?;
        match Line::read(&line) {
            Line::Error(words) => Some(words),
            _ => None,
        }
    };
    tokio::time::timeout(LISTEN, listen).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(Line::read("VERSION 1.6.18\r\n"), Line::Version("1.6.18".to_owned()));
        assert_eq!(Line::read("VALUE preflight 0 3\r\n"), Line::Value);
        assert_eq!(Line::read("END\r\n"), Line::End);
        assert!(matches!(Line::read("CLIENT_ERROR unauthenticated\r\n"), Line::Unauthenticated(_)));
        assert!(matches!(Line::read("CLIENT_ERROR bad data chunk\r\n"), Line::Error(_)));
        assert!(matches!(Line::read("ERROR Too many open connections\r\n"), Line::Error(_)));
        assert!(matches!(Line::read("SSH-2.0-OpenSSH_9.2\r\n"), Line::Other(_)));
    }
}
