//! Where in Consul's history a query stands, and when it may be asked again. Pure.
//!
//! The rules are those of Consul's documentation, "Blocking queries": an index that goes backwards starts anew, an index
//! of 0 counts as 1, and a client bounds its own rate, since an index may be broken.

use std::time::Duration;

/// The least time between the beginnings of two queries.
const SHORTEST: Duration = Duration::from_millis(100);
/// As long as that for a query that keeps being woken by what nobody wants.
const LONGEST: Duration = Duration::from_secs(1);

/// The index of one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    index: u64,
    distance: Duration,
    is_first: bool,
}

/// What the next query is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It waits for a change after that index.
    Wait(u64),
    /// It is answered at once.
    Read,
    /// The endpoint has no index: it is asked now and then.
    Poll,
}

impl Default for Position {
    fn default() -> Self {
        Self { index: 0, distance: SHORTEST, is_first: true }
    }
}

impl Position {
    /// An answer came with that index. Returns what the next query is to be.
    pub(super) fn heard(&mut self, index: Option<u64>) -> Next {
        let Some(index) = index else {
            self.index = 0;
            return Next::Poll;
        };
        let index = index.max(1);
        if index < self.index {
            self.index = 0;
            return Next::Read;
        }
        self.index = index;
        Next::Wait(index)
    }

    /// A try failed: what happened meanwhile is unknown, and the index may be of a server that is gone.
    pub(super) fn lost(&mut self) {
        self.index = 0;
    }

    /// How long after the beginning of the last query the next one may begin, given whether that one brought anything
    /// that is wanted. The very first is followed at once, so that nothing is missed in between.
    pub(super) fn distance(&mut self, was_useful: bool) -> Duration {
        if std::mem::take(&mut self.is_first) {
            return Duration::ZERO;
        }
        self.distance = if was_useful { SHORTEST } else { (self.distance * 2).min(LONGEST) };
        self.distance
    }

    /// The index of the last answer, 0 when there is none that counts.
    pub(super) fn index(&self) -> u64 {
        self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_waited_for() {
        let mut position = Position::default();
        assert_eq!(position.heard(Some(7)), Next::Wait(7));
        assert_eq!(position.heard(Some(7)), Next::Wait(7));
        assert_eq!(position.heard(Some(9)), Next::Wait(9));
    }

    #[test]
    fn an_index_that_goes_backwards_starts_anew() {
        let mut position = Position::default();
        position.heard(Some(9));
        assert_eq!(position.heard(Some(3)), Next::Read);
        assert_eq!(position.heard(Some(3)), Next::Wait(3));
    }

    #[test]
    fn an_index_of_zero_counts_as_one() {
        assert_eq!(Position::default().heard(Some(0)), Next::Wait(1));
    }

    #[test]
    fn without_an_index_it_is_asked_now_and_then() {
        assert_eq!(Position::default().heard(None), Next::Poll);
    }

    #[test]
    fn a_failure_starts_anew() {
        let mut position = Position::default();
        position.heard(Some(9));
        position.lost();
        assert_eq!(position.index(), 0);
        assert_eq!(position.heard(Some(2)), Next::Wait(2));
    }

    #[test]
    fn useless_wake_ups_are_spaced_out_and_a_useful_one_ends_that() {
        let mut position = Position::default();
        assert_eq!(position.distance(true), Duration::ZERO);
        let distances: Vec<u128> = (0..5).map(|_| position.distance(false).as_millis()).collect();
        assert_eq!(distances, [200, 400, 800, 1000, 1000]);
        assert_eq!(position.distance(true), SHORTEST);
    }
}
