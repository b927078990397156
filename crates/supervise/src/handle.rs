//! How others talk to a running supervisor.

use std::{path::PathBuf, sync::Arc, time::Duration};

use preflight_processes::Signal;
use tokio::sync::{mpsc, watch};

use crate::{Command, Fleet, Name, Service, Snapshot};

/// Talks to a running supervisor. Clones are the same. What is said to one that has ended is not heard, silently.
#[derive(Debug, Clone)]
pub struct Handle {
    requests: mpsc::UnboundedSender<Request>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

/// What a handle says.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// [`Handle::command`].
    Command(Name, Command),
    /// [`Handle::signal_all`].
    SignalAll(Signal),
    /// [`Handle::hold_all`], or [`Handle::release_all`] when there is no reason.
    HoldAll(Option<String>),
    /// [`Handle::shutdown`].
    Shutdown {
        /// The signal that asks for it.
        signal: Option<Signal>,
        /// From now.
        deadline: Duration,
    },
    /// [`Handle::hurry`].
    Hurry,
    /// [`Handle::replace`].
    Replace(Box<Fleet>),
    /// [`Handle::put`].
    Put(Box<Service>),
    /// [`Handle::remove`].
    Remove(Name),
    /// [`Handle::changed`].
    Changed(Vec<PathBuf>),
}

/// The supervisor's end of its handles.
#[derive(Debug)]
pub struct Ends {
    /// What handles say.
    pub requests: mpsc::UnboundedReceiver<Request>,
    /// What they see.
    pub snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Handle {
    /// A handle and the supervisor's end of it. For the supervisor, and for tests that stand in its place.
    pub fn new(snapshot: Snapshot) -> (Self, Ends) {
        let (said, requests) = mpsc::unbounded_channel();
        let (snapshots, seen) = watch::channel(Arc::new(snapshot));
        (Self { requests: said, snapshots: seen }, Ends { requests, snapshots })
    }

    /// Wants something of one service; nothing happens when there is none of that name.
    pub fn command(&self, service: &str, command: Command) {
        self.send(Request::Command(service.into(), command));
    }

    /// [`Command::Hold`] for each service, and for those that come later.
    pub fn hold_all(&self, reason: String) {
        self.send(Request::HoldAll(Some(reason)));
    }

    /// [`Command::Release`] for each service; those that come later are not held.
    pub fn release_all(&self) {
        self.send(Request::HoldAll(None));
    }

    /// Sends a signal to each service that runs, to the process alone (all services of a single command are that one).
    pub fn signal_all(&self, signal: Signal) {
        self.send(Request::SignalAll(signal));
    }

    /// Ends everything, in order, within the deadline from now. A second time it hurries.
    pub fn shutdown(&self, signal: Option<Signal>, deadline: Duration) {
        self.send(Request::Shutdown { signal, deadline });
    }

    /// Kills what a shutdown has left. Nothing happens without a shutdown.
    pub fn hurry(&self) {
        self.send(Request::Hurry);
    }

    /// From now on, this is the fleet: what is new is started, what is gone is stopped and removed, what is run in
    /// another way is restarted, the rest is left alone.
    pub fn replace(&self, fleet: Fleet) {
        self.send(Request::Replace(Box::new(fleet)));
    }

    /// Adds a service, or replaces that of its name. Its unknown dependencies count as ready.
    pub fn put(&self, service: Service) {
        self.send(Request::Put(Box::new(service)));
    }

    /// Stops a service and removes it.
    pub fn remove(&self, service: &str) {
        self.send(Request::Remove(service.into()));
    }

    /// These files have changed: who reads them is told ([`crate::Reload`]).
    pub fn changed(&self, files: Vec<PathBuf>) {
        self.send(Request::Changed(files));
    }

    /// What can be seen now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// What can be seen, to be waited for.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    fn send(&self, request: Request) {
        // It has ended: there is nobody to tell.
        let _ = self.requests.send(request);
    }
}
