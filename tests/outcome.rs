//! What a run of the built program left behind.

use std::process::Output;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }

    #[track_caller]
    pub(crate) fn says(self, fragment: &str) -> Self {
        assert!(self.has(fragment), "{fragment:?} is not in\n{}", self.all());
        self
    }

    #[track_caller]
    pub(crate) fn never_says(self, fragment: &str) -> Self {
        assert!(!self.has(fragment), "{fragment:?} is in\n{}", self.all());
        self
    }

    fn has(&self, fragment: &str) -> bool {
        self.stdout.contains(fragment) || self.stderr.contains(fragment)
    }

    fn all(&self) -> String {
        format!("--- out\n{}\n--- err\n{}", self.stdout, self.stderr)
    }
}
