//! `StartTLS`: one request and one answer in plain, RFC 4511, section 4.14.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::kinds::ldap as kind;
use crate::net::Reached;
use crate::probe::Layer;
use crate::{Failure, Item, Probe};

/// The name of the request, in dotted decimal.
const NAME: &[u8; 22] = b"1.3.6.1.4.1.1466.20037";

/// An answer is never longer; its words are a sentence at most.
const LONGEST: usize = 4096;

/// Asks the server to go on in TLS.
///
/// # Errors
/// `ldap.no_starttls` when it does not, or a common class.
pub(super) async fn ask(
    item: &Item,
    probe: &mut Probe,
    reached: &Reached,
    stream: &mut TcpStream,
) -> Result<(), Failure> {
    probe.enter(Layer::Tls);
    match exchange(stream).await {
        Ok(0) => Ok(()),
        Ok(code) => Err(Failure::new(
            &kind::NO_STARTTLS,
            format!("{reached} refused StartTLS with result code {code}"),
        )),
        Err(error) => Err(probe.broken(item, &error)),
    }
}

/// Sends the request and gives the answer's result code.
async fn exchange(stream: &mut TcpStream) -> io::Result<u8> {
    // A sequence of message number 1 and an extended request (tag 23) with its name (tag 0).
    let mut request = vec![0x30, 29, 0x02, 1, 1, 0x77, 24, 0x80, 22];
    request.extend_from_slice(NAME);
    stream.write_all(&request).await?;
    let not_ldap = || io::Error::new(io::ErrorKind::InvalidData, "the answer to StartTLS is not LDAP");
    if stream.read_u8().await? != 0x30 {
        return Err(not_ldap());
    }
    let length = length(stream).await?.filter(|length| *length <= LONGEST).ok_or_else(not_ldap)?;
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    result_code(&message).ok_or_else(not_ldap)
}

/// A length in BER's definite form.
async fn length(stream: &mut TcpStream) -> io::Result<Option<usize>> {
    let first = usize::from(stream.read_u8().await?);
    if first < 0x80 {
        return Ok(Some(first));
    }
    let mut length = 0;
    if !(1..=2).contains(&(first & 0x7f)) {
        return Ok(None);
    }
    for _ in 0..(first & 0x7f) {
        length = length << 8 | usize::from(stream.read_u8().await?);
    }
    Ok(Some(length))
}

/// The result code of an extended response (tag 24): the message's number, the response, and in it an enumeration.
fn result_code(message: &[u8]) -> Option<u8> {
    let after_number =
        message.strip_prefix(&[0x02]).and_then(|rest| rest.get(1 + usize::from(*rest.first()?)..))?;
    let response = after_number.strip_prefix(&[0x78])?;
    let skipped = match *response.first()? {
        short if short < 0x80 => 1,
        long => 1 + usize::from(long & 0x7f),
    };
    match response.get(skipped..)? {
        [0x0a, 1, code, ..] => Some(*code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_code_is_found_whatever_the_length_looks_like() {
        assert_eq!(result_code(&[0x02, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0]), Some(0));
        assert_eq!(result_code(&[0x02, 1, 1, 0x78, 0x84, 0, 0, 0, 7, 0x0a, 1, 2, 4, 0, 4, 0]), Some(2));
        assert_eq!(result_code(&[0x02, 1, 1, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0]), None);
        assert_eq!(result_code(&[0x02, 9]), None);
        assert_eq!(result_code(&[]), None);
    }
}
