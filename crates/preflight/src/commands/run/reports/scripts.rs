//! What is said before services are started: of boot scripts, whose lines are ours and not those of a service.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use preflight_logging::Redactor;
use preflight_supervise::output::{LastLine, Stream};

/// So many lines are enough to see what went wrong.
const MOST: usize = 50;

/// The last lines of all scripts together. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(in crate::commands::run) struct Said(Arc<Mutex<VecDeque<Line>>>);

#[derive(Debug)]
struct Line {
    at: SystemTime,
    bytes: Vec<u8>,
}

impl Said {
    /// One more line, whole: half a secret would not be recognised.
    pub(in crate::commands::run) fn add(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(Line { at: SystemTime::now(), bytes: line.to_vec() });
        if lines.len() > MOST {
            lines.pop_front();
        }
    }

    /// As they may be shown, oldest first.
    pub(super) fn lines(&self, redactor: &Redactor) -> Vec<LastLine> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |line: &Line| LastLine {
            time: line.at,
            stream: Stream::Output,
            text: redactor.clean(&String::from_utf8_lossy(&line.bytes)),
        };
        lines.iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_hold_no_secret() {
        let said = Said::default();
        (0..60).for_each(|at| said.clone().add(format!("{at} hunter2").as_bytes()));
        let lines = said.lines(&Redactor::new(["hunter2"]));
        assert_eq!(lines.len(), MOST);
        assert_eq!((lines[0].text.as_str(), lines[49].text.as_str()), ("10 [redacted]", "59 [redacted]"));
    }
}
