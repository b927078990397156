//! How soon what was not there is looked for again: first quickly, then ever more slowly, for backends that cannot be
//! waited upon.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::RetrySettings;

/// How often in a row each thing was not there.
#[derive(Debug)]
pub(crate) struct Absences<Thing> {
    first: Duration,
    slowest: Duration,
    times: Mutex<HashMap<Thing, u32>>,
}

impl<Thing: Clone + Eq + Hash> Absences<Thing> {
    /// Pauses that grow as those between failed tries do, and are never longer than `longest`.
    pub(crate) fn new(retry: &RetrySettings, longest: Duration) -> Self {
        let slowest = if retry.max_backoff.is_zero() { longest } else { retry.max_backoff.min(longest) };
        Self { first: retry.backoff, slowest, times: Mutex::default() }
    }

    /// It was not there, once more: how long until the next look.
    pub(crate) fn pause(&self, thing: &Thing) -> Duration {
        let mut times = self.times();
        let times = times.entry(thing.clone()).or_default();
        let pause = self.first.saturating_mul(1 << (*times).min(20)).min(self.slowest);
        *times = times.saturating_add(1);
        pause
    }

    /// It is there.
    pub(crate) fn over(&self, thing: &Thing) {
        self.times().remove(thing);
    }

    fn times(&self) -> MutexGuard<'_, HashMap<Thing, u32>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_slowest_and_begin_anew() {
        let absences = Absences::new(&RetrySettings::default(), Duration::from_millis(900));
        let pauses: Vec<u128> = (0..4).map(|_| absences.pause(&"a").as_millis()).collect();
        assert_eq!(pauses, [250, 500, 900, 900]);
        assert_eq!(absences.pause(&"b").as_millis(), 250);
        absences.over(&"a");
        assert_eq!(absences.pause(&"a").as_millis(), 250);
        for _ in 0..100 {
            absences.pause(&"a");
        }
    }
}
