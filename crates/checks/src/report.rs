//! The outcome of a run.

use std::time::Duration;

/// A length of time as people write it: `41 ms`, `2.5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        let tenths = (duration.as_secs_f64() * 10.0).round() / 10.0;
        format!("{tenths} s")
    }
}
