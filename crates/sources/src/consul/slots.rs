//! The connections that blocking queries may hold, each for as long as a minute.
//!
//! HTTP/1.1 gives a connection to one query at a time, so there are as many blocking queries as connections but one:
//! that one is for everything that is answered at once. Who finds no slot free asks now and then instead, and takes a
//! slot as soon as one is given up: a query whose wait ended without a change gives up its slot to those.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// How often a query without a slot is asked, at most.
const POLL: Duration = Duration::from_secs(1);
/// All queries without a slot together ask at most so often a second.
const POLLS_A_SECOND: u32 = 20;

/// Who may block.
#[derive(Debug)]
pub(super) struct Slots {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The right to hold a connection with a blocking query.
#[derive(Debug)]
pub(super) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// Slots for that many connections.
    pub(super) fn new(connections: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(connections.saturating_sub(1))), waiting: AtomicUsize::new(0) }
    }

    /// A slot, or none when it is time to ask without one.
    pub(super) async fn turn(&self) -> Option<Slot> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(Slot { _permit: permit });
        }
        let waiting = Waiting::new(&self.waiting);
        tokio::select! {
            permit = Arc::clone(&self.free).acquire_owned() => permit.ok().map(|permit| Slot { _permit: permit }),
            () = sleep(poll_interval(waiting.others)) => None,
        }
    }

    /// Whether someone would take a slot that is given up.
    pub(super) fn is_contended(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}

/// Counts one who waits, also when its wait is cut short.
struct Waiting<'slots> {
    count: &'slots AtomicUsize,
    others: usize,
}

impl<'slots> Waiting<'slots> {
    fn new(count: &'slots AtomicUsize) -> Self {
        Self { count, others: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A second, longer the more others there are, and up to a tenth more or less so that they do not ask together.
fn poll_interval(others: usize) -> Duration {
    let crowd = u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1);
    let interval = POLL.max(Duration::from_secs(1).saturating_mul(crowd) / POLLS_A_SECOND);
    interval.mul_f64(0.9 + fastrand::f64() / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_finds_no_slot_asks_now_and_then_and_takes_what_is_given_up() {
        let slots = Slots::new(2);
        let first = slots.turn().await.expect("a free slot");
        assert!(slots.turn().await.is_none(), "it is time to ask without one");
        assert!(!slots.is_contended(), "nobody waits any more");
        let (second, ()) = tokio::join!(slots.turn(), async {
            tokio::task::yield_now().await;
            assert!(slots.is_contended());
            drop(first);
        });
        assert!(second.is_some());
    }

    #[tokio::test]
    async fn with_one_connection_nobody_blocks() {
        assert!(Slots::new(1).turn().await.is_none());
    }

    #[test]
    fn a_crowd_asks_less_often() {
        assert!(poll_interval(0) <= Duration::from_millis(1100));
        assert!(poll_interval(999) >= Duration::from_secs(45));
    }
}
