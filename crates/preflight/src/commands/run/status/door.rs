//! The socket of a run.

use std::convert::Infallible;
use std::error::Error;
use std::ffi::OsStr;
use std::future::pending;

use preflight_status::Board;
use preflight_status::server::{Listener, serve};
use preflight_status::socket::{Bound, Place, SocketError, our_places, take, take_first};
use tokio::net::UnixListener;

use super::super::voice::Voice;

/// Where the socket is to be, and whether it is worth a line when it cannot be had.
#[derive(Debug, Clone)]
pub(super) struct Door {
    asked: Option<Place>,
    is_talkative: bool,
}

impl Door {
    pub(super) fn new(asked: Option<&OsStr>, is_verbose: bool) -> Self {
        let asked = asked.filter(|place| !place.is_empty()).map(Place::of_word);
        Self { is_talkative: is_verbose || asked.is_some(), asked }
    }

    /// The user of a single command did not ask for a supervisor, and does not miss its socket.
    pub(super) fn for_services(&self, are_services: bool) -> Self {
        Self { is_talkative: self.is_talkative || are_services, ..self.clone() }
    }

    /// Answers who asks. Without a socket everything else goes on. Never ends.
    pub(super) async fn keep(self, board: &Board, voice: &Voice) -> Infallible {
        let taken = match &self.asked {
            Some(place) => take(place),
            None => take_first(&our_places()),
        };
        let taken = taken.and_then(|Bound { place, listener, file }| {
            let listener = UnixListener::from_std(listener);
            Ok((listener.map_err(|source| SocketError::Refused { place, source })?, file))
        });
        match taken {
            Ok((listener, _file)) => serve(&Listener::Unix(listener), board).await,
            Err(error) => {
                self.tell(&error, voice);
                pending().await
            }
        }
    }

    fn tell(&self, error: &SocketError, voice: &Voice) {
        if self.is_talkative {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let hint = "`preflight status` has nobody to ask; --status-socket names another place";
            voice.say(&format!("no status socket: {error}{cause} — hint: {hint}"));
        }
    }
}
