//! A connection that we have made, for a driver that can only dial.
//!
//! Some drivers take neither an open stream nor a TLS client of ours, and would resolve the name through the C
//! library. They are given a port on the loopback interface instead: the one connection that it takes is carried
//! over the stream that has already passed the DNS, TCP and TLS layers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The loopback end of a tunnel; the tunnel ends when this is dropped.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    carrier: JoinHandle<()>,
}

impl Tunnel {
    /// Opens a loopback port that carries exactly one connection over `stream`.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn open<Stream>(mut stream: Stream) -> io::Result<Self>
    where
        Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let carrier = tokio::spawn(async move {
            let Ok((mut local, _)) = listener.accept().await else { return };
            drop(listener);
            // Either side's end or error ends the driver's connection, which is how the driver learns of it.
            let _ = copy_bidirectional(&mut local, &mut stream).await;
        });
        Ok(Self { address, carrier })
    }

    /// Where the driver must dial.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}
