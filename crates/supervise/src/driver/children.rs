//! The processes and tasks of one service.

use std::sync::Arc;

use preflight_processes::{Below, Process, Signal};
use tokio::{net::unix::pipe, task::AbortHandle};

use crate::Event;

/// The processes and tasks of one service. Dropped, its tasks end; its processes do not.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// Counts its processes, so that late news of one are not taken for those of the next.
    pub(super) life: u64,
    pub(super) process: Option<Arc<Process>>,
    pub(super) finish: Option<Arc<Process>>,
    pub(super) hook: Option<Acting>,
    pub(super) group: Option<Arc<Below>>,
    /// How often the kernel had killed for want of memory when it was started.
    pub(super) memory_kills: Option<u64>,
    /// Where it will say that it is ready.
    pub(super) listens: Option<Listens>,
    pub(super) probes: Tasks,
    pub(super) waits: Tasks,
}

impl Children {
    /// What has ended is held no longer: it would stay a zombie.
    pub(super) fn forget(&mut self, event: &Event) {
        match event {
            Event::Exited { leftovers: false, .. } | Event::Gone => self.process = None,
            Event::Finished => self.finish = None,
            Event::HookEnded { .. } => self.hook = None,
            _ => {}
        }
    }
}

/// The program of a hook, which ends with whoever waits for it.
#[derive(Debug)]
pub(super) struct Acting(pub(super) Arc<Process>);

impl Drop for Acting {
    fn drop(&mut self) {
        if self.0.status().is_none() {
            // It may not be signalled, and nobody is left to tell.
            let _ = self.0.signal(Signal::KILL);
        }
    }
}

/// Where a service says that it is ready.
#[derive(Debug)]
pub(super) enum Listens {
    Pipe(pipe::Receiver),
    Socket(tokio::net::UnixDatagram),
}

/// Tasks that end with their owner.
#[derive(Debug, Default)]
pub(super) struct Tasks(Vec<AbortHandle>);

impl Tasks {
    pub(super) fn add(&mut self, task: AbortHandle) {
        self.0.retain(|task| !task.is_finished());
        self.0.push(task);
    }

    pub(super) fn end(&mut self) {
        for task in self.0.drain(..) {
            task.abort();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end();
    }
}
