//! What a server says to a client that it turns away before it has asked for anything.
//!
//! Such a server writes its refusal and closes at once; the refusal is then often lost to the reset that our own first
//! command provokes. Who only listens hears it.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::answers::{self, Said};
use crate::Failure;
use crate::kinds::redis as kind;
use crate::net::Reached;

/// How long to listen.
const LISTEN: Duration = Duration::from_millis(500);

/// The longest refusal that is read, in bytes; that of protected mode has about 900.
const LONGEST: u64 = 4096;

/// The refusal instead of a connection that was closed without a word, if there is one.
pub(super) async fn heard(reached: &Reached, failure: Failure) -> Failure {
    if failure.class != &kind::CLOSED {
        return failure;
    }
    let words = tokio::time::timeout(LISTEN, listen(reached)).await.ok().flatten();
    let Some(said) = words.as_deref().and_then(Said::read) else { return failure };
    answers::refused(reached, &said)
}

async fn listen(reached: &Reached) -> Option<String> {
    let stream = TcpStream::connect(reached.address).await.ok()?;
    let mut text = Vec::new();
    stream.take(LONGEST).read_to_end(&mut text).await.ok()?;
    String::from_utf8(text).ok()
}
