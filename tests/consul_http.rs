//! One request to a Consul agent on this machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// The body of the answer.
///
/// # Errors
/// Nobody answers in time, or the answer is not 200: it is told.
pub(crate) fn request(
    port: u16,
    patience: Duration,
    method: &str,
    path: &str,
    body: &[u8],
) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{method} {path}: {error}");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    stream.set_read_timeout(Some(patience)).map_err(failed)?;
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.0\r\nhost: consul\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let (head, rest) = answer.split_at(end);
    let head = String::from_utf8_lossy(head);
    let body = rest.get(4..).unwrap_or_default().to_vec();
    match head.split(' ').nth(1) {
        Some("200") => Ok(body),
        _ => Err(format!("{method} {path}: {head} {}", String::from_utf8_lossy(&body))),
    }
}
