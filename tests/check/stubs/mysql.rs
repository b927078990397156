//! MySQL servers in states that take another machine or another server than MariaDB to bring about.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Has blocked this host after too many broken connections: what mysqld 8.0 sends instead of a greeting.
pub(crate) fn mysql_host_blocked(mut stream: TcpStream) {
    let words =
        "Host '10.0.3.7' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'";
    let _ = stream.write_all(&packet(0, &error(1129, words)));
}

/// Knows no user who may come from this host.
pub(crate) fn mysql_host_denied(mut stream: TcpStream) {
    let words = "Host '10.0.3.7' is not allowed to connect to this MySQL server";
    let _ = stream.write_all(&packet(0, &error(1130, words)));
}

/// Runs with require_secure_transport: greets, reads the plain login, and refuses it.
pub(crate) fn mysql_secure_transport(mut stream: TcpStream) {
    let _ = stream.write_all(&packet(0, &greeting()));
    let mut login = [0; 1024];
    let _ = stream.read(&mut login);
    let words = "Connections using insecure transport are prohibited while --require_secure_transport=ON.";
    let mut refusal = error(3159, "#HY000");
    refusal.extend_from_slice(words.as_bytes());
    let _ = stream.write_all(&packet(2, &refusal));
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short").to_le_bytes();
    [&length[..3], &[sequence], payload].concat()
}

fn error(number: u16, words: &str) -> Vec<u8> {
    [&[0xff], &number.to_le_bytes()[..], words.as_bytes()].concat()
}

/// "Protocol::HandshakeV10" with the capabilities of MySQL 8.0 and mysql_native_password.
fn greeting() -> Vec<u8> {
    let capabilities: u32 = 0xdfff_ffff;
    let low = capabilities.to_le_bytes();
    [
        b"\x0a8.0.36\0".as_slice(),
        &7u32.to_le_bytes(),
        b"abcdefgh\0",
        &low[..2],
        &[33, 2, 0],
        &low[2..],
        &[21],
        &[0; 10],
        b"ijklmnopqrst\0",
        b"mysql_native_password\0",
    ]
    .concat()
}
