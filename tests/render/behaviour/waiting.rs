//! Waiting for what can be observed, for longer than any machine should need.

use std::path::Path;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `holds`; gives up with what `evidence` says.
pub(crate) fn eventually(what: &str, evidence: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "it never came to this: {what}\n{}", evidence());
        std::thread::sleep(PAUSE);
    }
}

/// A file's text; empty when there is none.
pub(crate) fn told(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
