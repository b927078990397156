//! How long to wait between tries: growing, bounded, and never in step with the other replicas.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// The pause before the next try: doubled each time up to two seconds, with a jitter of ±25 %.
/// `try_number` counts from 1; `random` is between 0 and 1.
pub(super) fn pause(try_number: u32, random: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(try_number.saturating_sub(1).min(16)));
    doubled.min(LONGEST).mul_f64(0.75 + random.clamp(0.0, 1.0) * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_vary() {
        assert_eq!(pause(1, 0.5), Duration::from_millis(100));
        assert_eq!(pause(3, 0.5), Duration::from_millis(400));
        assert_eq!(pause(99, 0.5), Duration::from_secs(2));
        assert_eq!(pause(u32::MAX, 1.0), Duration::from_millis(2500));
        assert!(pause(2, 0.0) < pause(2, 1.0));
    }
}
