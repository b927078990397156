//! Starting while a source is away: the files of an earlier run are kept, and used until the source is back.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::Engine;
use super::member::{Output, State};
use crate::commands::words;
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
        Self { folder, files: Files::new().sync_later() }
    }

    /// The output of an earlier run, if there is one.
    fn recall(&self, fingerprint: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(fingerprint)).ok()
    }

    /// Keeps outputs, each by itself: what could not be kept, in words.
    fn keep(&mut self, outputs: &[(String, Arc<Output>)]) -> Vec<String> {
        if let Err(error) = self.make_folder() {
            return vec![format!("{}: {error}", self.folder.display())];
        }
        let mut faults = Vec::new();
        for outputs in outputs.chunks(Files::most_staged()) {
            let mut staged = Vec::new();
            for (fingerprint, output) in outputs {
                let target = Target { perms: Some(0o600), ..Target::new(self.folder.join(fingerprint)) };
                match self.files.stage(&target, &output.bytes) {
                    Ok(file) => staged.push(file),
                    Err(error) => faults.push(words(&error)),
                }
            }
            self.files.sync_staged(&mut staged);
            let failed = staged.into_iter().filter_map(|file| self.files.commit(vec![file]).err());
            faults.extend(failed.map(|error| words(&error)));
        }
        if let Err(error) = self.files.sync() {
            faults.push(format!("{}: {error}", self.folder.display()));
        }
        faults
    }

    fn make_folder(&self) -> std::io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)?;
        std::fs::set_permissions(&self.folder, std::fs::Permissions::from_mode(0o700))
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

    /// Those outputs that a later start can use, by the names under which they are kept.
    pub(super) fn good_for_later(&self, complete: &[(usize, Arc<Output>)]) -> Vec<(String, Arc<Output>)> {
        if self.last_good.is_none() {
            return Vec::new();
        }
        let rendered_now = complete.iter().filter(|(_, output)| !output.is_from_earlier);
        let named = |(index, output): &(usize, Arc<Output>)| {
            Some((self.members.get(*index)?.fingerprint(), Arc::clone(output)))
        };
        rendered_now.filter_map(named).collect()
    }

    /// Keeps what was rendered, for a later start.
    pub(super) fn keep_last_good(&mut self, outputs: &[(String, Arc<Output>)]) {
        let Some(last_good) = self.last_good.as_mut().filter(|_| !outputs.is_empty()) else { return };
        for fault in last_good.keep(outputs) {
            let text = format!("the last good output could not be kept: {fault}");
            self.journal.notice(
                &Notice::new(LogLevel::Warn, notice::LAST_GOOD, "--last-good", text)
                    .hint("let this user write to the folder"),
            );
        }
    }
}
