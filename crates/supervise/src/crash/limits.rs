//! What Sentry says about rates. Pure.
//!
//! Source: <https://develop.sentry.dev/sdk/expected-features/rate-limiting/>.

use std::time::{Duration, Instant, SystemTime};

use super::Response;

/// A refusal that does not say how long it holds.
const DEFAULT: Duration = Duration::from_secs(60);
/// Nobody means more than this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// What our events count as.
const OURS: &[&str] = &["error", "default"];

/// Until when nothing may be sent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    until: Option<Instant>,
}

impl Limits {
    /// Reads an answer, whatever its status.
    pub(super) fn hear(&mut self, response: &Response, now: Instant, wall: SystemTime) {
        let wait = match response.header("x-sentry-rate-limits") {
            Some(limits) => limits.split(',').filter_map(quota).max(),
            None if response.status == 429 => {
                let after = response.header("retry-after");
                Some(after.and_then(|after| retry_after(after, wall)).unwrap_or(DEFAULT))
            }
            None => None,
        };
        let until = wait.and_then(|wait| now.checked_add(wait.min(LONGEST)));
        self.until = self.until.max(until);
    }

    /// How long nothing may be sent from now; `None` when it may.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.until.filter(|until| *until > now).map(|until| until - now)
    }
}

/// `seconds:category;category:scope:…`; no category means all. `None` when it is not about us.
fn quota(limit: &str) -> Option<Duration> {
    let mut parts = limit.split(':').map(str::trim);
    let seconds = parts.next().filter(|seconds| !seconds.is_empty())?;
    let categories = parts.next().unwrap_or("");
    let ours = categories.is_empty() || categories.split(';').any(|category| OURS.contains(&category.trim()));
    ours.then(|| number(seconds).unwrap_or(DEFAULT))
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, wall: SystemTime) -> Option<Duration> {
    number(text.trim()).or_else(|| {
        let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        SystemTime::from(date.timestamp()).duration_since(wall).ok()
    })
}

fn number(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wait(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let now = Instant::now();
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_420);
        let mut limits = Limits::default();
        limits.hear(&Response { status, headers }, now, wall);
        limits.wait(now).map(|wait| wait.as_secs())
    }

    #[test]
    fn limits_are_for_categories_and_hold_with_any_status() {
        let cases = [
            (200, "60:transaction:key, 2700:default;error;security:organization", Some(2700)),
            (429, "60::organization, 30::organization", Some(60)),
            (429, "60:transaction:key", None),
            (200, "1.5:error:key:reason:more", Some(1)),
            (429, "soon:error:key", Some(60)),
            (429, "60", Some(60)),
            (200, "", None),
            (429, "1e300:error:key", Some(60)),
            (429, "999999999:error:key", Some(86_400)),
        ];
        for (status, header, expected) in cases {
            assert_eq!(wait(status, &[("X-Sentry-Rate-Limits", header)]), expected, "{header}");
        }
    }

    #[test]
    fn retry_after_counts_for_a_429_alone() {
        assert_eq!(wait(429, &[("retry-after", "17")]), Some(17));
        assert_eq!(wait(429, &[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")]), Some(60));
        assert_eq!(wait(429, &[("Retry-After", "whenever")]), Some(60));
        assert_eq!(wait(429, &[]), Some(60));
        assert_eq!(wait(503, &[("Retry-After", "17")]), None);
        assert_eq!(wait(429, &[("Retry-After", "17"), ("X-Sentry-Rate-Limits", "5:error:key")]), Some(5));
    }

    #[test]
    fn a_shorter_limit_does_not_end_a_longer_one() {
        let now = Instant::now();
        let mut limits = Limits::default();
        for seconds in ["100", "5"] {
            let headers = vec![("Retry-After".into(), seconds.into())];
            limits.hear(&Response { status: 429, headers }, now, SystemTime::UNIX_EPOCH);
        }
        assert_eq!(limits.wait(now), Some(Duration::from_secs(100)));
        assert_eq!(limits.wait(now + Duration::from_secs(100)), None);
    }

    proptest! {
        #[test]
        fn no_header_panics_or_stops_us_for_longer_than_a_day(text in "\\PC{0,40}") {
            prop_assert!(wait(429, &[("X-Sentry-Rate-Limits", &text)]).unwrap_or(0) <= 86_400);
            prop_assert!(wait(429, &[("Retry-After", &text)]).unwrap_or(0) <= 86_400);
        }
    }
}
