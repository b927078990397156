//! The log of a rendering: tagged lines.

use std::io;
use std::sync::Arc;

use preflight_logging::Tag;
use preflight_processes::Streams;
use preflight_render::config::LogLevel;
use preflight_render::{Journal, Notice};

use crate::output;
use crate::secrets::{Secrets, secrets_of_key};

/// Says what the rendering has to say; nothing of it without redaction.
pub(crate) struct Log {
    tag: Tag,
    level: LogLevel,
    secrets: Arc<Secrets>,
    write: Write,
    streams: Option<Connect>,
}

/// Takes a whole line of that level.
type Write = Box<dyn Fn(LogLevel, &str) + Send + Sync>;
/// Makes the streams of a command.
type Connect = Box<dyn Fn() -> io::Result<Streams> + Send + Sync>;

impl Log {
    /// A log for these readers, from this level on, whose lines go to `write`.
    pub(crate) fn new(
        tag: Tag,
        level: LogLevel,
        secrets: Arc<Secrets>,
        write: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) -> Self {
        Self { tag, level, secrets, write: Box::new(write), streams: None }
    }

    /// The commands of templates get these streams.
    pub(crate) fn with_streams(
        self,
        connect: impl Fn() -> io::Result<Streams> + Send + Sync + 'static,
    ) -> Self {
        Self { streams: Some(Box::new(connect)), ..self }
    }

    /// A remark about the configuration.
    pub(crate) fn note(&self, text: &str) {
        self.write(LogLevel::Warn, text);
    }

    /// Several notices.
    pub(crate) fn notices(&self, notices: &[Notice]) {
        notices.iter().for_each(|notice| self.notice(notice));
    }

    /// One line.
    pub(crate) fn write(&self, level: LogLevel, text: &str) {
        if level < self.level {
            return;
        }
        let word = match level {
            LogLevel::Trace => "TRACE",
            LogLevel::Debug => "DEBUG",
            LogLevel::Info => "INFO",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERROR",
        };
        let text = self.secrets.redactor().clean(text);
        (self.write)(level, &format!("{} {word} render {text}", self.tag));
    }
}

impl Journal for Log {
    fn notice(&self, notice: &Notice) {
        self.write(notice.level, &notice.to_string());
    }

    fn secret(&self, text: &str) {
        self.secrets.learn(text);
    }

    fn named(&self, name: &str, text: &str) {
        secrets_of_key(name, text).iter().for_each(|secret| self.secrets.learn(secret));
    }

    fn redact(&self, text: &str) -> String {
        self.secrets.redactor().redact(text).into_owned()
    }

    fn streams(&self) -> io::Result<Streams> {
        self.streams.as_ref().map_or_else(|| Ok(Streams::default()), |connect| connect())
    }

    fn difference(&self, diff: &str) {
        output::print(diff);
    }
}
