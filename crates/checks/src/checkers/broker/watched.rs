//! What went wrong below a tunnel: a driver behind it only sees that the connection ended.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::Reached;
use crate::{Failure, Item, Probe};

/// A connection whose first read error is kept for the [`Witness`].
#[derive(Debug)]
pub(crate) struct Watched<Stream> {
    stream: Stream,
    witness: Witness,
}

/// Knows why the connection ended, once it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Option<io::Error>>>);

impl<Stream> Watched<Stream> {
    pub(crate) fn new(stream: Stream) -> (Self, Witness) {
        let witness = Witness::default();
        (Self { stream, witness: witness.clone() }, witness)
    }
}

impl Witness {
    fn saw(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        // One assignment, whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        io::Error::from(kind)
    }

    /// The failure that the error means, if there was one.
    pub(crate) fn failure(&self, item: &Item, probe: &Probe, reached: &Reached) -> Option<Failure> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let error = seen.as_ref()?;
        Some(super::below(item, probe, reached, error))
    }
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Watched<Stream> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        outcome.map_err(|error| self.witness.saw(error))
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Watched<Stream> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
