//! The binary protocol: a header of 24 bytes, then extras, key and value.

use std::fmt;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::MOST_READ;
use crate::net::bounded::{Bounded, Duplex};

/// Status of an answer: well.
pub(super) const SUCCESS: u16 = 0x0000;
/// Status of an answer: no such key.
pub(super) const NOT_FOUND: u16 = 0x0001;
/// Status of an answer: no login, or a refused one.
pub(super) const AUTHENTICATION: u16 = 0x0020;
/// Status of an answer: the server knows no such command.
pub(super) const UNKNOWN_COMMAND: u16 = 0x0081;

const REQUEST: u8 = 0x80;
const RESPONSE: &[u8] = &[0x81];
const GET: u8 = 0x00;
const VERSION: u8 = 0x0b;
const SASL_AUTH: u8 = 0x21;
const HEADER: usize = 24;

/// A status with what the server said to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn words(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (status {:#06x})", self.words(), self.status)
    }
}

/// A conversation in binary.
pub(super) struct Session {
    stream: Bounded,
}

impl Session {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream: Bounded::new(stream, RESPONSE, MOST_READ) }
    }

    /// SASL PLAIN: nobody else's rights, the user, the password, with zero bytes between; RFC 4616.
    pub(super) async fn log_in(&mut self, username: &str, password: &str) -> io::Result<Answer> {
        let value = format!("\0{username}\0{password}");
        self.ask(SASL_AUTH, "PLAIN", value.as_bytes()).await
    }

    pub(super) async fn version(&mut self) -> io::Result<Answer> {
        self.ask(VERSION, "", &[]).await
    }

    pub(super) async fn get(&mut self, key: &str) -> io::Result<Answer> {
        self.ask(GET, key, &[]).await
    }

    async fn ask(&mut self, command: u8, key: &str, value: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(&request(command, key, value)?).await?;
        self.stream.flush().await?;
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).await?;
        let status = u16::from_be_bytes([header[6], header[7]]);
        let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        if length > MOST_READ {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer has no end"));
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Answer { status, body })
    }
}

fn request(command: u8, key: &str, value: &[u8]) -> io::Result<Vec<u8>> {
    let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "the login is too long for the protocol");
    let key_length = u16::try_from(key.len()).map_err(too_long)?;
    let total = u32::try_from(key.len() + value.len()).map_err(too_long)?;
    let mut bytes = vec![REQUEST, command];
    bytes.extend(key_length.to_be_bytes());
    // No extras, raw bytes, virtual bucket 0.
    bytes.extend([0; 4]);
    bytes.extend(total.to_be_bytes());
    // Neither a number of ours nor a condition.
    bytes.extend([0; 12]);
    bytes.extend(key.as_bytes());
    bytes.extend(value);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_lengths_where_they_belong() {
        let bytes = request(SASL_AUTH, "PLAIN", b"\0pat\0secret").expect("it is short");
        assert_eq!(bytes.len(), HEADER + 5 + 11);
        assert_eq!(bytes[..4], [0x80, 0x21, 0, 5]);
        assert_eq!(bytes[8..12], [0, 0, 0, 16]);
        assert_eq!(&bytes[HEADER..], b"PLAIN\0pat\0secret");
    }
}
