//! Crontabs as they are on the disk now, and as they were when they could be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use preflight_supervise::cron::{CrontabFault, CrontabFile, read_crontabs};

use super::super::accounts::Accounts;
use super::job::{Job, place};

/// All files that were named, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) files: BTreeMap<PathBuf, Of>,
    /// In the order in which they were named.
    order: Vec<PathBuf>,
}

/// What is known of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Of {
    pub(super) jobs: Vec<Job>,
    /// What is understood, and not obeyed.
    pub(super) notes: Vec<String>,
    /// What is wrong with it now; the rest is as it was before.
    pub(super) faults: Vec<String>,
}

impl Reading {
    /// Reads everything that is there. A file that is wrong keeps what it said before.
    pub(super) fn of(paths: &[PathBuf], accounts: &Accounts, before: &Self) -> Self {
        let mut reading = Self::default();
        for path in paths {
            if is_stream(path) && before.files.contains_key(path) {
                // What it said was said once.
                reading.take(path.clone(), before.files[path].clone());
                continue;
            }
            for CrontabFile { path: file, read } in read_crontabs(path, &|user| accounts.number(user)) {
                let unread = read.is_err() && file == *path && path.is_dir();
                reading.take(file.clone(), of_file(&file, read, accounts, before));
                if unread {
                    let below = before.files.iter().filter(|(file, _)| file.parent() == Some(path));
                    below.for_each(|(file, of)| reading.take(file.clone(), of.clone()));
                }
            }
        }
        reading
    }

    /// What will be read later. What can be read only once is left for then.
    pub(super) fn in_advance(paths: &[PathBuf], accounts: &Accounts) -> Self {
        let paths: Vec<PathBuf> = paths.iter().filter(|path| !is_stream(path)).cloned().collect();
        Self::of(&paths, accounts, &Self::default())
    }

    /// Without those files that are named and not there.
    pub(super) fn without_missing(mut self) -> Self {
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        self.order.retain(|path| is_there(path));
        self.files.retain(|path, _| is_there(path));
        self
    }

    fn take(&mut self, path: PathBuf, of: Of) {
        let mut of = of;
        if self.files.contains_key(&path) {
            of.faults = vec![format!("{}: the file is named twice", place(&path, 1))];
        } else {
            self.order.push(path.clone());
        }
        self.files.insert(path, of);
    }

    /// In the order in which they were named, and of the lines.
    pub(super) fn jobs(&self) -> Vec<Job> {
        self.in_order().flat_map(|(_, of)| of.jobs.clone()).collect()
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.in_order().flat_map(|(_, of)| of.faults.clone()).collect()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.in_order().flat_map(|(_, of)| of.notes.clone()).collect()
    }

    pub(super) fn in_order(&self) -> impl Iterator<Item = (&PathBuf, &Of)> {
        self.order.iter().filter_map(|path| self.files.get_key_value(path))
    }
}

fn of_file(
    path: &Path,
    read: Result<preflight_supervise::cron::Crontab, Vec<CrontabFault>>,
    accounts: &Accounts,
    before: &Reading,
) -> Of {
    let read = read.map_err(|faults| faults.iter().map(fault).collect());
    let taken = read.and_then(|crontab| {
        let note = |note: &preflight_supervise::cron::CrontabNote| {
            format!("{}: {}", place(path, note.line), note.message)
        };
        let notes = crontab.notes.iter().map(note).collect();
        Ok(Of { jobs: Job::all_of(path, crontab, accounts)?, notes, faults: Vec::new() })
    });
    taken.unwrap_or_else(|faults| Of { faults, ..before.files.get(path).cloned().unwrap_or_default() })
}

/// Neither a file nor a folder, and there: a pipe.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn fault(fault: &CrontabFault) -> String {
    let hint = fault.hint.map(|hint| format!(" — hint: {hint}")).unwrap_or_default();
    format!("{fault}{hint}")
}
