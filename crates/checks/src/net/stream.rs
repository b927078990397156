//! An open connection to a server whose protocol is in TLS from the first byte or not at all.

use std::time::Duration;

use preflight_contract::Attribute;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::net::Reached;
use crate::net::bounded::Duplex;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Class, Endpoint, Failure, Item, Probe, kinds};

/// How long a second connection may take to find out whether a port speaks TLS.
const SECOND_LOOK: Duration = Duration::from_millis(500);

/// How long a server may think about a TLS greeting before it is asked whether it speaks plain.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Goes through the DNS and TCP layers and, where `settings` require it, the TLS layer. A server that waits in silence
/// for the rest of the TLS greeting, but answers `hello` in plain on a second connection, is told to be not TLS.
///
/// # Errors
/// A class of `dns.*`, `tcp.*` or `tls.*`.
pub async fn open(
    probe: &mut Probe,
    endpoint: &Endpoint,
    settings: &TlsSettings,
    hello: &[u8],
) -> Result<(Reached, Box<dyn Duplex>), Failure> {
    let (reached, stream) = probe.connect(endpoint).await?;
    if !settings.mode.is_required() {
        return Ok((reached, Box::new(stream)));
    }
    let mut handshake = Box::pin(probe.tls(stream, &endpoint.host, settings));
    let stream = match timeout(PATIENCE, &mut handshake).await {
        Ok(done) => done?,
        Err(_) if !hello.is_empty() && answers_plain(&reached, hello).await => {
            let evidence = format!("{reached} does not answer a TLS greeting, but it answers in plain");
            return Err(Failure::new(&kinds::tls::NOT_TLS, evidence));
        }
        Err(_) => handshake.await?,
    };
    Ok((reached, Box::new(stream)))
}

/// Whether anything comes back for `hello` on a connection without TLS. Half a second at most.
async fn answers_plain(reached: &Reached, hello: &[u8]) -> bool {
    first_answer(reached, hello).await.is_some()
}

/// What first comes back for `hello` on another connection without TLS; half a second at most. A driver that writes on
/// to a peer that has answered and gone learns of the going only, and the answer says more.
pub async fn first_answer(reached: &Reached, hello: &[u8]) -> Option<Vec<u8>> {
    let look = async {
        let mut stream = TcpStream::connect(reached.address).await.ok()?;
        stream.write_all(hello).await.ok()?;
        let mut answer = vec![0; 256];
        let read = stream.read(&mut answer).await.ok().filter(|read| *read > 0)?;
        answer.truncate(read);
        Some(answer)
    };
    timeout(SECOND_LOOK, look).await.ok().flatten()
}

/// Whether the port that did not understand us in plain answers a TLS greeting. Half a second at most.
pub async fn speaks_tls(probe: &Probe, reached: &Reached) -> bool {
    let Ok(client) = probe.tls_client(&TlsSettings::new(TlsMode::Require), &reached.endpoint.host) else {
        return false;
    };
    let look = async {
        let stream = TcpStream::connect(reached.address).await.ok()?;
        match client.handshake(stream).await {
            Ok(_) => Some(true),
            Err(failure) => Some(failure.class == &kinds::tls::CLIENT_CERTIFICATE),
        }
    };
    timeout(SECOND_LOOK, look).await.ok().flatten().unwrap_or(false)
}

/// A failure to understand each other in plain, with the better diagnosis `wants_tls` when the port speaks TLS.
pub async fn plain_or_tls(
    probe: &Probe,
    item: &Item,
    (reached, settings): (&Reached, &TlsSettings),
    failure: Failure,
    wants_tls: &'static Class,
) -> Failure {
    let puzzled = item
        .kind
        .common
        .is_some_and(|common| [common.closed, common.wrong_protocol].contains(&failure.class));
    if !puzzled || settings.mode.is_required() || !speaks_tls(probe, reached).await {
        return failure;
    }
    let mode = item.name_of(Attribute::Sslmode);
    let evidence =
        format!("{reached} speaks {} only inside TLS, and was spoken to in plain", item.kind.title);
    Failure::new(wants_tls, evidence)
        .with_hint(format!("set {mode}=verify-full, or use the server's plain port"))
}
