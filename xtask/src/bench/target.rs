//! What was promised of a scenario, and whether it holds.

use super::measure::Summary;
use crate::dist::mebibytes;
use std::fmt;
use std::time::Duration;

/// A promise. The times of a scenario are medians.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// Not much more than a program that does nothing, and little memory.
    Over {
        /// The program that does nothing.
        floor: &'static str,
        /// How much longer it may take.
        extra: Duration,
        /// The most memory, in bytes.
        peak: u64,
    },
    /// Faster than that peer.
    FasterThan(&'static str),
    /// In less than that.
    Under(Duration),
    /// In less than that, with little memory.
    Within {
        /// The longest time.
        limit: Duration,
        /// The most memory, in bytes.
        peak: u64,
    },
    /// In that part of that peer's time.
    PartOf {
        /// The peer.
        peer: &'static str,
        /// How many times as long as ours its time must be.
        times: u32,
    },
    /// Measured, and nothing promised.
    Nothing,
}

/// Whether a promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// That peer is not on this machine.
    Without(&'static str),
    /// There is none to keep.
    None,
}

impl Verdict {
    pub(super) fn is_missed(self) -> bool {
        self == Self::Missed
    }
}

impl Target {
    /// Judges the figures of `preflight`; `other` finds those of another program of the same scenario.
    pub(super) fn judge(&self, own: &Summary, other: impl Fn(&str) -> Option<Summary>) -> Verdict {
        let kept = match *self {
            Self::Over { floor, extra, peak } => {
                let Some(floor_summary) = other(floor) else { return Verdict::Without(floor) };
                own.median <= floor_summary.median + extra && own.peak <= peak
            }
            Self::FasterThan(peer) => {
                let Some(peer_summary) = other(peer) else { return Verdict::Without(peer) };
                own.median < peer_summary.median
            }
            Self::Under(limit) => own.median < limit,
            Self::Within { limit, peak } => own.median < limit && own.peak <= peak,
            Self::PartOf { peer, times } => {
                let Some(peer_summary) = other(peer) else { return Verdict::Without(peer) };
                own.median * times <= peer_summary.median
            }
            Self::Nothing => return Verdict::None,
        };
        if kept { Verdict::Met } else { Verdict::Missed }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over { floor, extra, peak } => {
                write!(f, "≤ {} ms over {floor}, ≤ {} MiB", extra.as_millis(), mebibytes(*peak))
            }
            Self::FasterThan(peer) => write!(f, "faster than {peer}"),
            Self::Under(limit) => write!(f, "< {} ms", limit.as_millis()),
            Self::Within { limit, peak } => {
                write!(f, "< {} ms, ≤ {} MiB", limit.as_millis(), mebibytes(*peak))
            }
            Self::PartOf { peer, times } => write!(f, "1/{times} of {peer}'s time"),
            Self::Nothing => Ok(()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.write_str("met"),
            Self::Missed => f.write_str("**missed**"),
            Self::Without(peer) => write!(f, "not judged: {peer} is missing"),
            Self::None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(microseconds: u64, peak: u64) -> Summary {
        let median = Duration::from_micros(microseconds);
        Summary { runs: 1, median, shortest: median, longest: median, peak }
    }

    const OVER: Target = Target::Over { floor: "true", extra: Duration::from_millis(2), peak: 8 };

    #[test]
    fn time_and_memory_are_both_part_of_the_promise() {
        let floor = |_: &str| Some(summary(1000, 1));
        assert_eq!(OVER.judge(&summary(3000, 8), floor), Verdict::Met);
        assert_eq!(OVER.judge(&summary(3001, 8), floor), Verdict::Missed);
        assert_eq!(OVER.judge(&summary(3000, 9), floor), Verdict::Missed);
    }

    #[test]
    fn a_peer_that_is_missing_is_not_won_against() {
        let target = Target::FasterThan("wait4x");
        assert_eq!(target.judge(&summary(1, 1), |_| None), Verdict::Without("wait4x"));
        assert_eq!(target.judge(&summary(5, 1), |_| Some(summary(5, 1))), Verdict::Missed);
        assert_eq!(target.judge(&summary(4, 1), |_| Some(summary(5, 1))), Verdict::Met);
    }

    #[test]
    fn a_part_of_a_peers_time_is_judged_by_that_peer() {
        let target = Target::PartOf { peer: "consul-template", times: 10 };
        assert_eq!(target.judge(&summary(10, 1), |_| None), Verdict::Without("consul-template"));
        assert_eq!(target.judge(&summary(10, 1), |_| Some(summary(99, 1))), Verdict::Missed);
        assert_eq!(target.judge(&summary(10, 1), |_| Some(summary(100, 1))), Verdict::Met);
    }

    #[test]
    fn within_is_time_and_memory() {
        let target = Target::Within { limit: Duration::from_millis(1), peak: 8 };
        assert_eq!(target.judge(&summary(999, 8), |_| None), Verdict::Met);
        assert_eq!(target.judge(&summary(1000, 8), |_| None), Verdict::Missed);
        assert_eq!(target.judge(&summary(999, 9), |_| None), Verdict::Missed);
    }

    #[test]
    fn a_limit_is_a_limit() {
        let target = Target::Under(Duration::from_millis(100));
        assert_eq!(target.judge(&summary(99_999, 1), |_| None), Verdict::Met);
        assert_eq!(target.judge(&summary(100_000, 1), |_| None), Verdict::Missed);
    }
}
