//! All items at once, each until it holds, cannot heal, or its time is up.

mod attempt;
mod backoff;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use crate::net::Network;
use crate::report::CheckResult;
use crate::{Failure, Item, kinds};

/// How a run is bounded.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long failures that can heal may take to do so; zero means one try.
    pub wait: Duration,
    /// How many items may be tried at the same moment.
    pub concurrency: usize,
}

/// Who watches a run as it goes.
pub trait Observer {
    /// A failure that can heal has a new class: it will be tried again.
    fn waiting(&self, item: &Item, failure: &Failure);
    /// An item is done.
    fn finished(&self, result: &CheckResult);
}

/// Tries all items at once and gives their results in the items' order.
///
/// The run ends when all are done, or when `stop` does: what is not done by then is `check.interrupted`. It also
/// ends by its deadline: `wait` from now, or where there is no wait, each item's own time.
pub async fn run(
    items: &[Item],
    network: &Arc<Network>,
    bounds: Bounds,
    observer: &dyn Observer,
    stop: impl Future<Output = ()>,
) -> Vec<CheckResult> {
    let started = Instant::now();
    let places = Semaphore::new(bounds.concurrency.max(1));
    let mut results: Vec<Option<CheckResult>> = items.iter().map(|_| None).collect();
    let mut running: FuturesUnordered<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let places = &places;
            async move { (index, attempt::prove(item, network, places, bounds, started, observer).await) }
        })
        .collect();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            next = running.next() => match next {
                Some((index, result)) => {
                    observer.finished(&result);
                    results[index] = Some(result);
                }
                None => break,
            },
        }
    }
    drop(running);
    let settled = results.into_iter().zip(items);
    settled.map(|(result, item)| result.unwrap_or_else(|| interrupted(item, started.elapsed()))).collect()
}

fn interrupted(item: &Item, elapsed: Duration) -> CheckResult {
    let evidence = "was not done when the run was stopped";
    let failure = Failure::new(&kinds::general::INTERRUPTED, evidence);
    let mut result = CheckResult::failed(item.kind.name, item.id.clone(), item.audience.clone(), failure);
    result.elapsed = elapsed;
    result
}
