//! Where a service's three streams go.

use std::io;

use preflight_processes::Streams;

use crate::Service;

/// What a process is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The service's own program.
    Run,
    /// Its finish program.
    Finish,
    /// A program from runit's `control/`.
    Hook,
    /// A command that finds out whether it is ready or well.
    Probe,
}

/// Connects a process's streams just before it is started. Must not block: the loop that looks after all services calls
/// it. The ends that are given away are closed here when the process has started.
pub trait Plumbing: Send {
    /// The streams for one process.
    ///
    /// # Errors
    /// When they cannot be made; the process is not started then, and tried again as after any failure.
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams>;
}

/// All streams are ours.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inherited;

impl Plumbing for Inherited {
    fn connect(&mut self, _service: &Service, _purpose: Purpose) -> io::Result<Streams> {
        Ok(Streams::default())
    }
}
