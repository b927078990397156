//! The first packet of a MySQL server, which speaks before its client: the greeting, or an error.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::answer::Refusal;
use crate::net::bounded::quoted;

/// The bit of the server's capabilities that says that it takes TLS; MySQL internals manual, "Capabilities Flags".
const CLIENT_SSL: u16 = 0x0800;

/// A greeting has some hundred bytes; an error's text at most 512.
const LONGEST: usize = 4096;

/// What MariaDB puts before its version for the sake of old replicas.
const VERSION_PREFIX: &str = "5.5.5-";

/// The first packet.
#[derive(Debug)]
pub(super) enum First {
    /// The server greets.
    Greeting(Greeting),
    /// The server turns us away.
    Refusal(Refusal),
}

/// A greeting: "Protocol::HandshakeV10" of the manual.
#[derive(Debug)]
pub(super) struct Greeting {
    /// The whole packet with its header, for the driver.
    pub(super) packet: Vec<u8>,
    /// The server's version in its own words.
    pub(super) version: String,
    /// Whether the server takes TLS.
    pub(super) offers_tls: bool,
}

/// Reads the first packet.
///
/// # Errors
/// When the connection breaks; `InvalidData` when it is not MySQL's.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<First> {
    let packet = packet(stream, 0).await?;
    let payload = &packet[4..];
    match payload.first() {
        Some(0xff) => Ok(First::Refusal(refusal(payload))),
        _ => greeting(&packet).map(First::Greeting).ok_or_else(|| strange(&packet)),
    }
}

/// Reads one packet with its header; it must carry that sequence number.
///
/// # Errors
/// As [`read`].
pub(super) async fn packet(stream: &mut (impl AsyncRead + Unpin), sequence: u8) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    stream.read_exact(&mut packet).await?;
    let length = usize::from(packet[0]) | usize::from(packet[1]) << 8 | usize::from(packet[2]) << 16;
    if packet[3] != sequence || length == 0 || length > LONGEST {
        return Err(strange(&packet));
    }
    packet.resize(4 + length, 0);
    stream.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

fn strange(received: &[u8]) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it began with {}", quoted(received)))
}

/// An error before the login has no SQLSTATE, or one after a `#`.
fn refusal(payload: &[u8]) -> Refusal {
    let number = payload.get(1..3).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let words = payload.get(3..).unwrap_or_default();
    let words = if words.first() == Some(&b'#') { words.get(6..).unwrap_or_default() } else { words };
    Refusal { number, message: String::from_utf8_lossy(words).into_owned() }
}

fn greeting(packet: &[u8]) -> Option<Greeting> {
    let payload = packet.get(4..)?;
    let rest = payload.strip_prefix(&[10])?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let version = String::from_utf8_lossy(&rest[..end]).into_owned();
    // After the version's end: thread (4), first part of the scramble (8), a zero.
    let capabilities = rest.get(end + 14..end + 16)?;
    let capabilities = u16::from_le_bytes([capabilities[0], capabilities[1]]);
    Some(Greeting {
        packet: packet.to_vec(),
        version: version.strip_prefix(VERSION_PREFIX).unwrap_or(&version).to_owned(),
        offers_tls: capabilities & CLIENT_SSL != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("it is short").to_le_bytes();
        [&length[..3], &[0], payload].concat()
    }

    #[tokio::test]
    async fn a_greeting_is_read() {
        let mut payload = b"\x0a5.5.5-10.11.6-MariaDB\0".to_vec();
        payload.extend([1, 0, 0, 0]);
        payload.extend(b"scramble\0");
        payload.extend([0x00, 0x08, 33]);
        let packet = packed(&payload);
        let First::Greeting(greeting) = read(&mut packet.as_slice()).await.expect("it is one") else {
            panic!("it is no refusal")
        };
        assert_eq!(greeting.version, "10.11.6-MariaDB");
        assert!(greeting.offers_tls);
        assert_eq!(greeting.packet, packet);
    }

    #[tokio::test]
    async fn a_refusal_is_read_with_and_without_a_state() {
        for text in [&b"\xff\x10\x04Too many connections"[..], &b"\xff\x10\x04#08004Too many connections"[..]]
        {
            let First::Refusal(refusal) = read(&mut packed(text).as_slice()).await.expect("it is one") else {
                panic!("it is no greeting")
            };
            assert_eq!((refusal.number, refusal.message.as_str()), (1040, "Too many connections"));
        }
    }

    #[tokio::test]
    async fn other_protocols_are_told_from_it() {
        for other in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"220 mail ESMTP\r\n"]
        {
            let error = read(&mut &other[..]).await.expect_err("it is not MySQL");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        }
        let error = read(&mut packed(b"\x0a").as_slice()).await.expect_err("it is cut off");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }
}
