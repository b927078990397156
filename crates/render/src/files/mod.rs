//! Files that readers only ever see whole.
//!
//! A file is rendered in memory, compared with what is on the disk, and left alone when that is the same. Else it is
//! *staged*: written to a hidden temporary file beside its destination, with its owner and its mode. Then it is
//! *committed*: brought to the disk, renamed to its destination, and the folder brought to the disk. Several files can be
//! committed together: when one of them cannot go live, those that did are taken back. Between the two a check command
//! can look at the staged file ([`Staged::check`]).
//!
//! ```no_run
//! # use preflight_render::files::{Files, Target};
//! let mut files = Files::new();
//! let outcome = files.write(&Target::new("/etc/app.conf"), b"port = 80\n")?;
//! if outcome.effect.changes_contents() { /* reload */ }
//! # Ok::<(), preflight_render::files::WriteError>(())
//! ```
//!
//! A destination that is a mount point of its own (a file mounted into a container) cannot be renamed over; it is
//! written in place, which is not atomic, and the outcome says so.

mod accounts;
mod check;
mod commit;
mod diff;
mod error;
mod in_place;
mod limits;
mod place;
mod staged;
mod sync;
mod target;
mod temporary;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashSet},
    io,
    path::{Path, PathBuf},
};

pub use check::Check;
pub use diff::{Hide, unified};
pub use error::WriteError;
use place::Place;
pub use staged::Staged;
pub use target::{Owner, Target};

/// Writes files, and remembers which folders it has already cleaned of the leftovers of killed runs.
#[derive(Debug, Default)]
pub struct Files {
    cleaned: HashSet<PathBuf>,
    to_sync: BTreeSet<PathBuf>,
    sync_later: bool,
}

/// What was done to one file.
#[derive(Debug)]
pub struct Outcome {
    /// What changed.
    pub effect: Effect,
    /// What the reader of the log should know.
    pub notes: Vec<Note>,
}

/// What changes at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is as it should be; nothing is touched.
    Unchanged,
    /// There was no file.
    Created,
    /// The contents are other ones.
    Replaced,
    /// The contents are right; the mode or the owner had drifted.
    Repaired {
        /// Mode before and after.
        mode: Option<(u32, u32)>,
        /// User id before and after.
        uid: Option<(u32, u32)>,
        /// Group id before and after.
        gid: Option<(u32, u32)>,
    },
}

/// Something that did not stop the change, and is worth a line.
#[derive(Debug)]
pub enum Note {
    /// The destination is a mount point: written in place, so that a reader may have seen a part of it.
    InPlace,
    /// The destination was a symbolic link and is a file now, as with consul-template.
    LinkReplaced,
    /// No backup could be made.
    NoBackup(io::Error),
    /// The owner of the old file could not be given to the new one.
    OwnerNotKept {
        /// The old file's user.
        uid: u32,
        /// The old file's group.
        gid: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// The folder could not be brought to the disk: after a power cut the old file may be there again.
    FolderNotSynced(io::Error),
    /// So many temporary files of killed runs were removed from the folder.
    LeftoversRemoved(usize),
}

/// What would be done, for a dry run.
#[derive(Debug)]
pub struct Preview {
    /// What would change.
    pub effect: Effect,
    /// What is there now; `None` when there is no file.
    pub old: Option<Vec<u8>>,
}

impl Files {
    /// Nothing cleaned yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// For many files at once: folders are brought to the disk by [`Files::sync`] (or on drop), each only once.
    #[must_use]
    pub fn sync_later(mut self) -> Self {
        self.sync_later = true;
        self
    }

    /// Makes the file at the destination have these bytes.
    ///
    /// # Errors
    /// As [`Files::stage`] and [`Files::commit`]; the destination is then as it was.
    pub fn write(&mut self, target: &Target, bytes: &[u8]) -> Result<Outcome, WriteError> {
        let staged = self.stage(target, bytes)?;
        let mut outcomes = self.commit(vec![staged])?;
        Ok(outcomes.pop().unwrap_or(Outcome { effect: Effect::Unchanged, notes: Vec::new() }))
    }

    /// Prepares a change without making it: nothing is written when the destination has these bytes already.
    ///
    /// # Errors
    /// Every [`WriteError`] but those of checks and of taking back.
    pub fn stage(&mut self, target: &Target, bytes: &[u8]) -> Result<Staged, WriteError> {
        let place = Place::look(target)?;
        let leftovers = self.clean_once(&place.folder);
        let mut staged = Staged::make(target, place, bytes)?;
        staged.notes.extend(leftovers);
        Ok(staged)
    }

    /// Prepares changes that belong together. Where they are more than may be open at once, they are brought to the disk
    /// and closed by and by; another run that starts in the same folder meanwhile could then take them for leftovers,
    /// which makes the commit fail with all as it was.
    ///
    /// # Errors
    /// As [`Files::stage`], with the number of the change; nothing is staged then.
    pub fn stage_all(&mut self, changes: &[(Target, &[u8])]) -> Result<Vec<Staged>, (usize, WriteError)> {
        let most = Self::most_staged();
        let mut staged: Vec<Staged> = Vec::with_capacity(changes.len());
        for (number, (target, bytes)) in changes.iter().enumerate() {
            staged.push(self.stage(target, bytes).map_err(|error| (number, error))?);
            if changes.len() > most && staged.len().is_multiple_of(most) {
                let open = &mut staged[number + 1 - most..];
                self.sync_staged(&mut *open);
                open.iter_mut().for_each(Staged::close);
            }
        }
        Ok(staged)
    }

    /// The most files to stage before they are committed: more might be more than may be open.
    pub fn most_staged() -> usize {
        limits::most_staged()
    }

    /// Makes all staged changes, or none; the outcomes are in the order of the files.
    ///
    /// # Errors
    /// The first failure, after which all destinations are as they were (their backups excepted), or `NotRolledBack`.
    pub fn commit(&mut self, staged: Vec<Staged>) -> Result<Vec<Outcome>, WriteError> {
        let folders = commit::folders(&staged);
        let mut outcomes = commit::commit(staged)?;
        self.to_sync.extend(folders);
        if !self.sync_later
            && let Err(error) = self.sync()
            && let Some(last) = outcomes.last_mut()
        {
            last.notes.push(Note::FolderNotSynced(error));
        }
        Ok(outcomes)
    }

    /// Brings staged files to the disk at the same time, which [`Files::commit`] would do one change after the other.
    /// What fails is told when they are committed.
    pub fn sync_staged<'staged>(&self, staged: impl IntoIterator<Item = &'staged mut Staged>) {
        sync::together(&mut staged.into_iter().collect::<Vec<_>>());
    }

    /// Brings the changed folders to the disk.
    ///
    /// # Errors
    /// The last folder's that could not be.
    pub fn sync(&mut self) -> io::Result<()> {
        let mut result = Ok(());
        for folder in std::mem::take(&mut self.to_sync) {
            result = sync::folder(&folder).and(result);
        }
        result
    }

    /// Before anything is made in the folder, so that leftovers cannot pile up however often we are killed.
    fn clean_once(&mut self, folder: &Path) -> Option<Note> {
        if self.cleaned.contains(folder) {
            return None;
        }
        self.cleaned.insert(folder.to_owned());
        Some(temporary::clean(folder)).filter(|count| *count > 0).map(Note::LeftoversRemoved)
    }

    /// What [`Files::write`] would do; nothing is touched.
    ///
    /// # Errors
    /// When the destination cannot be read or can hold no file, or its owner is not known.
    pub fn preview(&self, target: &Target, bytes: &[u8]) -> Result<Preview, WriteError> {
        let place = Place::look(target)?;
        let effect = Effect::of(&place, target, target.owner()?, bytes)?;
        Ok(Preview { effect, old: place.contents()? })
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // Whoever wants to know calls `sync`.
        let _ = self.sync();
    }
}

impl Effect {
    /// True when a reader of the file would read something else than before.
    pub fn changes_contents(&self) -> bool {
        matches!(self, Self::Created | Self::Replaced)
    }

    fn of(place: &Place, target: &Target, owner: Owner, bytes: &[u8]) -> Result<Self, WriteError> {
        let Some(existing) = place.existing else { return Ok(Self::Created) };
        if !place.holds(bytes)? {
            return Ok(Self::Replaced);
        }
        let drift =
            |wanted: Option<u32>, is: u32| wanted.filter(|wanted| *wanted != is).map(|wanted| (is, wanted));
        let mode = drift(target.perms, existing.mode);
        let (uid, gid) = (drift(owner.uid, existing.uid), drift(owner.gid, existing.gid));
        match (mode, uid, gid) {
            (None, None, None) => Ok(Self::Unchanged),
            _ => Ok(Self::Repaired { mode, uid, gid }),
        }
    }
}
