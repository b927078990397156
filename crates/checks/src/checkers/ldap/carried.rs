//! The driver's connection: one end of a pair of sockets, whose other end is carried over the stream that we made.
//!
//! The driver takes no stream but the system's own, and would make TLS by itself and in a task that nobody can stop.

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream as StandardStream;
use std::pin::pin;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;

use crate::Failure;
use crate::net::bounded::Bounded;

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server said something that is a failure.
    Failed(Failure),
    /// The connection broke, or what came was not LDAP.
    Broken(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<LdapError> for Stop {
    fn from(error: LdapError) -> Self {
        Self::Broken(match error {
            LdapError::Io { source } => source,
            // The driver has ended because the connection has.
            other => io::Error::new(io::ErrorKind::UnexpectedEof, other.to_string()),
        })
    }
}

/// Runs `talk` with a session over `stream`, and beside it the driver and the carrier; none outlives this future.
pub(super) async fn converse<Talk: Future<Output = Result<(), Stop>>>(
    mut stream: Bounded,
    talk: impl FnOnce(Ldap) -> Talk,
) -> Result<(), Stop> {
    let (near, far) = StandardStream::pair().map_err(Stop::Broken)?;
    far.set_nonblocking(true).map_err(Stop::Broken)?;
    let mut far = UnixStream::from_std(far).map_err(Stop::Broken)?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(near));
    let (connection, session) = LdapConnAsync::with_settings(settings, "ldapi:///").await?;
    let mut talk = pin!(talk(session));
    let mut driver = pin!(connection.drive());
    let mut carrier = pin!(async move {
        let outcome = copy_bidirectional(&mut far, &mut stream).await;
        // Closing our end is how the driver learns of it.
        drop(far);
        outcome
    });
    let (mut driving, mut carrying) = (true, true);
    let mut cause = None;
    loop {
        tokio::select! {
            biased;
            outcome = &mut talk => {
                return match (outcome, cause) {
                    (Err(Stop::Broken(_)), Some(cause)) => Err(Stop::Broken(cause)),
                    (outcome, _) => outcome,
                };
            }
            outcome = &mut carrier, if carrying => {
                carrying = false;
                cause = outcome.err().or(cause);
            }
            outcome = &mut driver, if driving => {
                driving = false;
                cause = cause.or_else(|| outcome.err().map(not_ldap));
            }
        }
    }
}

/// The driver itself fails only when it cannot read what came.
fn not_ldap(error: LdapError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
