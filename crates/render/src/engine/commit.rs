//! Writing what is complete: the templates of one service together or not at all.

use std::sync::Arc;
use std::time::Instant;

use super::member::{Member, Output, State};
use super::{Change, Engine, EngineError, Settled, pause_after};
use crate::commands::{Due, words};
use crate::config::LogLevel;
use crate::files::{Check, Effect, Files, Note, Outcome, Staged, Target, WriteError, unified};
use crate::notice::{self, Notice};

/// A group whose files are staged, or why they are not: a failure comes with the number of its template.
struct Prepared {
    complete: Vec<(usize, Arc<Output>)>,
    staged: Result<Vec<Staged>, (usize, WriteError)>,
}

impl Engine {
    /// Writes every group that is complete and due.
    pub(super) async fn commit_complete(&mut self, now: Instant) -> Result<(), EngineError> {
        let mut settled = Vec::new();
        for batch in self.batches(now) {
            let mut batch: Vec<Prepared> = batch.iter().map(|group| self.prepare(group)).collect();
            self.files.sync_staged(batch.iter_mut().flat_map(|group| group.staged.iter_mut().flatten()));
            let mut to_keep = Vec::new();
            let committed = self.commit_batch(batch, &mut to_keep, now).await;
            self.keep_last_good(&to_keep);
            settled.extend(committed?);
        }
        let has_changed = settled.iter().any(|file| file.has_changed);
        self.settled.extend(settled);
        self.tell_settled();
        if has_changed {
            self.has_changed = true;
            if let Err(error) = self.files.sync() {
                let text = format!("a folder could not be brought to the disk: {error}");
                self.journal.notice(&Notice::new(LogLevel::Warn, notice::WRITE, "files", text));
            }
            if self.is_ready {
                self.tell(Change::Files);
            }
        }
        Ok(())
    }

    /// One group after the other; the outputs that a later start can use are added to `to_keep`.
    async fn commit_batch(
        &mut self,
        batch: Vec<Prepared>,
        to_keep: &mut Vec<(String, Arc<Output>)>,
        now: Instant,
    ) -> Result<Vec<Settled>, EngineError> {
        let mut settled = Vec::new();
        for group in batch {
            settled.extend(self.commit_group(group, to_keep, now).await?);
        }
        Ok(settled)
    }

    fn prepare(&mut self, group: &[usize]) -> Prepared {
        let complete = |index: &usize| match &self.members.get(*index)?.state {
            State::Complete(output) => Some((*index, Arc::clone(output))),
            _ => None,
        };
        let complete: Vec<(usize, Arc<Output>)> = group.iter().filter_map(complete).collect();
        let staged = if self.settings.dry { Ok(Vec::new()) } else { self.stage(&complete) };
        Prepared { complete, staged }
    }

    fn stage(&mut self, complete: &[(usize, Arc<Output>)]) -> Result<Vec<Staged>, (usize, WriteError)> {
        let (mut indexes, mut changes) = (Vec::new(), Vec::new());
        for (index, output) in complete {
            let Some(target) = self.members.get(*index).and_then(target) else { continue };
            indexes.push(*index);
            changes.push((target, output.bytes.as_slice()));
        }
        self.files.stage_all(&changes).map_err(|(number, error)| (indexes[number], error))
    }

    async fn commit_group(
        &mut self,
        group: Prepared,
        to_keep: &mut Vec<(String, Arc<Output>)>,
        now: Instant,
    ) -> Result<Vec<Settled>, EngineError> {
        let Prepared { complete, staged } = group;
        if self.settings.dry {
            self.preview(&complete);
            return Ok(Vec::new());
        }
        let written = match staged {
            Ok(staged) => self.write(&complete, staged).await,
            Err(failure) => Err(failure),
        };
        match written {
            Ok(outcomes) => {
                to_keep.extend(self.good_for_later(&complete));
                Ok(self.settle(&complete, outcomes))
            }
            Err((index, error)) => self.put_off(&complete, index, &error, now).map(|()| Vec::new()),
        }
    }

    /// Checks all, then makes all changes. An error comes with the number of its template.
    async fn write(
        &mut self,
        complete: &[(usize, Arc<Output>)],
        staged: Vec<Staged>,
    ) -> Result<Vec<Outcome>, (usize, WriteError)> {
        let with_target = complete.iter().filter(|(index, _)| {
            self.members.get(*index).is_some_and(|member| member.template.destination.is_some())
        });
        let indexes: Vec<usize> = with_target.map(|(index, _)| *index).collect();
        for (index, staged) in indexes.iter().zip(&staged) {
            let check = self.members.get(*index).and_then(|member| member.template.check.clone());
            if let Some(check) = check {
                let check = Check::new(check.argv());
                staged.check(&check, &self.processes).await.map_err(|error| (*index, error))?;
            }
        }
        for (index, output) in complete {
            self.write_extra(*index, output).map_err(|error| (*index, error))?;
        }
        let first = indexes.first().copied().unwrap_or_default();
        self.files.commit(staged).map_err(|error| (first, error))
    }

    /// What `writeToFile` asked for, unless it is what was written last.
    fn write_extra(&mut self, index: usize, output: &Output) -> Result<(), WriteError> {
        let Some(member) = self.members.get_mut(index) else { return Ok(()) };
        if output.is_from_earlier || member.written == output.writes {
            return Ok(());
        }
        for write in &output.writes {
            let mut contents = Vec::new();
            if write.append {
                contents = std::fs::read(&write.path).unwrap_or_default();
            }
            contents.extend_from_slice(&write.contents);
            let target = Target {
                perms: Some(write.mode),
                user: Some(write.user.clone()),
                group: Some(write.group.clone()),
                ..Target::new(&write.path)
            };
            self.files.write(&target, &contents)?;
        }
        member.written.clone_from(&output.writes);
        Ok(())
    }

    /// They are as they should be: tells it, and queues their commands.
    fn settle(&mut self, complete: &[(usize, Arc<Output>)], outcomes: Vec<Outcome>) -> Vec<Settled> {
        let mut settled = Vec::new();
        let mut outcomes = outcomes.into_iter();
        for (index, _) in complete {
            let has_target =
                self.members.get(*index).is_some_and(|member| member.template.destination.is_some());
            let outcome = has_target.then(|| outcomes.next()).flatten();
            let Some(member) = self.members.get_mut(*index) else { continue };
            member.settled();
            let display = member.template.display();
            if let Some(outcome) = outcome {
                for notice in notices_of(&display, &outcome) {
                    self.journal.notice(&notice);
                }
                let has_changed = outcome.effect.changes_contents();
                let destination = member.template.destination.clone();
                settled.extend(destination.map(|destination| Settled { destination, has_changed }));
                if let Some(exec) = member.template.exec.clone().filter(|_| has_changed) {
                    let is_first = self.settings.once || !self.is_forgiving;
                    self.commands.push(Due { exec, because_of: display, is_first });
                }
            }
        }
        settled
    }

    /// A file could not be written, or its check failed: the old files stay, and it is tried again later.
    fn put_off(
        &mut self,
        complete: &[(usize, Arc<Output>)],
        index: usize,
        error: &WriteError,
        now: Instant,
    ) -> Result<(), EngineError> {
        let Some(member) = self.members.get(index) else { return Ok(()) };
        let class = if matches!(error, WriteError::Check { .. }) { notice::CHECK } else { notice::WRITE };
        let mut told = Notice::new(LogLevel::Error, class, member.template.display(), words(error));
        told.hint = error.hint();
        if !self.is_forgiving && (member.template.error_fatal || self.settings.once) {
            return Err(EngineError::Fatal(told));
        }
        self.journal.notice(&told);
        for (index, _) in complete {
            if let Some(member) = self.members.get_mut(*index) {
                let count = member.retry.map_or(0, |(_, count)| count + 1);
                member.retry = Some((now + pause_after(count), count));
            }
        }
        Ok(())
    }

    /// A dry run: shows what would change.
    fn preview(&mut self, complete: &[(usize, Arc<Output>)]) {
        for (index, output) in complete {
            let Some(member) = self.members.get_mut(*index) else { continue };
            member.settled();
            let Some(target) = target(member) else { continue };
            let path = target.path.display().to_string();
            match Files::new().preview(&target, &output.bytes) {
                Ok(preview) if preview.old.as_ref() == Some(&output.bytes) => {}
                Ok(preview) => {
                    let diff = unified(&path, preview.old.as_deref(), &output.bytes, &|line| {
                        self.journal.redact(line)
                    });
                    self.journal.difference(&format!("> {path}\n{diff}"));
                }
                Err(error) => {
                    let mut told =
                        Notice::new(LogLevel::Error, notice::WRITE, member.template.display(), words(&error));
                    told.hint = error.hint();
                    self.journal.notice(&told);
                }
            }
        }
    }
}

impl Member {
    fn settled(&mut self) {
        self.state = State::Settled;
        self.was_settled = true;
        self.retry = None;
        self.plugins.forget();
        if let Some(quiescence) = &mut self.quiescence {
            quiescence.settle();
        }
    }
}

fn target(member: &Member) -> Option<Target> {
    let template = &member.template;
    Some(Target {
        perms: template.perms,
        user: template.user.clone(),
        group: template.group.clone(),
        backup: template.backup,
        create_dest_dirs: template.create_dest_dirs,
        keep_symlink: template.keep_symlink,
        keep_extension: template.check.is_some(),
        ..Target::new(template.destination.clone()?)
    })
}

fn notices_of(display: &str, outcome: &Outcome) -> Vec<Notice> {
    let line = |level, class, text: String| Notice::new(level, class, display, text);
    let mut notices = Vec::new();
    match &outcome.effect {
        Effect::Unchanged => {
            notices.push(line(LogLevel::Debug, notice::UNCHANGED, "is as it should be".to_owned()));
        }
        Effect::Created => notices.push(line(LogLevel::Info, notice::RENDERED, "created".to_owned())),
        Effect::Replaced => notices.push(line(LogLevel::Info, notice::RENDERED, "rendered".to_owned())),
        Effect::Repaired { .. } => {
            let text = "its mode or owner had drifted and was repaired".to_owned();
            notices.push(line(LogLevel::Warn, notice::RENDERED, text));
        }
    }
    notices.extend(outcome.notes.iter().map(|note| line(level_of(note), notice::WRITE, words_of(note))));
    notices
}

fn level_of(note: &Note) -> LogLevel {
    match note {
        Note::InPlace | Note::LeftoversRemoved(_) => LogLevel::Info,
        _ => LogLevel::Warn,
    }
}

fn words_of(note: &Note) -> String {
    match note {
        Note::InPlace => {
            "written in place, since it is a mount point: a reader may have seen a part of it".to_owned()
        }
        Note::LinkReplaced => "was a symbolic link and is a file now".to_owned(),
        Note::NoBackup(error) => format!("no backup could be made: {error}"),
        Note::OwnerNotKept { uid, gid, source } => {
            format!("its owner {uid}:{gid} could not be given to the new file: {source}")
        }
        Note::FolderNotSynced(error) => {
            format!(
                "its folder could not be brought to the disk: {error}; a power cut may bring the old file back"
            )
        }
        Note::LeftoversRemoved(count) => format!("removed {count} temporary files of a killed run beside it"),
    }
}
