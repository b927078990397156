//! From an address to a stream that HTTP can be spoken on: names, TCP or a Unix socket, a proxy's tunnel, TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::address::{Address, Target};
use super::resolve::Resolver;
use super::tls::{self, Tls};
use super::{failure, proxy};
use crate::{Backend, BasicAuth, Cause, HttpSettings, SourceError};

/// A proxy's answer to `CONNECT` is read up to this many bytes.
const LONGEST_TUNNEL_ANSWER: usize = 8 << 10;

/// Both directions of a connection.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<Any: AsyncRead + AsyncWrite + Send + Unpin> Duplex for Any {}

/// Connects to one server, again and again.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) backend: Backend,
    pub(super) address: Address,
    pub(super) proxy: Option<Address>,
    tls: Option<Tls>,
    resolver: Resolver,
    dial_timeout: Duration,
    handshake_timeout: Duration,
    keep_alive: Duration,
}

impl Connector {
    pub(super) fn new(backend: Backend, settings: &HttpSettings) -> Result<Self, SourceError> {
        let address = Address::parse(backend, &settings.address, settings.tls.enabled)?;
        let tls = address.is_tls.then(|| Tls::new(backend, &settings.tls, address.host())).transpose()?;
        Ok(Self {
            backend,
            proxy: proxy::proxy_for(backend, &settings.proxy, &address)?,
            address,
            tls,
            resolver: Resolver::new(),
            dial_timeout: settings.dial_timeout,
            handshake_timeout: settings.tls_handshake_timeout,
            keep_alive: settings.dial_keep_alive,
        })
    }

    pub(super) async fn connect(&self) -> Result<Box<dyn Duplex>, SourceError> {
        let nearest = self.proxy.as_ref().unwrap_or(&self.address);
        let mut stream: Box<dyn Duplex> = match &nearest.target {
            Target::Socket(path) => {
                let connected = UnixStream::connect(path).await;
                Box::new(
                    connected.map_err(|error| failure::dial(self.backend, &nearest.to_string(), &error))?,
                )
            }
            Target::Host { host, port } => Box::new(self.dial(nearest, host, *port).await?),
        };
        let Some(tls) = &self.tls else { return Ok(stream) };
        if let Some(proxy) = &self.proxy {
            tunnel(&mut stream, &self.address, proxy.auth.as_ref()).await.map_err(|why| {
                let evidence = format!("the proxy {proxy} made no tunnel to {}: {why}", self.address);
                SourceError::new(self.backend, Cause::Unreachable, evidence)
            })?;
        }
        self.handshake(tls, stream).await
    }

    /// Tries each address of the name in turn, within the time for dialling as a whole: each may take its share of what is
    /// left, so that one that is silent does not stand for all.
    async fn dial(&self, place: &Address, host: &str, port: u16) -> Result<TcpStream, SourceError> {
        let deadline = Instant::now() + self.dial_timeout;
        let too_late = || {
            let evidence = format!("{place} did not accept a connection within {:?}", self.dial_timeout);
            SourceError::new(self.backend, Cause::ConnectTimeout, evidence)
        };
        let resolving = timeout_at(deadline, self.resolver.resolve(self.backend, host));
        let addresses = resolving.await.map_err(|_| {
            let evidence = format!("{host} was not resolved within {:?}", self.dial_timeout);
            SourceError::new(self.backend, Cause::DnsFailed, evidence)
        })??;
        let mut last = too_late();
        for (tried, address) in addresses.iter().enumerate() {
            let left = deadline.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            match timeout(share, TcpStream::connect(SocketAddr::new(*address, port))).await {
                Ok(Ok(stream)) => {
                    self.tune(&stream);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = failure::dial(self.backend, &place.to_string(), &error),
                Err(_) => last = too_late(),
            }
        }
        Err(last)
    }

    /// A peer that has vanished while a query blocks is noticed by the kernel's probes. A kernel that has no such
    /// options is no reason to fail.
    fn tune(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        if !self.keep_alive.is_zero() {
            let _ = sockopt::set_socket_keepalive(stream, true);
            let _ = sockopt::set_tcp_keepidle(stream, self.keep_alive);
            let _ = sockopt::set_tcp_keepintvl(stream, self.keep_alive);
        }
    }

    async fn handshake(&self, tls: &Tls, stream: Box<dyn Duplex>) -> Result<Box<dyn Duplex>, SourceError> {
        let connector = TlsConnector::from(tls.config.clone());
        let place = self.address.to_string();
        match timeout(self.handshake_timeout, connector.connect(tls.name.clone(), stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(match failure::tls_below(&error) {
                Some(below) => tls::failure(self.backend, &place, below),
                None => SourceError::new(
                    self.backend,
                    Cause::TlsFailed,
                    format!("{place} ended the TLS handshake: {error}"),
                ),
            }),
            Err(_) => {
                let evidence =
                    format!("{place} did not finish the TLS handshake within {:?}", self.handshake_timeout);
                Err(SourceError::new(self.backend, Cause::TlsFailed, evidence))
            }
        }
    }
}

/// The value of a header for basic authentication (RFC 7617).
pub(super) fn basic(auth: &BasicAuth) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", auth.username, auth.password)))
}

/// Asks a proxy for a tunnel (RFC 9110, 9.3.6).
async fn tunnel(stream: &mut dyn Duplex, server: &Address, auth: Option<&BasicAuth>) -> io::Result<()> {
    let authorization =
        auth.map(|auth| format!("Proxy-Authorization: {}\r\n", basic(auth))).unwrap_or_default();
    let request = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == LONGEST_TUNNEL_ANSWER {
            return Err(io::Error::other("its answer has no end"));
        }
        // Byte by byte: what follows the empty line belongs to the server behind.
        answer.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&answer);
    let status = text.lines().next().unwrap_or_default();
    match status.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(io::Error::other(format!("it answered {status:?}"))),
    }
}
