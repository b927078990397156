//! Carries the driver's connection over ours. The driver can only dial, and verifies certificates its own way: it
//! dials a door on this machine instead, and when it asks the server for TLS, the handshake is made here.
//!
//! Behind a door that is a Unix socket the driver asks for TLS but takes the socket for safe and makes no handshake of
//! its own; the packets and their numbers then stay as they are while everything towards the server is encrypted. The
//! driver also takes such a socket for safe enough for a password in clear, so it must lead to an encrypted connection
//! only. A plain connection goes through a loopback port.

use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener};

use super::greeting::{self, Greeting};
use crate::net::bounded::Duplex;
use crate::net::tls::TlsClient;
use crate::probe::Layer;
use crate::{Failure, Item, Probe};

/// Moves bytes between the driver and the server until either ends; whatever asks the driver polls it beside.
pub(super) type Pump = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the driver dials.
#[derive(Debug)]
pub(super) enum Door {
    /// A port on the loopback interface.
    Port(TcpListener),
    /// A name in the abstract namespace of Unix sockets, which leaves nothing in the file system.
    Name(String, UnixListener),
}

impl Door {
    /// Opens a door for a plain or an encrypted connection.
    ///
    /// # Errors
    /// When neither a port nor a name can be had.
    pub(super) async fn open(encrypted: bool) -> io::Result<Self> {
        if !encrypted {
            return Ok(Self::Port(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?));
        }
        let name = format!("\0preflight-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let listener = UnixListener::bind(&name)?;
        Ok(Self::Name(name, listener))
    }

    async fn accept(self) -> io::Result<Box<dyn Duplex>> {
        match self {
            Self::Port(listener) => Ok(Box::new(listener.accept().await?.0)),
            Self::Name(_, listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

/// Lets the driver in, hands it the server's greeting and, with a TLS client, makes the handshake when the driver
/// asks for it.
///
/// # Errors
/// A class of `tls.*`, or the kind's common ones.
pub(super) async fn connect(
    item: &Item,
    probe: &mut Probe,
    (door, mut server): (Door, TcpStream),
    greeting: &Greeting,
    tls: Option<&TlsClient>,
) -> Result<Pump, Failure> {
    let mut driver = door.accept().await.map_err(|error| probe.broken(item, &error))?;
    driver.write_all(&greeting.packet).await.map_err(|error| probe.broken(item, &error))?;
    let Some(tls) = tls else { return Ok(pump(driver, server)) };
    let request = async {
        let request = greeting::packet(&mut driver, 1).await?;
        server.write_all(&request).await
    };
    request.await.map_err(|error| probe.broken(item, &error))?;
    probe.enter(Layer::Tls);
    let server = tls.handshake(server).await?;
    probe.leave();
    probe.note_tls(tls);
    probe.enter(Layer::Login);
    Ok(pump(driver, server))
}

fn pump(mut driver: Box<dyn Duplex>, mut server: impl Duplex + 'static) -> Pump {
    Box::pin(async move {
        // An error ends the driver's connection as well, which is how the driver learns of it.
        let _ = copy_bidirectional(&mut driver, &mut server).await;
    })
}

/// Does `work` with the driver while the pump moves its bytes.
pub(super) async fn beside<Value>(pump: &mut Option<Pump>, work: impl Future<Output = Value>) -> Value {
    tokio::pin!(work);
    if let Some(moving) = pump {
        tokio::select! {
            biased;
            value = &mut work => return value,
            () = moving => {}
        }
        *pump = None;
    }
    work.await
}
