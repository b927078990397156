//! Connections to every address of a name at once; one dead address of three is a warning.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use crate::item::Endpoint;
use crate::probe::Warning;
use crate::{Class, Failure, kinds};

/// How long the other addresses may still take once one has accepted.
const GRACE: Duration = Duration::from_millis(300);

/// The first connection that stood, and what was wrong with the other addresses.
#[derive(Debug)]
pub struct Connected {
    /// The open connection.
    pub stream: TcpStream,
    /// Where it goes.
    pub address: SocketAddr,
    /// The addresses that did not accept.
    pub warnings: Vec<Warning>,
}

/// Connects to all addresses at once and keeps the first connection that stands, in the order of the answers when
/// several stand at the same moment.
///
/// # Errors
/// A class of `tcp.*` when no address accepts.
pub async fn connect_to_all(addresses: &[IpAddr], endpoint: &Endpoint) -> Result<Connected, Failure> {
    let mut attempts: FuturesUnordered<_> =
        addresses.iter().map(|address| attempt(SocketAddr::new(*address, endpoint.port))).collect();
    let mut open: Option<(TcpStream, SocketAddr)> = None;
    let mut dead: Vec<(SocketAddr, io::Error)> = Vec::new();
    let mut settled = Vec::new();
    loop {
        let next = if open.is_some() {
            tokio::time::timeout(GRACE, attempts.next()).await.ok().flatten()
        } else {
            attempts.next().await
        };
        let Some((address, outcome)) = next else { break };
        settled.push(address.ip());
        match outcome {
            Ok(stream) if open.is_none() => open = Some((stream, address)),
            Ok(_) => {}
            Err(error) => dead.push((address, error)),
        }
    }
    let silent = addresses.iter().copied().filter(|address| !settled.contains(address)).collect();
    match open {
        Some((stream, address)) => {
            Ok(Connected { stream, address, warnings: warnings(endpoint, &dead, silent) })
        }
        None => Err(nobody_accepts(endpoint, &dead)),
    }
}

async fn attempt(address: SocketAddr) -> (SocketAddr, io::Result<TcpStream>) {
    let outcome = TcpStream::connect(address).await;
    if let Ok(stream) = &outcome {
        // A latency setting; a connection without it works as well.
        let _ = stream.set_nodelay(true);
    }
    (address, outcome)
}

fn warnings(endpoint: &Endpoint, dead: &[(SocketAddr, io::Error)], silent: Vec<IpAddr>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = dead
        .iter()
        .filter(|(address, error)| !no_such_family(*address, error) && !is_localhost(endpoint))
        .map(|(address, error)| Warning {
            class: &kinds::tcp::ADDRESS_DEAD,
            evidence: format!("{endpoint} also has the address {}, which {}", address.ip(), verb(error)),
        })
        .collect();
    warnings.extend(silent.into_iter().map(|address| Warning {
        class: &kinds::tcp::ADDRESS_DEAD,
        evidence: format!(
            "{endpoint} also has the address {address}, which had not answered {} ms after another one",
            GRACE.as_millis()
        ),
    }));
    warnings
}

/// `localhost` stands for 127.0.0.1 and ::1, and servers listen on the one that they like.
fn is_localhost(endpoint: &Endpoint) -> bool {
    endpoint.host.eq_ignore_ascii_case("localhost")
}

/// A container without IPv6 cannot reach IPv6 addresses, and need not.
fn no_such_family(address: SocketAddr, error: &io::Error) -> bool {
    address.is_ipv6()
        && matches!(
            error.kind(),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
        )
}

/// The class of the failure is that of the address that got furthest.
fn nobody_accepts(endpoint: &Endpoint, dead: &[(SocketAddr, io::Error)]) -> Failure {
    let worst = dead.iter().min_by_key(|(address, error)| (no_such_family(*address, error), rank(error)));
    let Some((_, error)) = worst else {
        return Failure::new(&kinds::tcp::UNREACHABLE, format!("{endpoint} has no address to connect to"));
    };
    let class = class_of(error);
    let evidence = match dead {
        [(address, error)] if address.ip().to_string() == endpoint.host => {
            format!("{endpoint} {}", verb(error))
        }
        [(address, error)] => format!("{endpoint} ({}) {}", address.ip(), verb(error)),
        several => {
            let each: Vec<String> =
                several.iter().map(|(address, error)| format!("{} {}", address.ip(), verb(error))).collect();
            format!("{endpoint}: none of {} addresses accepts: {}", several.len(), each.join(", "))
        }
    };
    Failure::new(class, evidence)
}

fn rank(error: &io::Error) -> u8 {
    match error.kind() {
        io::ErrorKind::ConnectionReset => 0,
        io::ErrorKind::ConnectionRefused => 1,
        io::ErrorKind::TimedOut => 2,
        _ => 3,
    }
}

/// The class that a failed connection attempt has.
#[must_use]
pub fn class_of(error: &io::Error) -> &'static Class {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => &kinds::tcp::REFUSED,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => &kinds::tcp::RESET,
        io::ErrorKind::TimedOut => &kinds::tcp::TIMEOUT,
        io::ErrorKind::PermissionDenied => &kinds::tcp::DENIED,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::QuotaExceeded => &kinds::tcp::NO_LOCAL_RESOURCE,
        _ if error.raw_os_error().is_some_and(out_of_resources) => &kinds::tcp::NO_LOCAL_RESOURCE,
        _ => &kinds::tcp::UNREACHABLE,
    }
}

fn out_of_resources(code: i32) -> bool {
    [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE, rustix::io::Errno::NOBUFS, rustix::io::Errno::NOMEM]
        .iter()
        .any(|errno| errno.raw_os_error() == code)
}

fn verb(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused the connection".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "reset the connection".to_owned()
        }
        io::ErrorKind::TimedOut => "did not answer".to_owned(),
        io::ErrorKind::HostUnreachable => "cannot be reached (no route to host)".to_owned(),
        io::ErrorKind::NetworkUnreachable => "cannot be reached (network unreachable)".to_owned(),
        _ => format!("cannot be connected to ({error})"),
    }
}
