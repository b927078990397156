//! Asks a run for its status, through its socket.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use crate::Document;
use crate::socket::Place;

/// A run answers from memory; one that does not within this time hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// No document is longer.
const LONGEST: u64 = 64 * 1024 * 1024;

/// There is no status to be had.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No run listens at any of the places.
    #[error("nothing runs here: no status socket at {}", Places(.places))]
    NothingRuns {
        /// Where was looked.
        places: Vec<Place>,
    },
    /// A run is there, and we may not ask it.
    #[error("the status socket {place} is another user's")]
    Forbidden {
        /// Where.
        place: Place,
    },
    /// It does not answer, or something else does.
    #[error("there is no status from {place}")]
    NoAnswer {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ClientError {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NothingRuns { .. } => {
                "is it this container and this user that `preflight run` runs in? --socket PATH names its socket"
            }
            Self::Forbidden { .. } => "ask as the user that `preflight run` runs as, or as root",
            Self::NoAnswer { .. } => "does a `preflight run` of about this version listen there?",
        }
    }
}

/// The status of the first run that listens at one of these places.
///
/// # Errors
/// When there is none, or it does not answer.
pub fn ask(places: &[Place]) -> Result<Document, ClientError> {
    let mut forbidden = None;
    for place in places {
        let failed = |source| ClientError::NoAnswer { place: place.clone(), source };
        match place.connect() {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
                stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
                let body = request(stream).map_err(failed)?;
                return serde_json::from_slice(&body).map_err(|error| failed(error.into()));
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                forbidden.get_or_insert_with(|| place.clone());
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(match forbidden {
        Some(place) => ClientError::Forbidden { place },
        None => ClientError::NothingRuns { places: places.to_vec() },
    })
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory)
}

/// The body of `/status.json`.
fn request(mut stream: impl Read + Write) -> io::Result<Vec<u8>> {
    stream.write_all(b"GET /status.json HTTP/1.1\r\nHost: preflight\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    let ends = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let Some(end) = ends.filter(|_| answer.starts_with(b"HTTP/1.1 200 ")) else {
        let what = if answer.is_empty() { "it says nothing" } else { "its answer is not a status" };
        return Err(io::Error::new(ErrorKind::InvalidData, what));
    };
    answer.drain(..end + 4);
    Ok(answer)
}

struct Places<'a>(&'a [Place]);

impl std::fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, place) in self.0.iter().enumerate() {
            write!(f, "{}{place}", if number == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
