//! The dynamic half of a checker: what it does with the item.

use async_trait::async_trait;

use crate::{Failure, Item, Probe};

/// Proves one item against the real thing. A unit struct in a file of its own under `checkers/`, one line in
/// [`crate::registry`], its kind and classes under `kinds/`.
///
/// A checker need not watch the clock: the runner drops it when its time is up and turns the layer that it was in
/// into the failure. It must therefore hold no lock and leave no task running.
#[async_trait]
pub trait Checker: Send + Sync {
    /// One attempt. `Ok` when every layer held; warnings and facts are left in the probe.
    ///
    /// # Errors
    /// The first layer that broke.
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure>;
}
