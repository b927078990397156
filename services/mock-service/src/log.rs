//! The service's log: one line an event, on stderr, without secrets and without control characters.

use std::io::Write;
use std::sync::Arc;

use preflight_logging::Redactor;

/// Writes lines; cheap to clone.
#[derive(Clone)]
pub(crate) struct Log {
    name: Arc<str>,
    redactor: Arc<Redactor>,
}

impl Log {
    /// A log of the service of this name, which never shows any of these secrets.
    pub(crate) fn new(name: &str, secrets: Vec<String>) -> Self {
        Self { name: name.into(), redactor: Arc::new(Redactor::new(secrets)) }
    }

    /// Something worth knowing.
    pub(crate) fn info(&self, message: &str) {
        self.line("info", message);
    }

    /// Something somebody has to mend.
    pub(crate) fn error(&self, message: &str) {
        self.line("ERROR", message);
    }

    /// The text without secrets and control characters, for pages and answers.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.redactor.clean(text)
    }

    fn line(&self, level: &str, message: &str) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
        let line = format!(
            "{now} {name} {level} {message}",
            name = self.clean(&self.name),
            message = self.clean(message)
        );
        // One write a line, so that lines of requests that end together do not mix. A log that nobody reads any
        // more must not stop the service.
        let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }
}
