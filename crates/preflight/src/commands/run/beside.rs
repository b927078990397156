//! What works beside the supervisor: who hears what happens, and who talks to its handle.

use std::convert::Infallible;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use preflight_supervise::{FleetHappened, Handle, Happened, Listener, Service};

type Keeping = Pin<Box<dyn Future<Output = Infallible>>>;
type Keeper = Box<dyn FnOnce(Handle) -> Keeping>;

/// Everyone beside a supervisor. They are gone when it has ended.
#[derive(Default)]
pub(super) struct Beside {
    ears: Vec<Box<dyn Listener>>,
    keepers: Vec<Keeper>,
}

impl Beside {
    /// Hears all that happens, after those that were added before.
    pub(super) fn hears(&mut self, listener: impl Listener + 'static) {
        self.ears.push(Box::new(listener));
    }

    /// Works for as long as the supervisor does.
    pub(super) fn keeps<Work>(&mut self, keeper: impl FnOnce(Handle) -> Work + 'static)
    where
        Work: Future<Output = Infallible> + 'static,
    {
        self.keepers.push(Box::new(|handle| Box::pin(keeper(handle))));
    }

    /// The ears for a new supervisor, and the keepers for its handle.
    pub(super) fn apart(self) -> (Box<dyn Listener>, Keepers) {
        (Box::new(Ears(self.ears)), Keepers(self.keepers))
    }
}

/// Those who talk to a handle.
pub(super) struct Keepers(Vec<Keeper>);

impl Keepers {
    /// Never ends.
    pub(super) async fn keep(self, handle: Handle) -> Infallible {
        let mut keeping: FuturesUnordered<Keeping> =
            self.0.into_iter().map(|keeper| keeper(handle.clone())).collect();
        match keeping.next().await {
            Some(never) => match never {},
            None => std::future::pending().await,
        }
    }
}

/// Several who hear the same.
struct Ears(Vec<Box<dyn Listener>>);

impl Listener for Ears {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        self.0.iter_mut().for_each(|ear| ear.hear(service, happened));
    }

    fn hear_fleet(&mut self, happened: &FleetHappened) {
        self.0.iter_mut().for_each(|ear| ear.hear_fleet(happened));
    }
}
