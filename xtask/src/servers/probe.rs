//! Small clients that find out whether a server really answers.

use crate::failure::Failure;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long one probe may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Connects to a port of 127.0.0.1.
///
/// # Errors
/// When nobody listens.
pub fn connect(port: u16) -> Result<TcpStream, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let failed = |source| Failure::Io { action: "connect to", subject: address.to_string(), source };
    let stream = TcpStream::connect_timeout(&address, LIMIT).map_err(failed)?;
    stream.set_read_timeout(Some(LIMIT)).map_err(failed)?;
    stream.set_write_timeout(Some(LIMIT)).map_err(failed)?;
    Ok(stream)
}

/// Sends `question` to a port of 127.0.0.1 and returns the first line of the answer.
///
/// # Errors
/// When nobody listens or nobody answers in time.
pub fn first_line(port: u16, question: &str) -> Result<String, Failure> {
    let failed = |source| Failure::Io { action: "talk to", subject: format!("127.0.0.1:{port}"), source };
    let mut stream = connect(port)?;
    stream.write_all(question.as_bytes()).map_err(failed)?;
    let mut line = Vec::new();
    BufReader::new(stream).read_until(b'\n', &mut line).map_err(failed)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// As [`first_line`], and the line must begin with `expected`.
///
/// # Errors
/// When nobody answers in time or the answer is another one.
pub fn expect_line(port: u16, question: &str, expected: &str) -> Result<(), Failure> {
    let answer = first_line(port, question)?;
    if answer.starts_with(expected) {
        return Ok(());
    }
    Err(Failure::Answer { peer: format!("127.0.0.1:{port}"), answer })
}

/// Sends an HTTP/1.0 request without TLS and returns the status and the body.
///
/// # Errors
/// When nobody answers in time or the answer is not HTTP.
pub fn http(
    port: u16,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Result<(u16, String), Failure> {
    let peer = format!("127.0.0.1:{port}");
    let failed = |source| Failure::Io { action: "talk to", subject: peer.clone(), source };
    let mut stream = connect(port)?;
    let extra: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {peer}\r\nContent-Length: {}\r\n{extra}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    match (status, answer.split_once("\r\n\r\n")) {
        (Some(status), Some((_, body))) => Ok((status, body.to_owned())),
        _ => Err(Failure::Answer { peer, answer }),
    }
}

/// Sends bytes to a port of 127.0.0.1; the answer must begin with `expected`.
///
/// # Errors
/// When nobody answers in time or the answer is another one.
pub fn expect_bytes(port: u16, question: &[u8], expected: &[u8]) -> Result<(), Failure> {
    let peer = format!("127.0.0.1:{port}");
    let failed = |source| Failure::Io { action: "talk to", subject: peer.clone(), source };
    let mut stream = connect(port)?;
    stream.write_all(question).map_err(failed)?;
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).map_err(failed)?;
    if answer == expected {
        return Ok(());
    }
    Err(Failure::Answer { peer, answer: format!("{answer:02x?}") })
}

/// Asks over HTTP until a status below 400 is the answer.
///
/// # Errors
/// When nobody answers in time or the status is another one.
pub fn expect_http(port: u16, path: &str) -> Result<(), Failure> {
    match http(port, "GET", path, &[], "")? {
        (..400, _) => Ok(()),
        (status, body) => Err(Failure::Answer {
            peer: format!("127.0.0.1:{port}{path}"),
            answer: format!("{status} {body}"),
        }),
    }
}
