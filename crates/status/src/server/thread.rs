//! A server on a thread of its own: whoever asks takes no time from the services.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::str::FromStr;
use std::thread;

use tokio::sync::oneshot;

use super::{Listener, serve};
use crate::Board;

/// A page with many services is made on it; few of its pages are ever touched.
const STACK: usize = 512 * 1024;

/// Where it is listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// `None`: on every address of this machine.
    host: Option<IpAddr>,
    port: u16,
}

/// An address is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address and a port, or a port alone: 127.0.0.1:9180, [::1]:9180, :9180")]
pub struct NotAnAddress;

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("listen on {address}")]
pub struct NotListening {
    /// Which one.
    pub address: Address,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A server's thread, which ends soon after this is dropped.
#[derive(Debug)]
pub struct Thread {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// Listens on an address, and answers from now on.
///
/// # Errors
/// When the address is taken or not ours, or the system gives no thread.
pub fn listen(address: Address, board: &Board) -> Result<Thread, NotListening> {
    let failed = |source| NotListening { address, source };
    let listener = address.bind().map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    let board = board.clone();
    let answer = move || {
        runtime.block_on(async {
            // It can only be refused outside of a runtime.
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            let listener = Listener::Tcp(listener);
            tokio::select! {
                never = serve(&listener, &board) => match never {},
                _ = stopped => {}
            }
        });
    };
    thread::Builder::new().name("status".into()).stack_size(STACK).spawn(answer).map_err(failed)?;
    Ok(Thread { address: bound, _stop: stop })
}

impl Thread {
    /// Where it listens: with the port that the system chose when none was said.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Address {
    fn bind(self) -> io::Result<TcpListener> {
        match self.host {
            Some(host) => TcpListener::bind((host, self.port)),
            // Both kinds of addresses through one socket, see ipv6(7); or there is only the old one.
            None => TcpListener::bind((Ipv6Addr::UNSPECIFIED, self.port)).or_else(|error| {
                if error.kind() == io::ErrorKind::AddrInUse {
                    return Err(error);
                }
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, self.port))
            }),
        }
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: Some(address.ip()), port: address.port() });
        }
        if let Some(port) = text.strip_prefix("localhost:") {
            let port = port.parse().map_err(|_| NotAnAddress)?;
            return Ok(Self { host: Some(Ipv4Addr::LOCALHOST.into()), port });
        }
        let port = text.strip_prefix(':').unwrap_or(text);
        port.parse().map(|port| Self { host: None, port }).map_err(|_| NotAnAddress)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Some(host) => SocketAddr::new(host, self.port).fmt(f),
            None => write!(f, ":{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_a_port_alone() {
        for (text, shown) in [
            ("127.0.0.1:9180", "127.0.0.1:9180"),
            ("[::1]:80", "[::1]:80"),
            ("localhost:80", "127.0.0.1:80"),
            (":9180", ":9180"),
            ("9180", ":9180"),
            ("0.0.0.0:0", "0.0.0.0:0"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        for text in ["", ":", "example.com:80", "127.0.0.1", "127.0.0.1:70000", "[::1]", "-1"] {
            assert_eq!(text.parse::<Address>(), Err(NotAnAddress), "{text}");
        }
    }

    #[test]
    fn a_port_alone_is_on_every_address_and_free_again_when_nobody_holds_it() {
        let board = Board::new(crate::Run { contract: None, redactor: Box::new(Default::default) });
        let first = listen("0".parse().unwrap(), &board).unwrap();
        let port = first.address().port();
        assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        let address: Address = format!(":{port}").parse().unwrap();
        assert_eq!(listen(address, &board).unwrap_err().source.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        let again = (0..500).find_map(|_| {
            thread::sleep(std::time::Duration::from_millis(10));
            listen(address, &board).ok()
        });
        assert!(again.is_some());
    }
}
