//! The ports that are checked: loopback sockets of this process, which need nobody to serve them.

use crate::failure::Failure;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A port that has not accepted by then on the loopback never will.
const SILENT: Duration = Duration::from_millis(150);
/// A queue of length 0 takes one connection; a kernel that takes more than this never fills up.
const MOST_FILLERS: usize = 8;

/// Ports that accept and ports that say nothing. All are closed when this is dropped.
#[derive(Default)]
pub(super) struct Load {
    open: Vec<TcpListener>,
    silent: Vec<(TcpListener, Vec<TcpStream>)>,
}

impl Load {
    /// That many ports of each kind.
    ///
    /// # Errors
    /// When the system gives no more sockets, or its ports cannot be made silent.
    pub(super) fn new(open: usize, silent: usize) -> Result<Self, Failure> {
        Ok(Self {
            open: (0..open).map(|_| listen()).collect::<Result<_, _>>()?,
            silent: (0..silent).map(|_| listen().and_then(fill)).collect::<Result<_, _>>()?,
        })
    }

    /// All addresses, the silent ones last.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let listeners = self.open.iter().chain(self.silent.iter().map(|(listener, _)| listener));
        listeners.filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Takes away the connections that the kernel has accepted for the open ports. Between measurements, not during
    /// them: a thread that accepts would take the processor from what is measured.
    pub(super) fn drain(&self) {
        for listener in &self.open {
            while listener.accept().is_ok() {}
        }
    }
}

fn listen() -> Result<TcpListener, Failure> {
    let failed = |action| Failure::io(action, "a loopback port");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed("bind"))?;
    listener.set_nonblocking(true).map_err(failed("set up"))?;
    // What is accepted inherits this and is ended with a reset. Else each connection would be remembered for a minute
    // at its client's end, and tens of thousands of those make every further connection slow.
    rustix::net::sockopt::set_socket_linger(&listener, Some(Duration::ZERO))
        .map_err(|error| failed("set up")(error.into()))?;
    Ok(listener)
}

/// Lets the queue of waiting connections be as short as it can and fills it: from then on Linux drops each SYN
/// without a word, as a firewall does.
fn fill(listener: TcpListener) -> Result<(TcpListener, Vec<TcpStream>), Failure> {
    let failed = |action| Failure::io(action, "a loopback port");
    rustix::net::listen(&listener, 0).map_err(|error| failed("shorten the queue of")(error.into()))?;
    let address = listener.local_addr().map_err(failed("find"))?;
    let mut fillers = Vec::new();
    while fillers.len() < MOST_FILLERS {
        match TcpStream::connect_timeout(&address, SILENT) {
            Ok(filler) => fillers.push(filler),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => return Ok((listener, fillers)),
            Err(error) => return Err(failed("fill")(error)),
        }
    }
    Err(Failure::Missing {
        what: "a silent port".to_owned(),
        hint: "this kernel answers SYNs although a listening socket's queue is full".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ports_accept_again_and_again() {
        let load = Load::new(2, 0).unwrap();
        for _ in 0..50 {
            for address in load.addresses() {
                TcpStream::connect_timeout(&address, SILENT).unwrap();
            }
            load.drain();
        }
    }

    #[test]
    fn silent_ports_neither_accept_nor_refuse() {
        let load = Load::new(1, 2).unwrap();
        for address in &load.addresses()[1..] {
            let error = TcpStream::connect_timeout(address, SILENT).unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        }
    }
}
