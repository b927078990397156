//! The signals that this program receives, as a stream.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};

use tokio::{
    signal::unix::{Signal as Received, SignalKind, signal},
    sync::mpsc::Receiver,
};

use crate::Signal;

/// Receives signals. Once listened for, a signal no longer ends the program, for as long as the program runs.
#[derive(Debug)]
pub struct Signals {
    sources: Vec<Source>,
}

#[derive(Debug)]
enum Source {
    System(Signal, Received),
    Channel(Receiver<Signal>),
}

impl Signals {
    /// Listens for these; not for those for real time that the system does not give away. What runs us in its own process,
    /// such as valgrind or an emulator, keeps some of them to itself, and they never come.
    ///
    /// # Errors
    /// When one of the others cannot be listened for (`KILL`, `STOP`, and those of a program's own faults).
    ///
    /// # Panics
    /// Outside of a tokio runtime with its IO driver.
    pub fn listen(signals: &[Signal]) -> io::Result<Self> {
        let sources = signals
            .iter()
            .filter_map(|one| match signal(SignalKind::from_raw(one.number())) {
                Err(_) if one.is_for_real_time() => None,
                received => Some(received.map(|received| Source::System(*one, received))),
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { sources })
    }

    /// Signals that come another way than from the system: from somebody who receives them for several.
    pub fn from_channel(receiver: Receiver<Signal>) -> Self {
        Self { sources: vec![Source::Channel(receiver)] }
    }

    /// From now on, one that is listened for is told as another one.
    pub fn tell_as(&mut self, heard: Signal, told: Signal) {
        for source in &mut self.sources {
            if let Source::System(signal, _) = source
                && *signal == heard
            {
                *signal = told;
            }
        }
    }

    /// The next one. Several of one kind that come at the same time may be told as one, as the system does. Never ready
    /// when nothing is listened for. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let ready = self.sources.iter_mut().find_map(|source| source.poll(context));
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Source {
    fn poll(&mut self, context: &mut Context<'_>) -> Option<Signal> {
        match self {
            Self::System(signal, received) => {
                matches!(received.poll_recv(context), Poll::Ready(Some(()))).then_some(*signal)
            }
            Self::Channel(receiver) => match receiver.poll_recv(context) {
                Poll::Ready(signal) => signal,
                Poll::Pending => None,
            },
        }
    }
}
