//! The signals that this program receives, as a stream.

use std::{future::poll_fn, io, task::Poll};

use tokio::signal::unix::{Signal as Received, SignalKind, signal};

use crate::Signal;

/// Receives signals. Once listened for, a signal no longer ends the program, for as long as the program runs.
#[derive(Debug)]
pub struct Signals {
    sources: Vec<(Signal, Received)>,
}

impl Signals {
    /// Listens for these.
    ///
    /// # Errors
    /// When one of them cannot be listened for (`KILL`, `STOP`, and those of a program's own faults).
    ///
    /// # Panics
    /// Outside of a tokio runtime with its IO driver.
    pub fn listen(signals: &[Signal]) -> io::Result<Self> {
        let sources = signals
            .iter()
            .map(|one| Ok((*one, signal(SignalKind::from_raw(one.number()))?)))
            .collect::<io::Result<_>>()?;
        Ok(Self { sources })
    }

    /// The next one. Several of one kind that come at the same time may be told as one, as the system does. Never ready
    /// when nothing is listened for. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let ready = self.sources.iter_mut().find_map(|(signal, source)| {
                matches!(source.poll_recv(context), Poll::Ready(Some(()))).then_some(*signal)
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}
