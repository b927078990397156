//! Where the rendering tells what happens: the one who prints it implements this.

use std::io;

use preflight_processes::Streams;

use crate::notice::Notice;

/// Takes in what is to be told. Called from one thread, never while a template runs.
pub trait Journal: Send + Sync {
    /// A line for the log; still to be redacted and escaped.
    fn notice(&self, notice: &Notice);

    /// A text that must never be printed from now on.
    fn secret(&self, text: &str);

    /// A value and its name in a source, which may tell that it must never be printed from now on.
    fn named(&self, name: &str, text: &str);

    /// The text without anything that must never be printed.
    fn redact(&self, text: &str) -> String;

    /// Where a command of a template reads and writes, just before it is started: our own streams, unless there are others.
    ///
    /// # Errors
    /// When they cannot be made.
    fn streams(&self) -> io::Result<Streams> {
        Ok(Streams::default())
    }

    /// What a dry run would change in a file: a unified diff, redacted.
    fn difference(&self, diff: &str);
}
