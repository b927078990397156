//! When data has come to rest: a template that asks for `wait` is written only when nothing has changed for a while.

use std::time::Instant;

use crate::config::Wait;

/// The state of one template's `wait`: nothing changed yet, or changed and to be written when due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quiescence {
    wait: Wait,
    unrest: Option<Unrest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unrest {
    due: Instant,
    latest: Instant,
}

impl Quiescence {
    /// At rest.
    pub(crate) fn new(wait: Wait) -> Self {
        Self { wait, unrest: None }
    }

    /// The data has changed: what is to be written waits `min` from now, but never longer than `max` from the first
    /// change.
    pub(crate) fn changed(&mut self, now: Instant) {
        let latest = self.unrest.map_or(now + self.wait.max.max(self.wait.min), |unrest| unrest.latest);
        self.unrest = Some(Unrest { due: (now + self.wait.min).min(latest), latest });
    }

    /// When it is to be written; `None` at rest.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.unrest.map(|unrest| unrest.due)
    }

    /// Whether it may be written now.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.unrest.is_none_or(|unrest| unrest.due <= now)
    }

    /// It was written: at rest again.
    pub(crate) fn settle(&mut self) {
        self.unrest = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wait(min: u64, max: u64) -> Wait {
        Wait { min: Duration::from_secs(min), max: Duration::from_secs(max) }
    }

    #[test]
    fn each_change_puts_it_off_but_never_past_the_longest_wait() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut quiescence = Quiescence::new(wait(5, 12));
        assert!(quiescence.is_over(start));
        quiescence.changed(start);
        assert_eq!(quiescence.due(), Some(after(5)));
        quiescence.changed(after(4));
        assert_eq!(quiescence.due(), Some(after(9)));
        quiescence.changed(after(8));
        assert_eq!(quiescence.due(), Some(after(12)), "the longest wait counts from the first change");
        assert!(!quiescence.is_over(after(11)));
        assert!(quiescence.is_over(after(12)));
        quiescence.settle();
        assert_eq!(quiescence.due(), None);
    }

    #[test]
    fn a_longest_wait_below_the_shortest_is_the_shortest() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(wait(5, 1));
        quiescence.changed(start);
        assert_eq!(quiescence.due(), Some(start + Duration::from_secs(5)));
    }
}
