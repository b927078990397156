//! One item from its first try to its result.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Bounds, Observer, backoff};
use crate::net::Network;
use crate::report::CheckResult;
use crate::{Checker, Class, Failure, Item, Probe, kinds, registry};

/// A rest shorter than this is not worth another try.
const SHORTEST_TRY: Duration = Duration::from_millis(20);

/// Tries the item until it holds, cannot heal, or its deadline has come.
pub(super) async fn prove(
    item: &Item,
    network: &Arc<Network>,
    places: &Semaphore,
    bounds: Bounds,
    started: Instant,
    observer: &dyn Observer,
) -> CheckResult {
    let began = Instant::now();
    let deadline = started + if bounds.wait.is_zero() { item.timeout } else { bounds.wait };
    let mut told: Option<&'static Class> = None;
    let mut tries = 0;
    let mut last: Option<(Failure, Probe)> = None;
    let (outcome, probe) = loop {
        tries += 1;
        let left = deadline.saturating_duration_since(Instant::now());
        let allowed = item.timeout.min(left);
        let (outcome, probe) = one_try(item, network, places, allowed).await;
        let Err(failure) = outcome else { break (Ok(()), probe) };
        let cut_short = allowed < item.timeout && Instant::now() >= deadline;
        if cut_short && let Some((earlier, earlier_probe)) = last.take() {
            // The deadline cut the last try: what the tries before it saw says more.
            break (Err(earlier), earlier_probe);
        }
        let pause = backoff::pause(tries, fastrand::f64());
        let rest = deadline.saturating_duration_since(Instant::now() + pause);
        if bounds.wait.is_zero() || !failure.class.heals || rest < SHORTEST_TRY {
            break (Err(failure), probe);
        }
        if told != Some(failure.class) {
            told = Some(failure.class);
            observer.waiting(item, &failure);
        }
        last = Some((failure, probe));
        tokio::time::sleep(pause).await;
    };
    CheckResult::of(item, outcome, &probe, tries, began.elapsed())
}

async fn one_try(
    item: &Item,
    network: &Arc<Network>,
    places: &Semaphore,
    allowed: Duration,
) -> (Result<(), Failure>, Probe) {
    let mut probe = Probe::new(Arc::clone(network));
    let Some(checker) = registry::find(item.kind.name).and_then(|entry| entry.checker) else {
        let evidence = format!("this build has no driver for {}", item.kind.title);
        return (Err(Failure::new(&kinds::general::NOT_IN_THIS_BUILD, evidence)), probe);
    };
    let attempt = async {
        let _place = places.acquire().await;
        guarded(checker, item, &mut probe).await
    };
    let outcome = timeout(allowed, attempt).await;
    let outcome = outcome.unwrap_or_else(|_| Err(probe.out_of_time(item, allowed)));
    (outcome, probe)
}

/// A checker that panics is a failed check, not a dead process.
async fn guarded(checker: &dyn Checker, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
    let outcome = AssertUnwindSafe(checker.check(item, probe)).catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Failure::new(
            &kinds::general::PANICKED,
            format!("the checker of {} failed: {words}", item.kind.title),
        ))
    })
}
