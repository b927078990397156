//! Several files go live together, or not at all.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Note, Outcome, Staged, WriteError, in_place, limits,
    place::Existing,
    staged::{Work, name_of, repair},
    sync,
    target::Owner,
    temporary::Temporary,
};

/// How to take one file back.
enum Undo {
    Nothing,
    Remove(PathBuf),
    Restore { path: PathBuf, kept: Temporary },
    Rewrite { path: PathBuf, bytes: Vec<u8>, was: Existing },
    Attributes { path: PathBuf, was: Existing },
}

/// Applies them in order; on a failure those that are live already are taken back, in reverse.
pub(super) fn commit(mut staged: Vec<Staged>) -> Result<Vec<Outcome>, WriteError> {
    each_once(&staged)?;
    sync::together(&mut staged.iter_mut().collect::<Vec<_>>());
    for file in &mut staged {
        let path = file.place.path.clone();
        let on_disk = file.successor().map_or(Ok(()), Temporary::on_disk);
        on_disk.map_err(WriteError::io(&path, "bring the new file to the disk"))?;
    }
    let most_kept = limits::most_kept();
    let several = staged.iter().filter(|file| !matches!(file.work, Work::Nothing)).count() > 1;
    let mut done = Vec::new();
    for file in &mut staged {
        if let Err(error) = apply(file, several, &mut done) {
            return Err(roll_back(done, error));
        }
        if done.len() > most_kept {
            done.last_mut().map(Undo::close);
        }
    }
    Ok(staged.into_iter().map(outcome).collect())
}

/// A rename alone needs no way back: it happens or it does not.
fn apply(file: &mut Staged, several: bool, done: &mut Vec<Undo>) -> Result<(), WriteError> {
    if !several && !matches!(file.work, Work::InPlace { .. }) {
        return file.apply();
    }
    let undo = Undo::prepare(file)?;
    let applied = file.apply();
    if applied.is_ok() || file.may_be_half_done() {
        done.push(undo);
    }
    applied
}

/// The folders whose entries the outcomes change.
pub(super) fn folders(staged: &[Staged]) -> BTreeSet<PathBuf> {
    staged
        .iter()
        .filter(|file| matches!(file.work, Work::Rename(_)))
        .map(|file| file.place.folder.clone())
        .collect()
}

fn each_once(staged: &[Staged]) -> Result<(), WriteError> {
    let mut seen = BTreeSet::new();
    match staged.iter().find(|file| !seen.insert(&file.place.path)) {
        Some(file) => Err(WriteError::Twice { path: file.destination.clone() }),
        None => Ok(()),
    }
}

fn outcome(mut file: Staged) -> Outcome {
    if file.place.is_link && matches!(file.work, Work::Rename(_)) {
        file.notes.push(Note::LinkReplaced);
    }
    Outcome { effect: file.effect, notes: file.notes }
}

fn roll_back(done: Vec<Undo>, error: WriteError) -> WriteError {
    let lost: Vec<PathBuf> = done.into_iter().rev().filter_map(Undo::run).collect();
    if lost.is_empty() { error } else { WriteError::NotRolledBack { lost, source: Box::new(error) } }
}

impl Undo {
    fn prepare(file: &Staged) -> Result<Self, WriteError> {
        let path = file.place.path.clone();
        Ok(match (&file.work, file.place.existing) {
            (Work::Nothing, _) => Self::Nothing,
            (Work::Repair { .. }, Some(was)) => Self::Attributes { path, was },
            (Work::InPlace { .. }, Some(was)) => {
                let bytes = file.place.contents()?.unwrap_or_default();
                Self::Rewrite { path, bytes, was }
            }
            (Work::Rename(_), Some(_)) if !file.place.is_link => {
                let kept = Temporary::keep_of(&path, &file.place.folder, name_of(&path))
                    .map_err(WriteError::io(&path, "keep the old file"))?;
                Self::Restore { path, kept }
            }
            (Work::Rename(_), _) if file.place.is_link => Self::relink(path)?,
            _ => Self::Remove(path),
        })
    }

    /// A symbolic link is kept as such: made again under a temporary name.
    fn relink(path: PathBuf) -> Result<Self, WriteError> {
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let make = || {
            let leads_to = fs::read_link(&path)?;
            let kept = Temporary::create(&folder, name_of(&path), false)?;
            fs::remove_file(&kept.path)?;
            std::os::unix::fs::symlink(leads_to, &kept.path)?;
            Ok(kept)
        };
        let kept = make().map_err(WriteError::io(&path, "keep the old link"))?;
        Ok(Self::Restore { path, kept })
    }

    /// Gives the old file's descriptor back.
    fn close(&mut self) {
        if let Self::Restore { kept, .. } = self {
            kept.close();
        }
    }

    /// The path, when it could not be taken back.
    fn run(self) -> Option<PathBuf> {
        let (path, back) = match self {
            Self::Nothing => return None,
            Self::Remove(path) => {
                let gone = fs::remove_file(&path);
                (path, gone.is_ok())
            }
            Self::Restore { path, mut kept } => {
                let back = kept.rename(&path);
                (path, back.is_ok())
            }
            Self::Rewrite { path, bytes, was } => {
                let back = in_place::write(&path, &bytes).and_then(|()| as_it_was(&path, was));
                (path, back.is_ok())
            }
            Self::Attributes { path, was } => {
                let back = as_it_was(&path, was);
                (path, back.is_ok())
            }
        };
        (!back).then_some(path)
    }
}

fn as_it_was(path: &Path, was: Existing) -> Result<(), WriteError> {
    repair(path, Some(was.mode), Owner { uid: Some(was.uid), gid: Some(was.gid) })
}
