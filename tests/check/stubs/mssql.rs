//! SQL Server, which no registry has: the packets and tokens of a login and two queries, as MS-TDS describes them.

use std::io::{self, Read, Write};
use std::net::TcpStream;

const HEADER: usize = 8;
/// The kind of packet that holds a server's answer.
const ANSWER: u8 = 0x04;
/// The last packet of a message.
const END: u8 = 0x01;

/// Lets anybody in and answers two queries: the version, and that the database takes writes.
pub(crate) fn mssql_good(stream: TcpStream) {
    let _ = converse(stream, &[login_taken(), row("16.0.4135.4"), row("READ_WRITE")]);
}

/// As [`mssql_good`] with a database that takes no writes.
pub(crate) fn mssql_read_only(stream: TcpStream) {
    let _ = converse(stream, &[login_taken(), row("16.0.4135.4"), row("READ_ONLY")]);
}

/// Refuses the login.
pub(crate) fn mssql_login_failed(stream: TcpStream) {
    let _ = converse(stream, &[error(18456, "Login failed for user 'pat'.")]);
}

/// Has no such database.
pub(crate) fn mssql_no_database(stream: TcpStream) {
    let words = "Cannot open database \"pickles\" requested by the login. The login failed.";
    let _ = converse(stream, &[error(4060, words)]);
}

/// Azure SQL's firewall.
pub(crate) fn mssql_firewall(stream: TcpStream) {
    let words = "Cannot open server 'acme' requested by the login. Client with IP address '192.0.2.7' is not allowed to \
                 access the server.";
    let _ = converse(stream, &[error(40615, words)]);
}

/// Azure SQL, whose database is being moved.
pub(crate) fn mssql_unavailable(stream: TcpStream) {
    let words =
        "Database 'pickles' on server 'acme' is not currently available. Please retry the connection later.";
    let _ = converse(stream, &[error(40613, words)]);
}

/// Answers the prelogin, then one message after the other.
fn converse(mut stream: TcpStream, answers: &[Vec<u8>]) -> io::Result<()> {
    read_message(&mut stream)?;
    stream.write_all(&packet(&prelogin()))?;
    for answer in answers {
        read_message(&mut stream)?;
        stream.write_all(&packet(answer))?;
    }
    read_message(&mut stream)
}

fn read_message(stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        stream.read_exact(&mut vec![0; length.saturating_sub(HEADER)])?;
        if header[1] & END != 0 {
            return Ok(());
        }
    }
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEADER + payload.len()).expect("it is short").to_be_bytes();
    [&[ANSWER, END, length[0], length[1], 0, 0, 1, 0], payload].concat()
}

/// The version, and that encryption is not supported.
fn prelogin() -> Vec<u8> {
    let version: [u8; 6] = [16, 0, 0x10, 0x27, 0, 0];
    let options: [u8; 11] = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff];
    [&options[..], &version, &[2]].concat()
}

fn error(number: u32, words: &str) -> Vec<u8> {
    let words = wide(words);
    let characters = u16::try_from(words.len() / 2).expect("it is short").to_le_bytes();
    // State 1, class 14; no server's name, no procedure, line 1.
    let body =
        [&number.to_le_bytes()[..], &[1, 14], &characters, &words, &[0], &[0], &1u32.to_le_bytes()].concat();
    let length = u16::try_from(body.len()).expect("it is short").to_le_bytes();
    [&[0xaa][..], &length, &body, &done(0x0002, 0)].concat()
}

fn login_taken() -> Vec<u8> {
    let name = wide("Microsoft SQL Server");
    let characters = u8::try_from(name.len() / 2).expect("it is short");
    let body = [&[1, 0x74, 0, 0, 4, characters][..], &name, &[16, 0, 0x10, 0x27]].concat();
    let length = u16::try_from(body.len()).expect("it is short").to_le_bytes();
    [&[0xad][..], &length, &body, &done(0, 0)].concat()
}

/// A result of one row with one column of type nvarchar(64).
fn row(value: &str) -> Vec<u8> {
    let value = wide(value);
    let length = u16::try_from(value.len()).expect("it is short").to_le_bytes();
    let collation = [0x09, 0x04, 0xd0, 0x00, 0x34];
    let column = [&[0x81, 1, 0][..], &[0; 4], &[0, 0], &[0xe7, 128, 0], &collation, &[0]].concat();
    [&column[..], &[0xd1], &length, &value, &done(0x0010, 1)].concat()
}

fn done(status: u16, rows: u64) -> Vec<u8> {
    [&[0xfd][..], &status.to_le_bytes(), &[0, 0], &rows.to_le_bytes()].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
