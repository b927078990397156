//! MongoDB servers in states that need a replica set: each function serves one connection, in OP_MSG and OP_QUERY.

use std::io::{Read, Write};
use std::net::TcpStream;

/// The kinds of messages: a reply of old, a query of old (the first greeting), and a message.
const REPLY: u32 = 1;
const QUERY: u32 = 2004;
const MESSAGE: u32 = 2013;

/// The names of the greeting, old and new, each as a number in a document.
const GREETINGS: [&[u8]; 3] = [b"\x10hello\0", b"\x10isMaster\0", b"\x10ismaster\0"];

/// A member of a replica set that is not its primary.
pub(crate) fn mongodb_secondary(stream: TcpStream) {
    serve(stream, false, |_| document(&[("ok", Value::Number(1.0))]));
}

/// A server that is going away.
pub(crate) fn mongodb_shutting_down(stream: TcpStream) {
    serve(stream, true, |_| {
        document(&[
            ("ok", Value::Number(0.0)),
            ("errmsg", Value::Text("The server is in quiesce mode and will shut down")),
            ("code", Value::Integer(91)),
            ("codeName", Value::Text("ShutdownInProgress")),
        ])
    });
}

enum Value {
    Number(f64),
    Integer(i32),
    Text(&'static str),
    Boolean(bool),
}

/// What every server says of itself, in the order of its documentation of `hello`.
fn hello(primary: bool) -> Vec<u8> {
    document(&[
        ("isWritablePrimary", Value::Boolean(primary)),
        ("ismaster", Value::Boolean(primary)),
        ("secondary", Value::Boolean(!primary)),
        ("setName", Value::Text("pickles")),
        ("primary", Value::Text("first.example:27017")),
        ("me", Value::Text("second.example:27017")),
        ("maxBsonObjectSize", Value::Integer(16_777_216)),
        ("maxMessageSizeBytes", Value::Integer(48_000_000)),
        ("maxWriteBatchSize", Value::Integer(100_000)),
        ("minWireVersion", Value::Integer(0)),
        ("maxWireVersion", Value::Integer(21)),
        ("readOnly", Value::Boolean(false)),
        ("ok", Value::Number(1.0)),
    ])
}

fn serve(mut stream: TcpStream, primary: bool, answer: impl Fn(&[u8]) -> Vec<u8>) {
    while let Some((number, kind, body)) = message(&mut stream) {
        let greets = kind == QUERY || GREETINGS.iter().any(|name| contains(&body, name));
        let document = if greets { hello(primary) } else { answer(&body) };
        let mut content = Vec::new();
        let kind = if kind == QUERY {
            // No flags, no cursor, from the first, one document.
            content.extend([0; 16]);
            content.extend(1_u32.to_le_bytes());
            REPLY
        } else {
            // No flags, one section with the body.
            content.extend([0; 5]);
            MESSAGE
        };
        content.extend(document);
        let mut reply = Vec::new();
        for part in [u32::try_from(content.len() + 16).unwrap_or(0), 1, number, kind] {
            reply.extend(part.to_le_bytes());
        }
        reply.extend(content);
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// The number, the kind and the body of the next message.
fn message(stream: &mut TcpStream) -> Option<(u32, u32, Vec<u8>)> {
    let mut header = [0; 16];
    stream.read_exact(&mut header).ok()?;
    let number = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let mut body = vec![0; usize::try_from(number(0)?).ok()?.checked_sub(16)?];
    stream.read_exact(&mut body).ok()?;
    Some((number(4)?, number(12)?, body))
}

/// A BSON document; see <https://bsonspec.org/spec.html>.
fn document(fields: &[(&str, Value)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (name, value) in fields {
        let (tag, bytes) = match value {
            Value::Number(number) => (0x01, number.to_le_bytes().to_vec()),
            Value::Text(text) => {
                let mut bytes = u32::try_from(text.len() + 1).unwrap_or(0).to_le_bytes().to_vec();
                bytes.extend(text.bytes());
                bytes.push(0);
                (0x02, bytes)
            }
            Value::Boolean(value) => (0x08, vec![u8::from(*value)]),
            Value::Integer(number) => (0x10, number.to_le_bytes().to_vec()),
        };
        content.push(tag);
        content.extend(name.bytes());
        content.push(0);
        content.extend(bytes);
    }
    let mut bytes = u32::try_from(content.len() + 5).unwrap_or(0).to_le_bytes().to_vec();
    bytes.extend(content);
    bytes.push(0);
    bytes
}
