//! Keeps the order of lines: the first line comes first, even though who we are is learned while the checks run.

use std::cell::RefCell;

use preflight_checks::report::{CheckResult, waiting_line};
use preflight_checks::run::Observer;
use preflight_checks::{Failure, Item};
use preflight_logging::{Redactor, Tag};
use std::time::Duration;

use super::{Progress, print, print_error};

/// Watches the run and prints what it is waiting for.
pub(crate) struct Screen<'run> {
    pub(crate) tag: &'run Tag,
    pub(crate) redactor: &'run Redactor,
    pub(crate) wait: Duration,
    /// Where waiting is told: standard output for text, standard error for documents, nowhere when quiet.
    pub(crate) tell: Tell,
    pub(crate) progress: Progress,
    state: RefCell<State>,
}

/// Where the lines of a run in progress go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
    /// Nowhere.
    Nowhere,
}

#[derive(Default)]
struct State {
    begun: bool,
    held_back: Vec<String>,
}

impl<'run> Screen<'run> {
    /// A screen that holds lines back until [`Screen::begin`].
    pub(crate) fn new(
        tag: &'run Tag,
        redactor: &'run Redactor,
        wait: Duration,
        tell: Tell,
        items: &[Item],
    ) -> Self {
        let progress = Progress::new(items, redactor);
        Self { tag, redactor, wait, tell, progress, state: RefCell::default() }
    }

    /// Prints the first line and what was held back since.
    pub(crate) fn begin(&self, first_line: Option<String>) {
        let held_back = {
            let mut state = self.state.borrow_mut();
            state.begun = true;
            std::mem::take(&mut state.held_back)
        };
        for line in first_line.into_iter().chain(held_back) {
            self.write(&line);
        }
    }

    fn say(&self, line: String) {
        if self.state.borrow().begun {
            self.write(&line);
        } else {
            self.state.borrow_mut().held_back.push(line);
        }
    }

    fn write(&self, line: &str) {
        self.progress.clear();
        match self.tell {
            Tell::Output => print(&format!("{line}\n")),
            Tell::Errors => print_error(line),
            Tell::Nowhere => {}
        }
    }
}

impl Observer for Screen<'_> {
    fn waiting(&self, item: &Item, failure: &Failure) {
        self.progress.waiting(item, failure, self.redactor);
        self.say(waiting_line(self.tag, item, failure, self.wait, self.redactor));
    }

    fn finished(&self, result: &CheckResult) {
        self.progress.finished(result, self.redactor);
    }
}
