//! A stream whose answers are bounded, for drivers that would believe any length a peer claims.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of an answer in another protocol is quoted, in characters.
const QUOTED: usize = 40;

/// Both directions of a connection, plain TCP or TLS.
pub trait Duplex: AsyncRead + AsyncWrite + Debug + Send + Unpin {}

impl<Any: AsyncRead + AsyncWrite + Debug + Send + Unpin> Duplex for Any {}

/// A stream that fails with [`io::ErrorKind::InvalidData`] when the peer's first byte is not one of those that its
/// protocol begins with, or when the peer has sent more than a check can need.
#[derive(Debug)]
pub struct Bounded {
    stream: Box<dyn Duplex>,
    first: Option<&'static [u8]>,
    remaining: usize,
    objection: Objection,
}

/// What a [`Bounded`] stream objected to, for those whose driver turns its error into another one.
#[derive(Debug, Clone, Default)]
pub struct Objection(Arc<OnceLock<String>>);

impl Objection {
    /// What was wrong with the peer's answers, if anything was.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

impl Bounded {
    /// Lets the peer send `most` bytes, the first of which must be one of `first`.
    #[must_use]
    pub fn new(stream: Box<dyn Duplex>, first: &'static [u8], most: usize) -> Self {
        Self { stream, first: Some(first), remaining: most, objection: Objection::default() }
    }

    /// Where an objection will be found after the stream has been given away.
    #[must_use]
    pub fn objection(&self) -> Objection {
        self.objection.clone()
    }

    fn object(&self, words: String) -> io::Error {
        // The first objection is the one that counts.
        let _ = self.objection.0.set(words.clone());
        io::Error::new(io::ErrorKind::InvalidData, words)
    }

    fn judge(&mut self, received: &[u8]) -> io::Result<()> {
        let Some(byte) = received.first() else { return Ok(()) };
        if self.first.take().is_some_and(|expected| !expected.contains(byte)) {
            return Err(self.object(format!("it answered {}", quoted(received))));
        }
        let remaining = self.remaining.checked_sub(received.len());
        self.remaining = remaining.ok_or_else(|| self.object("its answer has no end".to_owned()))?;
        Ok(())
    }
}

/// The beginning of an answer that nobody expected, in quotation marks and without control characters.
#[must_use]
pub fn quoted(received: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(received).chars().take(QUOTED).collect();
    format!("{text:?}")
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut *self.stream).poll_read(context, buffer))?;
        let verdict = self.judge(&buffer.filled()[before..]);
        if verdict.is_err() {
            // A read that fails must have read nothing.
            buffer.set_filled(before);
        }
        Poll::Ready(verdict)
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn received(bytes: &[u8], most: usize) -> io::Result<Vec<u8>> {
        let (near, mut far) = tokio::io::duplex(1024);
        far.write_all(bytes).await.expect("it fits");
        drop(far);
        let mut all = Vec::new();
        Bounded::new(Box::new(near), b"RE", most).read_to_end(&mut all).await.map(|_| all)
    }

    #[tokio::test]
    async fn an_answer_that_begins_as_the_protocol_does_passes_unchanged() {
        assert_eq!(received(b"RHello", 100).await.expect("it begins with R"), b"RHello");
        assert_eq!(received(b"", 100).await.expect("there is nothing to judge"), b"");
    }

    #[tokio::test]
    async fn another_protocol_is_quoted() {
        let error = received(b"HTTP/1.1 400 Bad Request\r\n", 100).await.expect_err("it begins with H");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("HTTP/1.1 400"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let error = received(&[b'R'; 500], 100).await.expect_err("it is too long");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
