//! One connection, from its first request to its end.

use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::request::{self, LONGEST_HEAD, Refused};
use super::{ANSWER, HEAD, Method, REST, Request, Response, Stream};
use crate::{Board, routes};

/// What a refused client still sends is taken, up to so many bytes: it would lose our answer else.
const LEFTOVERS: usize = 256 * 1024;

/// A page in a browser of this machine can have a name of its own lead to us, and then read what it is not meant to.
const STRANGER: &str = "This is for this machine alone, and the Host field names another one: ask for localhost or for an \
                        address, or let the proxy send Host: localhost.\n";

/// Answers one request after the other. What is for this machine alone is not told to whoever asks by a foreign name.
pub(super) async fn talk(mut stream: Box<dyn Stream>, is_private: bool, board: Board) {
    let mut received = Vec::new();
    loop {
        let (bytes, keeps_alive) = match next(&mut stream, &mut received).await {
            Next::Request(request) => {
                let answer = if is_private && !request.names_this_machine {
                    Response::text(421, STRANGER.to_owned())
                } else {
                    routes::answer(&request, &board)
                };
                (answer.bytes(request.method, request.keeps_alive, Timestamp::now()), request.keeps_alive)
            }
            Next::Refused(refused) => (refused.answer().bytes(Method::Get, false, Timestamp::now()), false),
            Next::Nothing => return,
        };
        if !matches!(timeout(ANSWER, stream.write_all(&bytes)).await, Ok(Ok(()))) {
            return;
        }
        if !keeps_alive {
            return close(stream).await;
        }
    }
}

/// What comes next.
enum Next {
    Request(Request),
    Refused(Refused),
    /// It is over, or took too long.
    Nothing,
}

async fn next(stream: &mut Box<dyn Stream>, received: &mut Vec<u8>) -> Next {
    if received.is_empty() && !matches!(timeout(REST, more(stream, received)).await, Ok(true)) {
        return Next::Nothing;
    }
    timeout(HEAD, head(stream, received)).await.unwrap_or(Next::Nothing)
}

async fn head(stream: &mut Box<dyn Stream>, received: &mut Vec<u8>) -> Next {
    loop {
        match request::read(received) {
            Ok(Some((request, length))) => {
                received.drain(..length);
                return Next::Request(request);
            }
            Ok(None) => {}
            Err(refused) => return Next::Refused(refused),
        }
        if !more(stream, received).await {
            return Next::Nothing;
        }
    }
}

/// Receives something, but not more than a head may have; false when there is nothing more.
async fn more(stream: &mut Box<dyn Stream>, received: &mut Vec<u8>) -> bool {
    received.reserve(1024);
    let room = (LONGEST_HEAD + 1).saturating_sub(received.len());
    let mut limited = stream.take(u64::try_from(room).unwrap_or_default());
    matches!(limited.read_buf(received).await, Ok(count) if count > 0)
}

/// Says that this was all, and waits until the other side has read it: closing while something of theirs is unread would
/// take our answer back (RFC 9112, section 9.6).
async fn close(mut stream: Box<dyn Stream>) {
    let leave = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        let (mut dropped, mut buffer) = (0, [0; 1024]);
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            dropped += count;
            if dropped > LEFTOVERS {
                return;
            }
        }
    };
    // Who goes on talking has had time enough.
    let _ = timeout(HEAD, leave).await;
}
