//! One line on a terminal that shows what is still being waited for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use preflight_checks::report::{CheckResult, seconds};
use preflight_checks::{Failure, Item};
use preflight_logging::Redactor;

/// Nothing is shown of a run shorter than this.
const PATIENCE: Duration = Duration::from_millis(400);
const REFRESH: Duration = Duration::from_millis(200);
/// Longer lines would wrap and could not be cleared.
const WIDTH: usize = 78;

/// The unfinished items and, on a terminal, the line about them.
pub(crate) struct Progress {
    terminal: bool,
    started: Instant,
    unfinished: RefCell<BTreeMap<String, &'static str>>,
    drawn: Cell<bool>,
}

impl Progress {
    /// Draws only if standard error is a terminal.
    pub(crate) fn new(items: &[Item], redactor: &Redactor) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let names =
            items.iter().filter(|_| terminal).map(|item| (name(item.kind.name, &item.id, redactor), ""));
        Self {
            terminal,
            started: Instant::now(),
            unfinished: RefCell::new(names.collect()),
            drawn: Cell::new(false),
        }
    }

    pub(super) fn waiting(&self, item: &Item, failure: &Failure, redactor: &Redactor) {
        if let Some(class) = self.unfinished.borrow_mut().get_mut(&name(item.kind.name, &item.id, redactor)) {
            *class = failure.class.name;
        }
    }

    pub(super) fn finished(&self, result: &CheckResult, redactor: &Redactor) {
        if self.terminal {
            self.unfinished.borrow_mut().remove(&name(result.kind, &result.id, redactor));
        }
    }

    /// Draws again and again; never ends by itself.
    pub(crate) async fn draw(&self) -> Infallible {
        if !self.terminal {
            return std::future::pending().await;
        }
        tokio::time::sleep(PATIENCE).await;
        loop {
            self.show();
            tokio::time::sleep(REFRESH).await;
        }
    }

    /// Takes the line away, so that another can be printed.
    pub(crate) fn clear(&self) {
        if self.drawn.replace(false) {
            Self::write("\r\u{1b}[K");
        }
    }

    fn show(&self) {
        let unfinished = self.unfinished.borrow();
        let mut line = format!("waiting for {} ({}): ", unfinished.len(), seconds(self.started.elapsed()));
        let names = unfinished.iter().map(|(name, class)| match *class {
            "" => name.clone(),
            class => format!("{name} [{class}]"),
        });
        line.push_str(&names.collect::<Vec<_>>().join(", "));
        let short: String = line.chars().take(WIDTH).collect();
        let more = if short.len() < line.len() { "…" } else { "" };
        Self::write(&format!("\r\u{1b}[K{short}{more}"));
        self.drawn.set(true);
    }

    fn write(text: &str) {
        let mut terminal = std::io::stderr().lock();
        // A terminal that has gone away needs no progress.
        let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
    }
}

fn name(kind: &str, id: &str, redactor: &Redactor) -> String {
    format!("{kind} {}", redactor.clean(id))
}
