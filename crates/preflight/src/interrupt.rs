//! SIGTERM and SIGINT as something to wait for.

use std::cell::Cell;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The two signals that end a run, from the moment this exists.
pub(crate) struct Interrupt {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
    caught: Cell<Option<Caught>>,
}

/// A signal that was caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caught {
    /// Its name, `SIGTERM`.
    pub(crate) name: &'static str,
    /// Its number.
    pub(crate) number: u8,
}

impl Interrupt {
    /// Begins to listen. Must be called within the runtime.
    pub(crate) fn listen() -> Self {
        let listen = |kind| signal(kind).ok();
        Self {
            terminate: listen(SignalKind::terminate()),
            interrupt: listen(SignalKind::interrupt()),
            caught: Cell::new(None),
        }
    }

    /// Ends when one of them has come; never if neither does.
    pub(crate) async fn wait(&mut self) {
        let caught = tokio::select! {
            () = arrival(&mut self.terminate) => Caught { name: "SIGTERM", number: 15 },
            () = arrival(&mut self.interrupt) => Caught { name: "SIGINT", number: 2 },
        };
        self.caught.set(Some(caught));
    }

    /// The signal that came, if one did.
    pub(crate) fn caught(&self) -> Option<Caught> {
        self.caught.get()
    }
}

async fn arrival(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}
