//! A small HTTP/1.1 server (RFC 9112) for a handful of readers: `GET` and `HEAD` of a few paths, nothing else.
//!
//! What hostile or broken clients can do is bounded, in memory and in time:
//!
//! - At most [`MOST_CONNECTIONS`] connections are open. One more, and the oldest is closed for it: who is new is answered
//!   however many others sit there and say nothing.
//! - A request's head has [`HEAD`] to come and at most 8 KiB and 64 fields. An answer has [`ANSWER`] to be taken. Between
//!   two requests a connection may rest for [`REST`].
//! - A body is never read: a request that has one is the last of its connection.
//! - Where only this machine is listened to, a request for a host by a foreign name is refused: a browser may have been led
//!   here by a page that wants to read the answer.

mod connection;
mod request;
mod response;
mod thread;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::{AbortHandle, Id, JoinSet};

use crate::Board;

pub(crate) use request::{Method, Request};
pub(crate) use response::Response;
pub use thread::{Address, NotAnAddress, NotListening, Thread, listen};

/// More connections than this are not open at a time.
pub const MOST_CONNECTIONS: usize = 64;
/// A request's head has so long to come, from its first byte to its last.
pub const HEAD: Duration = Duration::from_secs(5);
/// An answer has so long to be taken.
pub const ANSWER: Duration = Duration::from_secs(10);
/// Before its first request and between two of them a connection may rest for so long.
pub const REST: Duration = Duration::from_secs(60);
/// When the system gives no descriptor for a connection, the next try is after this time.
const SHORT_OF_DESCRIPTORS: Duration = Duration::from_secs(1);

/// Where connections come from.
#[derive(Debug)]
pub enum Listener {
    /// The network.
    Tcp(TcpListener),
    /// This machine. Only our own user and root are answered.
    Unix(UnixListener),
}

/// Answers whoever asks. Connections end when this is dropped.
pub async fn serve(listener: &Listener, board: &Board) -> Infallible {
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(stream) => connections.take(stream, listener.is_private(), board.clone()),
                Err(error) if is_of_the_peer(&error) => {}
                Err(_) => tokio::time::sleep(SHORT_OF_DESCRIPTORS).await,
            },
            () = connections.one_ends() => {}
        }
    }
}

impl Listener {
    /// Browsers of this machine can ask, and nobody else.
    fn is_private(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener.local_addr().is_ok_and(|address| address.ip().is_loopback()),
            Self::Unix(_) => false,
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are written whole.
                let _ = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            Self::Unix(listener) => loop {
                let (stream, _) = listener.accept().await?;
                let peer = stream.peer_cred().map(|peer| peer.uid());
                if peer.is_ok_and(|user| user == 0 || user == rustix::process::geteuid().as_raw()) {
                    return Ok(Box::new(stream));
                }
            },
        }
    }
}

/// A connection's two directions.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<Any: AsyncRead + AsyncWrite + Send + Unpin> Stream for Any {}

/// Those that are open, oldest first.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    order: VecDeque<(Id, AbortHandle)>,
}

impl Connections {
    fn take(&mut self, stream: Box<dyn Stream>, is_private: bool, board: Board) {
        if self.order.len() >= MOST_CONNECTIONS
            && let Some((_, oldest)) = self.order.pop_front()
        {
            oldest.abort();
        }
        let task = self.tasks.spawn(connection::talk(stream, is_private, board));
        self.order.push_back((task.id(), task));
    }

    /// Waits without an end while there is none.
    async fn one_ends(&mut self) {
        let ended = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => std::future::pending().await,
        };
        self.order.retain(|(id, _)| *id != ended);
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
