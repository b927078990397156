//! Starting while a source is away: the files of an earlier run are kept, and used until the source is back.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::Engine;
use super::member::{Output, State};
use crate::config::LogLevel;
use crate::files::{Files, Target};
use crate::notice::{self, Notice};
use crate::run::Lack;

/// A folder with the last good output of each template, by the template's text and destination. It may hold secrets, as
/// the files themselves do: only its owner can read it.
#[derive(Debug)]
pub(crate) struct LastGood {
    folder: PathBuf,
    files: Files,
}

impl LastGood {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, files: Files::new() }
    }

    /// The output of an earlier run, if there is one.
    fn recall(&self, fingerprint: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(fingerprint)).ok()
    }

    /// Keeps an output.
    ///
    /// # Errors
    /// In words, when it cannot be written.
    fn keep(&mut self, fingerprint: &str, bytes: &[u8]) -> Result<(), String> {
        let describe = |error: &dyn std::fmt::Display| format!("{}: {error}", self.folder.display());
        if !self.folder.is_dir() {
            std::fs::create_dir_all(&self.folder).map_err(|error| describe(&error))?;
            let only_ours = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&self.folder, only_ours).map_err(|error| describe(&error))?;
        }
        let target = Target { perms: Some(0o600), ..Target::new(self.folder.join(fingerprint)) };
        self.files.write(&target, bytes).map(drop).map_err(|error| error.to_string())
    }
}

impl Engine {
    /// A source is away before everything was rendered once: templates that wait for it get what they had.
    pub(super) fn fall_back(&mut self) {
        let Some(last_good) = self.last_good.as_ref().filter(|_| !self.is_ready && !self.away.is_empty())
        else {
            return;
        };
        for member in &mut self.members {
            if member.was_settled || member.state != State::Waiting {
                continue;
            }
            let away = |query: &preflight_sources::Query| self.away.contains(&query.backend());
            let waits_for_it = |(query, reading): (&_, &crate::run::Reading)| {
                reading.lack == Some(Lack::Answer) && away(query)
            };
            if !member.readings.iter().any(waits_for_it) {
                continue;
            }
            let Some(bytes) = last_good.recall(&member.fingerprint()) else { continue };
            let text = "its source is away: the output of an earlier run is used until it is back";
            self.journal.notice(&Notice::new(
                LogLevel::Warn,
                notice::LAST_GOOD,
                member.template.display(),
                text,
            ));
            member.state =
                State::Complete(Arc::new(Output { bytes, writes: Vec::new(), is_from_earlier: true }));
        }
    }

    /// Keeps what was rendered, for a later start.
    pub(super) fn keep_last_good(&mut self, fingerprint: &str, bytes: &[u8]) {
        let Some(last_good) = &mut self.last_good else { return };
        if let Err(fault) = last_good.keep(fingerprint, bytes) {
            let text = format!("the last good output could not be kept: {fault}");
            self.journal.notice(
                &Notice::new(LogLevel::Warn, notice::LAST_GOOD, "--last-good", text)
                    .hint("let this user write to the folder"),
            );
        }
    }
}
