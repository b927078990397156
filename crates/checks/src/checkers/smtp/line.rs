//! The connection under an SMTP session: lent to the driver in plain, changed into TLS below it by STARTTLS.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How long the polite end may take.
pub(super) const FAREWELL: Duration = Duration::from_millis(300);

/// No server needs more than this, in bytes, to greet and to let us in.
const MOST_READ: usize = 1 << 20;

/// Two ends of one connection: one is the driver's, the other can exchange what is below.
#[derive(Clone)]
pub(super) struct Line(Arc<Mutex<Below>>);

struct Below {
    wire: Wire,
    left: usize,
}

enum Wire {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    /// STARTTLS is being made.
    Between,
}

impl Line {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self::over(Wire::Plain(stream))
    }

    pub(super) fn encrypted(stream: TlsStream<TcpStream>) -> Self {
        Self::over(Wire::Encrypted(Box::new(stream)))
    }

    fn over(wire: Wire) -> Self {
        Self(Arc::new(Mutex::new(Below { wire, left: MOST_READ })))
    }

    /// The driver's end.
    pub(super) fn lend(&self) -> Box<dyn AsyncTokioStream> {
        Box::new(self.clone())
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.lock().wire, Wire::Encrypted(_))
    }

    /// The plain connection, until [`Line::put_encrypted`] brings it back.
    pub(super) fn take_plain(&self) -> Option<TcpStream> {
        let mut below = self.lock();
        match std::mem::replace(&mut below.wire, Wire::Between) {
            Wire::Plain(stream) => Some(stream),
            other => {
                below.wire = other;
                None
            }
        }
    }

    pub(super) fn put_encrypted(&self, stream: TlsStream<TcpStream>) {
        self.lock().wire = Wire::Encrypted(Box::new(stream));
    }

    fn lock(&self) -> MutexGuard<'_, Below> {
        // Each change is one assignment, whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Line").field("encrypted", &self.is_encrypted()).finish_non_exhaustive()
    }
}

fn between() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is being changed into TLS")
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.lock().wire {
            Wire::Plain(stream) => stream.peer_addr(),
            Wire::Encrypted(stream) => stream.get_ref().0.peer_addr(),
            Wire::Between => Err(between()),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let below = &mut *self.lock();
        if below.left == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the answer has no end")));
        }
        let before = buffer.filled().len();
        let outcome = match &mut below.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Between => Poll::Ready(Err(between())),
        };
        below.left = below.left.saturating_sub(buffer.filled().len() - before);
        outcome
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.lock().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Between => Poll::Ready(Err(between())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(context),
            Wire::Encrypted(stream) => Pin::new(stream).poll_flush(context),
            Wire::Between => Poll::Ready(Err(between())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Between => Poll::Ready(Err(between())),
        }
    }
}
