//! The driver's connections: it dials a loopback port, and each connection is carried over one of ours.
//!
//! The driver can neither be given a stream nor a TLS client, and keeps a second connection to watch the server.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};

use crate::Failure;
use crate::net::bounded::{Duplex, quoted};
use crate::net::tls::TlsClient;

/// No connection needs to carry more of the server's bytes.
const MOST_READ: u64 = 16 << 20;

/// The header of every message: length, number, number answered, kind; each of four bytes, the lowest first.
const HEADER: usize = 16;

/// The longest message of the protocol, in bytes.
const LONGEST: u32 = 48_000_000;

/// Kinds of messages that a server sends: `OP_REPLY`, `OP_COMPRESSED`, `OP_MSG`.
const KINDS: [u32; 3] = [1, 2012, 2013];

/// Why a connection broke.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Tls(Failure),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The loopback port and what is needed to carry its connections. The first goes over a stream that stands already.
pub(super) struct Carrier {
    listener: TcpListener,
    address: SocketAddr,
    first: Option<Box<dyn Duplex>>,
    remote: SocketAddr,
    tls: Option<TlsClient>,
}

impl Carrier {
    pub(super) async fn open(
        first: Box<dyn Duplex>,
        remote: SocketAddr,
        tls: Option<TlsClient>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, first: Some(first), remote, tls })
    }

    /// Where the driver must dial.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Carries connections until one of them breaks.
    pub(super) async fn run(mut self) -> Fault {
        let (remote, tls) = (self.remote, self.tls.take());
        let mut first = self.first.take();
        let mut carried = FuturesUnordered::new();
        loop {
            let broken = async {
                match carried.next().await {
                    Some(outcome) => outcome,
                    None => pending().await,
                }
            };
            tokio::select! {
                outcome = broken => if let Err(fault) = outcome { return fault },
                accepted = self.listener.accept() => match accepted {
                    Ok((local, _)) => carried.push(carry(local, first.take(), remote, tls.as_ref())),
                    Err(error) => return error.into(),
                },
            }
        }
    }
}

async fn carry(
    local: TcpStream,
    first: Option<Box<dyn Duplex>>,
    remote: SocketAddr,
    tls: Option<&TlsClient>,
) -> Result<(), Fault> {
    let stream = match first {
        Some(stream) => stream,
        None => dial(remote, tls).await?,
    };
    let (mut from_server, mut to_server) = split(stream);
    let (mut from_driver, mut to_driver) = local.into_split();
    let answers = async {
        to_driver.write_all(&header(&mut from_server).await?).await?;
        copy(&mut from_server.take(MOST_READ), &mut to_driver).await
    };
    tokio::select! {
        // The driver has hung up, as it may.
        _ = copy(&mut from_driver, &mut to_server) => Ok(()),
        ended = answers => match ended {
            Ok(_) => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Err(error) => Err(error.into()),
        },
    }
}

async fn dial(remote: SocketAddr, tls: Option<&TlsClient>) -> Result<Box<dyn Duplex>, Fault> {
    let stream = TcpStream::connect(remote).await?;
    match tls {
        None => Ok(Box::new(stream)),
        Some(client) => Ok(Box::new(client.handshake(stream).await.map_err(Fault::Tls)?)),
    }
}

/// The first header of the server's, which tells whether it is one at all.
async fn header(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<[u8; HEADER]> {
    let mut header = [0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match stream.read(&mut header[filled..]).await? {
            0 if filled == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            0 => break,
            read => filled += read,
        }
    }
    if filled == HEADER && is_header(&header) {
        return Ok(header);
    }
    let words = format!("it answered {}", quoted(&header[..filled]));
    Err(io::Error::new(io::ErrorKind::InvalidData, words))
}

fn is_header(header: &[u8; HEADER]) -> bool {
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    (16..=LONGEST).contains(&number(0)) && KINDS.contains(&number(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_told_from_another_protocol() {
        assert!(is_header(b"\x26\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00"));
        assert!(!is_header(b"HTTP/1.1 400 Bad"));
        assert!(!is_header(&[0; HEADER]));
    }
}
