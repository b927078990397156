//! The log of a rendering: tagged lines on standard error, and to a file or the syslog if asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use preflight_logging::{Redactor, Tag};
use preflight_render::config::{self, LogLevel};
use preflight_render::{Journal, Notice};

use super::sinks::Sinks;
use crate::output;

/// Prints what the rendering has to say; nothing of it without redaction.
pub(super) struct Log {
    tag: Tag,
    level: LogLevel,
    state: Mutex<State>,
}

struct State {
    secrets: Vec<String>,
    redactor: Redactor,
    is_stale: bool,
    sinks: Sinks,
}

impl Log {
    /// A log for these readers that never shows these secrets.
    pub(super) fn new(tag: Tag, settings: &config::Log, secrets: Vec<String>) -> Self {
        let redactor = Redactor::new(&secrets);
        let (sinks, faults) = Sinks::open(settings);
        let log = Self {
            tag,
            level: settings.level,
            state: Mutex::new(State { secrets, redactor, is_stale: false, sinks }),
        };
        for fault in faults {
            log.write(LogLevel::Warn, &fault);
        }
        log
    }

    /// A remark about the configuration.
    pub(super) fn note(&self, text: &str) {
        self.write(LogLevel::Warn, text);
    }

    /// Several notices.
    pub(super) fn notices(&self, notices: &[Notice]) {
        notices.iter().for_each(|notice| self.notice(notice));
    }

    /// One line.
    pub(super) fn write(&self, level: LogLevel, text: &str) {
        if level < self.level {
            return;
        }
        let mut state = self.state();
        let text = state.redactor().clean(text);
        let word = match level {
            LogLevel::Trace => "TRACE",
            LogLevel::Debug => "DEBUG",
            LogLevel::Info => "INFO",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERROR",
        };
        let line = format!("{} {word} render {text}", self.tag);
        eprintln!("{line}");
        state.sinks.write(level, &line);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The redactor of all secrets known by now.
    fn redactor(&mut self) -> &Redactor {
        if std::mem::take(&mut self.is_stale) {
            self.redactor = Redactor::new(&self.secrets);
        }
        &self.redactor
    }
}

impl Journal for Log {
    fn notice(&self, notice: &Notice) {
        self.write(notice.level, &notice.to_string());
    }

    fn secret(&self, text: &str) {
        let mut state = self.state();
        if !text.is_empty() && !state.secrets.iter().any(|known| known == text) {
            state.secrets.push(text.to_owned());
            state.is_stale = true;
        }
    }

    fn redact(&self, text: &str) -> String {
        self.state().redactor().redact(text).into_owned()
    }

    fn difference(&self, diff: &str) {
        output::print(diff);
    }
}
