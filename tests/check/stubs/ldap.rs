//! Directories that say what OpenLDAP does not: each function serves one connection.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Tags of the requests, and of the answers to them; RFC 4511, section 4.
const BIND: (u8, u8) = (0x60, 0x61);
const SEARCH: (u8, u8) = (0x63, 0x65);
const EXTENDED: (u8, u8) = (0x77, 0x78);

/// Active Directory, to a user whose password has expired.
pub(crate) fn ldap_password_expired(stream: TcpStream) {
    serve(stream, |_| (49, active_directory("532"), ""));
}

/// Active Directory, to a user who was disabled.
pub(crate) fn ldap_account_disabled(stream: TcpStream) {
    serve(stream, |_| (49, active_directory("533"), ""));
}

/// Active Directory, to a user who was locked out.
pub(crate) fn ldap_account_locked(stream: TcpStream) {
    serve(stream, |_| (49, active_directory("775"), ""));
}

/// A directory with too much to do.
pub(crate) fn ldap_busy(stream: TcpStream) {
    serve(stream, |_| (51, "too many operations".to_owned(), ""));
}

/// A directory that holds another base.
pub(crate) fn ldap_refers(stream: TcpStream) {
    serve(stream, |request| match request {
        request if request == SEARCH.0 => (10, String::new(), "ldap://other.example/dc=elsewhere,dc=example"),
        _ => (0, String::new(), ""),
    });
}

/// A directory that lets everybody in and shows nothing.
pub(crate) fn ldap_not_permitted(stream: TcpStream) {
    serve(stream, |request| (if request == SEARCH.0 { 50 } else { 0 }, String::new(), ""));
}

/// A directory without a certificate.
pub(crate) fn ldap_without_starttls(stream: TcpStream) {
    serve(stream, |_| (2, "unsupported extended operation".to_owned(), ""));
}

fn active_directory(data: &str) -> String {
    format!("80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data {data}, v4563\0")
}

/// Answers every request with a code, words and a referral.
fn serve(mut stream: TcpStream, answer: impl Fn(u8) -> (u8, String, &'static str)) {
    while let Some((number, request)) = request(&mut stream) {
        let Some((_, tag)) = [BIND, SEARCH, EXTENDED].into_iter().find(|(tag, _)| *tag == request) else {
            return;
        };
        let (code, words, referral) = answer(request);
        let mut result = vec![0x0a, 1, code, 4, 0];
        result.extend(element(4, words.as_bytes()));
        if !referral.is_empty() {
            result.extend(element(0xa3, &element(4, referral.as_bytes())));
        }
        let mut message = vec![2, 1, number];
        message.extend(element(tag, &result));
        if stream.write_all(&element(0x30, &message)).is_err() {
            return;
        }
    }
}

/// An element of fewer than 256 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![tag, 0x81, length];
    bytes.extend_from_slice(content);
    bytes
}

/// The number and the tag of the next request; both are small in a test.
fn request(stream: &mut TcpStream) -> Option<(u8, u8)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    let length = match head[1] {
        short if short < 0x80 => usize::from(short),
        0x81 => {
            let mut one = [0; 1];
            stream.read_exact(&mut one).ok()?;
            usize::from(one[0])
        }
        _ => return None,
    };
    let mut message = vec![0; length];
    stream.read_exact(&mut message).ok()?;
    Some((*message.get(2)?, *message.get(3)?))
}
