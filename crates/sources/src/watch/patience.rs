//! How long to wait after a failure. Pure: the chance is passed in.

use std::time::Duration;

use crate::{RetrySettings, SourceError};

/// The longest wait where the settings have no limit.
const LONGEST: Duration = Duration::from_secs(600);

/// Counts failures in a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    failures: u32,
}

impl Patience {
    /// A try succeeded.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// A try failed: fills in the attempt, whether it was the last that the settings allow, and the next try.
    /// `chance` is between 0 and 1.
    pub(crate) fn failed(
        &mut self,
        settings: &RetrySettings,
        mut error: SourceError,
        chance: f64,
    ) -> SourceError {
        self.failures = self.failures.saturating_add(1);
        let wait = wait(settings, self.failures, chance);
        error.attempt = self.failures;
        error.is_exhausted =
            !settings.enabled || (settings.attempts > 0 && self.failures > settings.attempts);
        error.next_try = Some(error.retry_after.map_or(wait, |asked| wait.max(asked)));
        error
    }
}

/// `backoff`, doubled with each failure after the first up to the limit, moved by up to a quarter either way so that
/// many clients do not come back at one moment.
fn wait(settings: &RetrySettings, failures: u32, chance: f64) -> Duration {
    let limit = if settings.max_backoff.is_zero() { LONGEST } else { settings.max_backoff };
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let wait = settings.backoff.saturating_mul(factor).min(limit);
    wait.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0).min(limit).max(Duration::from_millis(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, Cause};

    fn error() -> SourceError {
        SourceError::new(Backend::Consul, Cause::Refused, "refused")
    }

    #[test]
    fn waits_double_up_to_the_limit() {
        let settings = RetrySettings { max_backoff: Duration::from_secs(1), ..RetrySettings::default() };
        let mut patience = Patience::default();
        let waits: Vec<u128> = (0..5)
            .filter_map(|_| patience.failed(&settings, error(), 0.5).next_try)
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [250, 500, 1000, 1000, 1000]);
    }

    #[test]
    fn after_any_number_of_failures_there_is_a_next_try() {
        let settings = RetrySettings { max_backoff: Duration::ZERO, ..RetrySettings::default() };
        assert_eq!(wait(&settings, u32::MAX, 1.0), LONGEST);
        assert!(wait(&RetrySettings { backoff: Duration::ZERO, ..settings }, 1, 0.0) > Duration::ZERO);
    }

    #[test]
    fn the_try_after_the_allowed_ones_says_so() {
        let settings = RetrySettings { attempts: 2, ..RetrySettings::default() };
        let mut patience = Patience::default();
        let exhausted: Vec<bool> =
            (0..3).map(|_| patience.failed(&settings, error(), 0.5).is_exhausted).collect();
        assert_eq!(exhausted, [false, false, true]);
        patience.reset();
        assert_eq!(patience.failed(&settings, error(), 0.5).attempt, 1);
        let without = RetrySettings { enabled: false, ..RetrySettings::default() };
        assert!(Patience::default().failed(&without, error(), 0.5).is_exhausted);
        let endless = RetrySettings { attempts: 0, ..RetrySettings::default() };
        assert!(!Patience { failures: 1000 }.failed(&endless, error(), 0.5).is_exhausted);
    }

    #[test]
    fn a_wait_that_the_server_asks_for_is_kept() {
        let mut asked = error();
        asked.retry_after = Some(Duration::from_secs(9));
        let failed = Patience::default().failed(&RetrySettings::default(), asked, 0.5);
        assert_eq!(failed.next_try, Some(Duration::from_secs(9)));
    }
}
