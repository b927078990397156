//! What is known of a run, in one place, for whoever asks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use preflight_logging::Redactor;
use preflight_supervise::output::Output;
use preflight_supervise::{Fleet, Handle, Happened, Listener, Name, Service};

use crate::document::{self, Checks, Contract, Document, Facts, Identity, Moment, Rendering};
use crate::remembered::Remembered;

/// What is known from the very beginning.
pub struct Run {
    /// The contract, when there is one.
    pub contract: Option<Contract>,
    /// Takes the secrets that are known by now out of everything that is shown.
    pub redactor: Box<dyn Fn() -> Arc<Redactor> + Send + Sync>,
}

/// Tells where this runs, once that is known.
type Identify = Arc<dyn Fn() -> Option<Identity> + Send + Sync>;

/// How far a run has come before services are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// The contract is proven.
    Checking,
    /// Boot scripts run, services are found.
    #[default]
    Starting,
}

/// Everything that can be seen of a run. Clones are the same.
#[derive(Clone)]
pub struct Board {
    inner: Arc<Inner>,
}

/// Hears what snapshots do not hold. Made by [`Board::ear`].
#[derive(Clone)]
pub struct Ear(Board);

struct Inner {
    run: Run,
    began: Moment,
    known: Mutex<Known>,
}

#[derive(Clone, Default)]
struct Known {
    stage: Stage,
    checks: Option<Checks>,
    rendering: Option<Rendering>,
    identity: Option<Identify>,
    watched: Option<(Handle, Output)>,
    services: BTreeMap<Name, Remembered>,
}

impl Board {
    /// A run that begins now.
    pub fn new(run: Run) -> Self {
        Self { inner: Arc::new(Inner { run, began: Moment::now(), known: Mutex::default() }) }
    }

    /// How far it has come.
    pub fn reach(&self, stage: Stage) {
        let mut known = self.known();
        known.stage = stage;
        if stage == Stage::Checking {
            known.checks = Some(Checks { outcome: "running".to_owned(), ..Checks::default() });
        }
    }

    /// What the check found.
    pub fn checked(&self, checks: Checks) {
        self.known().checks = Some(checks);
    }

    /// How the files are that are rendered; may be said again whenever that changes.
    pub fn rendered(&self, rendering: Rendering) {
        self.known().rendering = Some(rendering);
    }

    /// Whom to ask where this runs, each time that somebody wants to know.
    pub fn identify(&self, identify: impl Fn() -> Option<Identity> + Send + Sync + 'static) {
        self.known().identity = Some(Arc::new(identify));
    }

    /// These are the services that are looked after. Those that come later are heard of.
    pub fn expect(&self, fleet: &Fleet) {
        let mut known = self.known();
        for service in fleet.services() {
            known.services.entry(Arc::clone(&service.name)).or_default().define(service);
        }
    }

    /// From now on services are looked after.
    pub fn watch(&self, handle: Handle, output: Output) {
        self.known().watched = Some((handle, output));
    }

    /// What is to be among the supervisor's listeners.
    pub fn ear(&self) -> Ear {
        Ear(self.clone())
    }

    /// All that can be seen now.
    pub fn document(&self) -> Document {
        // A copy: the supervisor's listener must not wait while a document is made on another thread.
        let known = self.known().clone();
        let redactor = &*(self.inner.run.redactor)();
        let snapshot = known.watched.as_ref().map(|(handle, _)| handle.snapshot());
        let last_lines = |service: &str| {
            known.watched.as_ref().map_or_else(Vec::new, |(_, output)| output.last_lines(service, redactor))
        };
        document::make(
            &Facts {
                began: self.inner.began,
                stage: known.stage,
                contract: self.inner.run.contract.as_ref(),
                checks: known.checks.as_ref(),
                rendering: known.rendering.as_ref(),
                identity: known.identity.and_then(|identify| identify()),
                snapshot: snapshot.as_deref(),
                remembered: &known.services,
                last_lines: &last_lines,
                redactor,
            },
            Moment::now(),
        )
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked has not left half a change behind: each is one assignment.
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Ear {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        let mut known = self.0.known();
        if *happened == Happened::Removed {
            known.services.remove(&service.name);
            return;
        }
        let remembered = known.services.entry(Arc::clone(&service.name)).or_default();
        remembered.define(service);
        remembered.hear(happened);
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Moment {
    fn now() -> Self {
        Self { wall: Timestamp::now(), monotonic: Instant::now() }
    }
}
