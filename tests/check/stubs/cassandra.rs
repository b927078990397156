//! Cassandra nodes in states that take a cluster, or another authenticator, to bring about.

use std::io::{Read, Write};
use std::net::TcpStream;

const ERROR: u8 = 0x00;
const AUTHENTICATE: u8 = 0x03;
const AUTH_CHALLENGE: u8 = 0x0e;

/// Joins its ring: the error of that name of the binary protocol.
pub(crate) fn cassandra_bootstrapping(stream: TcpStream) {
    converse(stream, &[(ERROR, error(0x1002, "Cannot serve requests while bootstrapping"))]);
}

/// Has too much to do.
pub(crate) fn cassandra_overloaded(stream: TcpStream) {
    converse(stream, &[(ERROR, error(0x1001, "Request queue is full"))]);
}

/// Cannot read its accounts, which Cassandra says as if the password were wrong.
pub(crate) fn cassandra_unavailable(stream: TcpStream) {
    let words = "Unable to perform authentication: Cannot achieve consistency level QUORUM";
    let authenticator = string("org.apache.cassandra.auth.PasswordAuthenticator");
    converse(stream, &[(AUTHENTICATE, authenticator), (ERROR, error(0x0100, words))]);
}

/// Wants more than a user and a password.
pub(crate) fn cassandra_challenges(stream: TcpStream) {
    let token = b"KerberosAuthenticator";
    let token = [&(token.len() as u32).to_be_bytes(), &token[..]].concat();
    converse(stream, &[(AUTHENTICATE, string("com.example.KerberosAuthenticator")), (AUTH_CHALLENGE, token)]);
}

/// Answers one request after the other.
fn converse(mut stream: TcpStream, answers: &[(u8, Vec<u8>)]) {
    let mut request = [0; 1024];
    for (operation, body) in answers {
        let _ = stream.read(&mut request);
        let length = u32::try_from(body.len()).expect("it is short").to_be_bytes();
        let _ = stream.write_all(&[&[0x84, 0, 0, 0, *operation], &length[..], body].concat());
    }
    let _ = stream.read(&mut request);
}

fn error(code: u32, words: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], &string(words)].concat()
}

fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("it is short").to_be_bytes();
    [&length[..], text.as_bytes()].concat()
}
