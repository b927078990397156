//! When to speak about something that is missing: not at once, then again with growing pauses, and never again once it
//! is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The longest pause between two lines about the same thing.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// What is missing, since when, and when to speak of it next. `Subject` names one missing thing.
#[derive(Debug)]
pub(crate) struct Patience<Subject> {
    first_pause: Duration,
    waiting: BTreeMap<Subject, Turn>,
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    since: Instant,
    next: Instant,
    pause: Duration,
    is_told: bool,
}

/// Something to speak about now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overdue<Subject> {
    /// What is missing.
    pub(crate) subject: Subject,
    /// For how long.
    pub(crate) waited: Duration,
}

impl<Subject: Ord + Clone> Patience<Subject> {
    /// Keeps quiet about each thing for `first_pause`.
    pub(crate) fn new(first_pause: Duration) -> Self {
        Self { first_pause, waiting: BTreeMap::new() }
    }

    /// Exactly these are missing now: the ones that came are forgotten, new ones begin to wait. Returns those that came
    /// after they had been spoken of.
    pub(crate) fn observe(
        &mut self,
        missing: impl IntoIterator<Item = Subject>,
        now: Instant,
    ) -> Vec<Subject> {
        let mut before = std::mem::take(&mut self.waiting);
        for subject in missing {
            let fresh =
                Turn { since: now, next: now + self.first_pause, pause: self.first_pause, is_told: false };
            let turn = before.remove(&subject).unwrap_or(fresh);
            self.waiting.insert(subject, turn);
        }
        before.into_iter().filter(|(_, turn)| turn.is_told).map(|(subject, _)| subject).collect()
    }

    /// When to speak next; `None` when nothing is missing.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.waiting.values().map(|turn| turn.next).min()
    }

    /// What to speak about now. Each thing's next turn comes after twice the pause, and together with the others that
    /// are nearly due, so that lines come in groups.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<Overdue<Subject>> {
        let mut overdue = Vec::new();
        if self.due().is_none_or(|due| due > now) {
            return overdue;
        }
        for (subject, turn) in &mut self.waiting {
            let nearly = turn.pause / 10;
            if turn.next > now + nearly {
                continue;
            }
            turn.pause = (turn.pause * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
            turn.next = now + turn.pause;
            turn.is_told = true;
            overdue.push(Overdue {
                subject: subject.clone(),
                waited: now.saturating_duration_since(turn.since),
            });
        }
        overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn subjects(overdue: &[Overdue<&'static str>]) -> Vec<(&'static str, u64)> {
        overdue.iter().map(|overdue| (overdue.subject, overdue.waited.as_secs())).collect()
    }

    #[test]
    fn it_speaks_after_the_pause_and_then_with_growing_pauses() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut patience = Patience::new(PAUSE);
        patience.observe(["key"], start);
        assert!(patience.overdue(after(9)).is_empty());
        assert_eq!(subjects(&patience.overdue(after(10))), [("key", 10)]);
        assert!(patience.overdue(after(29)).is_empty());
        assert_eq!(subjects(&patience.overdue(after(30))), [("key", 30)]);
        assert_eq!(patience.due(), Some(after(70)));
    }

    #[test]
    fn what_came_is_forgotten_and_what_stays_keeps_its_beginning() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut patience = Patience::new(PAUSE);
        patience.observe(["came", "stays"], start);
        patience.observe(["stays"], after(5));
        assert_eq!(subjects(&patience.overdue(after(10))), [("stays", 10)]);
        patience.observe(["came", "stays"], after(11));
        assert_eq!(subjects(&patience.overdue(after(21))), [("came", 10)]);
        patience.observe([], after(22));
        assert_eq!(patience.due(), None);
    }

    #[test]
    fn pauses_stop_growing() {
        let start = Instant::now();
        let mut patience = Patience::new(Duration::ZERO);
        patience.observe(["key"], start);
        let mut now = start;
        for _ in 0..20 {
            assert_eq!(patience.overdue(now).len(), 1);
            now = patience.due().expect("it is still missing");
        }
        assert!(now < start + LONGEST_PAUSE * 20);
        patience.overdue(now);
        assert_eq!(patience.due(), Some(now + LONGEST_PAUSE));
    }
}
