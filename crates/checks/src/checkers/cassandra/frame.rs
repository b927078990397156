//! The few frames of the CQL binary protocol, version 4, that a login and a query take.
//!
//! Format: Apache Cassandra, `doc/native_protocol_v4.spec`. All numbers are big-endian.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const VERSION: u8 = 0x04;
const HEADER: usize = 9;
/// A body of this many bytes is more than any answer to what is asked here.
const LONGEST_BODY: usize = 8 << 20;

const ERROR: u8 = 0x00;
const STARTUP: u8 = 0x01;
const READY: u8 = 0x02;
const AUTHENTICATE: u8 = 0x03;
const OPTIONS: u8 = 0x05;
const QUERY: u8 = 0x07;
const RESULT: u8 = 0x08;
const AUTH_CHALLENGE: u8 = 0x0e;
const AUTH_RESPONSE: u8 = 0x0f;
const AUTH_SUCCESS: u8 = 0x10;

/// Consistency ONE: one replica's word is enough.
const ONE: u16 = 0x0001;
/// The query flag that spares the answer its description of the columns.
const SKIP_METADATA: u8 = 0x02;
/// The kind of a result that holds rows.
const ROWS: u32 = 0x0002;
const HAS_MORE_PAGES: u32 = 0x0002;
const NO_METADATA: u32 = 0x0004;

/// What is asked.
#[derive(Debug)]
pub(super) enum Request {
    /// What the node can do.
    Options,
    /// A conversation.
    Startup,
    /// To be let in; SASL PLAIN without an authorization identity (RFC 4616).
    Credentials {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A statement without parameters.
    Query(String),
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Requests are taken.
    Ready,
    /// A login is wanted, by that authenticator.
    Authenticate(String),
    /// The login goes on.
    Challenge(String),
    /// All values of all rows, one after the other, as text; of another kind of result none.
    Rows(Vec<String>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The node said why.
    Refused {
        /// The error's code.
        code: u32,
        /// The node's words.
        message: String,
    },
    /// The connection broke, or the answer is not of this protocol.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Request {
    /// The whole frame.
    pub(super) fn encode(&self) -> Vec<u8> {
        let (operation, body) = match self {
            Self::Options => (OPTIONS, Vec::new()),
            Self::Startup => {
                (STARTUP, [&1u16.to_be_bytes()[..], &string("CQL_VERSION"), &string("3.0.0")].concat())
            }
            Self::Credentials { user, password } => {
                let token = format!("\0{user}\0{password}");
                (AUTH_RESPONSE, [&length(token.len()), token.as_bytes()].concat())
            }
            Self::Query(text) => {
                let text = [&length(text.len()), text.as_bytes()].concat();
                (QUERY, [&text[..], &ONE.to_be_bytes(), &[SKIP_METADATA]].concat())
            }
        };
        [&[VERSION, 0, 0, 0, operation], &length(body.len())[..], &body].concat()
    }
}

/// One request and its answer.
///
/// # Errors
/// When the node refuses, the connection breaks, or the answer is not of this protocol.
pub(super) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &Request,
) -> Result<Answer, Broken> {
    stream.write_all(&request.encode()).await?;
    stream.flush().await?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).await?;
    let announced = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) as usize;
    if header[0] & 0x80 == 0 || announced > LONGEST_BODY {
        return Err(unreadable("a frame that is none").into());
    }
    let mut body = Vec::new();
    stream.take(announced as u64).read_to_end(&mut body).await?;
    if body.len() < announced {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    decode(header[4], &mut Body(&body))
}

fn decode(operation: u8, body: &mut Body<'_>) -> Result<Answer, Broken> {
    match operation {
        ERROR => Err(Broken::Refused { code: body.number()?, message: body.string()? }),
        READY | AUTH_SUCCESS => Ok(Answer::Ready),
        AUTHENTICATE => Ok(Answer::Authenticate(body.string()?)),
        AUTH_CHALLENGE => Ok(Answer::Challenge(body.value()?.unwrap_or_default())),
        RESULT => Ok(Answer::Rows(rows(body)?)),
        other => Err(unreadable(&format!("an unexpected frame of kind 0x{other:02x}")).into()),
    }
}

/// The values of rows of text; what is of another type is text with replacement characters.
fn rows(body: &mut Body<'_>) -> io::Result<Vec<String>> {
    if body.number()? != ROWS {
        return Ok(Vec::new());
    }
    let flags = body.number()?;
    let columns = body.number()?;
    if flags & HAS_MORE_PAGES != 0 {
        body.value()?;
    }
    if flags & NO_METADATA == 0 {
        // Asked for without, so that this node's answer cannot be told apart from something else.
        return Err(unreadable("a description of the columns that was not asked for"));
    }
    let count = u64::from(body.number()?) * u64::from(columns);
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(body.value()?.unwrap_or_default());
    }
    Ok(values)
}

/// What is left of a frame's body.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn bytes(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or_else(|| unreadable("a frame that ends too soon"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// An `[int]`.
    fn number(&mut self) -> io::Result<u32> {
        let bytes = self.bytes(4)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A `[string]`.
    fn string(&mut self) -> io::Result<String> {
        let length = self.bytes(2)?;
        let length = usize::from(length[0]) << 8 | usize::from(length[1]);
        Ok(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }

    /// `[bytes]`, of which a negative length is none.
    fn value(&mut self) -> io::Result<Option<String>> {
        let length = self.number()?.cast_signed();
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(self.bytes(length)?).into_owned()))
    }
}

fn unreadable(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it sent {what}"))
}

/// An `[int]` that says how long what follows is; what is asked here is short.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(operation: u8, body: &[u8]) -> Result<Answer, Broken> {
        let (mut near, mut far) = tokio::io::duplex(4096);
        far.write_all(&[&[0x84, 0, 0, 0, operation], &length(body.len())[..], body].concat()).await?;
        exchange(&mut near, &Request::Startup).await
    }

    #[test]
    fn a_startup_is_as_the_specification_has_it() {
        let frame = Request::Startup.encode();
        assert_eq!(frame[..9], [4, 0, 0, 0, 1, 0, 0, 0, 22]);
        assert_eq!(&frame[9..], b"\x00\x01\x00\x0bCQL_VERSION\x00\x053.0.0");
    }

    #[test]
    fn credentials_are_sasl_plain() {
        let frame = Request::Credentials { user: "pat".into(), password: "a'b".into() }.encode();
        assert_eq!(&frame[9..], b"\x00\x00\x00\x08\0pat\0a'b");
    }

    #[tokio::test]
    async fn answers_are_read() {
        assert_eq!(answered(READY, b"").await.expect("an answer"), Answer::Ready);
        assert_eq!(
            answered(AUTHENTICATE, b"\x00\x02ab").await.expect("an answer"),
            Answer::Authenticate("ab".into())
        );
        let rows = b"\0\0\0\x02\0\0\0\x04\0\0\0\x02\0\0\0\x01\0\0\0\x03abc\xff\xff\xff\xff";
        assert_eq!(
            answered(RESULT, rows).await.expect("an answer"),
            Answer::Rows(vec!["abc".into(), String::new()])
        );
        let Err(Broken::Refused { code, message }) = answered(ERROR, b"\0\0\x21\0\x00\x02no").await else {
            panic!("it is refused")
        };
        assert_eq!((code, message.as_str()), (0x2100, "no"));
    }

    #[tokio::test]
    async fn garbage_is_an_error_and_takes_no_memory() {
        let endless = b"\0\0\0\x02\0\0\0\x04\xff\xff\xff\xff\xff\xff\xff\xff";
        for (operation, body) in [(ERROR, &b"\0"[..]), (RESULT, endless), (RESULT, b""), (0x77, b"")] {
            let Err(Broken::Io(error)) = answered(operation, body).await else {
                panic!("{operation} is garbage")
            };
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
