//! The machines, together with real processes.

mod act;
mod children;
mod dial;
mod probes;
mod seen;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use preflight_processes::{Below, ControlGroup, Processes};
use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until, timeout},
};

use crate::{
    AddressesOnly, Ending, Ends, Event, Fleet, FleetHappened, Handle, Listener, Name, Names, Plumbing,
    Request, Snapshot,
    fleet::{Effect, FleetMachine, Rest},
};
use children::Children;

/// So much may happen before it is shown, and before others have their turn.
const CROWD: usize = 64;
/// Between two looks at what was killed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Runs a fleet to its end.
pub struct Supervisor {
    machine: FleetMachine,
    ends: Ends,
    processes: Processes,
    names: Arc<dyn Names>,
    listener: Box<dyn Listener>,
    plumbing: Box<dyn Plumbing>,
    children: HashMap<Name, Children>,
    told: mpsc::UnboundedSender<Told>,
    hears: mpsc::UnboundedReceiver<Told>,
    control_group: ControlGroup,
}

/// What tasks tell: about which service, in which of its lives.
#[derive(Debug)]
struct Told {
    name: Name,
    life: u64,
    event: Event,
}

impl Supervisor {
    /// Nothing is started before [`Supervisor::run`].
    pub fn new(
        fleet: Fleet,
        processes: Processes,
        listener: Box<dyn Listener>,
        plumbing: Box<dyn Plumbing>,
    ) -> (Self, Handle) {
        let now = Instant::now();
        let mut machine = FleetMachine::new(fleet, fastrand::u64(..), now);
        let empty = Snapshot { services: Vec::new(), began: now, ready: false, shutting_down: false };
        let (handle, ends) = Handle::new(seen::look(&mut machine, &empty).unwrap_or(empty));
        let (told, hears) = mpsc::unbounded_channel();
        let supervisor = Self {
            machine,
            ends,
            processes,
            names: Arc::new(AddressesOnly),
            listener,
            plumbing,
            children: HashMap::new(),
            told,
            hears,
            control_group: ControlGroup::own(),
        };
        (supervisor, handle)
    }

    /// With these, probes may name hosts; else only addresses and `localhost`.
    #[must_use]
    pub fn resolving_by(self, names: Arc<dyn Names>) -> Self {
        Self { names, ..self }
    }

    /// Runs until everything has ended. Nothing of any service is left then, as far as the system lets us. Handles that are
    /// gone do not end it.
    pub async fn run(mut self) -> Ending {
        let effects = self.machine.begin(Instant::now());
        let mut ending = self.perform(effects);
        self.show();
        while ending.is_none() {
            let effects = self.next().await;
            ending = self.perform(effects).or_else(|| self.perform_told());
            self.show();
        }
        // Checked by the loop.
        let ending = ending.unwrap_or(Ending { cause: crate::Cause::AllDone, code: 0, killed: Vec::new() });
        let of_group = |(name, mut children): (Name, Children)| Some((name, children.group.take()?));
        let groups: HashMap<_, _> = self.children.drain().filter_map(of_group).collect();
        let killed = ending.killed.iter().filter_map(|name| groups.get(name));
        // What hangs in the kernel is not waited for.
        let _ = timeout(self.machine.rest(Instant::now()).limit, emptied(killed)).await;
        self.end_orphans().await;
        // They can be removed when nothing is in them any more.
        drop(groups);
        ending
    }

    /// What has left its service ends too, within the same deadline; whoever hurries the others hurries it.
    async fn end_orphans(&mut self) {
        let Rest { patience, limit } = self.machine.rest(Instant::now());
        let processes = self.processes.clone();
        let hurried = async {
            while let Some(request) = self.ends.requests.recv().await {
                if matches!(request, Request::Shutdown { .. } | Request::Hurry) {
                    return;
                }
            }
            pending::<()>().await;
        };
        let ended = tokio::select! {
            biased;
            ended = processes.end_orphans(patience, limit) => Some(ended),
            () = hurried => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => processes.end_orphans(Duration::ZERO, limit).await,
        };
        if ended > 0 {
            self.listener.hear_fleet(&FleetHappened::OrphansEnded(ended));
        }
    }

    /// Requests first: a stop is not to stand behind a crowd of deaths.
    async fn next(&mut self) -> VecDeque<Effect> {
        let due = self.machine.due();
        tokio::select! {
            biased;
            Some(request) = self.ends.requests.recv() => self.machine.request(request, Instant::now()),
            Some(told) = self.hears.recv() => self.hear(told),
            () = until(due) => self.machine.when_due(Instant::now()),
        }
    }

    /// What tasks have told in the meantime: a crowd is shown once. A request is waited for no longer than one of them,
    /// and what it does is seen by itself.
    fn perform_told(&mut self) -> Option<Ending> {
        for _ in 0..CROWD {
            if !self.ends.requests.is_empty() {
                return None;
            }
            let told = self.hears.try_recv().ok()?;
            let effects = self.hear(told);
            let ending = self.perform(effects);
            if ending.is_some() {
                return ending;
            }
        }
        None
    }

    /// What is told of an earlier life is out of date.
    fn hear(&mut self, told: Told) -> VecDeque<Effect> {
        let children = self.children.get_mut(&told.name).filter(|children| children.life == told.life);
        let Some(children) = children else { return VecDeque::new() };
        children.forget(&told.event);
        self.machine.tell(&told.name, told.event, Instant::now())
    }

    /// Does everything that is to be done, and what follows from that.
    fn perform(&mut self, mut effects: VecDeque<Effect>) -> Option<Ending> {
        let mut ending = None;
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Of(name, action) => {
                    if let Some(event) = self.act(&name, action) {
                        effects.extend(self.machine.tell(&name, event, Instant::now()));
                    }
                }
                Effect::Removed(service) => {
                    self.children.remove(&service.name);
                    self.listener.hear(&service, &crate::Happened::Removed);
                }
                Effect::Tell(happened) => self.listener.hear_fleet(&happened),
                Effect::End(end) => ending = Some(end),
            }
        }
        ending
    }

    fn show(&mut self) {
        let before = Arc::clone(&self.ends.snapshots.borrow());
        if let Some(now) = seen::look(&mut self.machine, &before) {
            self.ends.snapshots.send_replace(Arc::new(now));
        }
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor").field("machine", &self.machine).finish_non_exhaustive()
    }
}

/// What was killed with its control group is not gone at once, and nobody whom a service has left behind.
async fn emptied(groups: impl Iterator<Item = &Arc<Below>>) {
    for group in groups {
        while !group.processes().is_empty() {
            sleep(BETWEEN_LOOKS).await;
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
    }
}
