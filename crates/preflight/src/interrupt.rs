//! SIGTERM and SIGINT as something to wait for.

use std::cell::Cell;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Named};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Faults of our own, which must not wait.
const FAULTS: [Named; 7] = [
    Named::SIGILL,
    Named::SIGTRAP,
    Named::SIGABRT,
    Named::SIGBUS,
    Named::SIGFPE,
    Named::SIGSEGV,
    Named::SIGSYS,
];

/// Signals that come are kept back by the system until somebody listens: a container's first process would never hear of
/// one that comes before that. They are let through by [`Held::release`], or by who listens.
#[derive(Debug)]
#[must_use]
pub(crate) struct Held {
    before: Option<SigSet>,
}

impl Held {
    /// From now on.
    pub(crate) fn back() -> Self {
        let mut signals = SigSet::all();
        FAULTS.into_iter().for_each(|fault| signals.remove(fault));
        Self { before: signals.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() }
    }

    /// As whoever started us has it.
    pub(crate) fn release(self) {
        if let Some(before) = self.before {
            // Refused only for what is no set of signals.
            let _ = before.thread_set_mask();
        }
    }
}

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
