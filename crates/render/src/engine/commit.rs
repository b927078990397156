//! Writing what is complete: the templates of one service together or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::member::{Member, Output, State};
use super::{Change, Engine, EngineError, pause_after};
use crate::commands::{Due, words};
use crate::config::LogLevel;
use crate::files::{Check, Effect, Files, Note, Outcome, Staged, Target, WriteError, unified};
use crate::notice::{self, Notice};

/// Which templates change together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Those of the child of exec mode.
    Child,
    /// Those with the same command.
    Command(Vec<String>),
    /// One for itself.
    Alone(usize),
}

impl Engine {
    /// Writes every group that is complete and due.
    pub(super) async fn commit_complete(&mut self, now: Instant) -> Result<(), EngineError> {
        let mut has_changed = false;
        for group in self.groups() {
            if self.is_due(&group, now) {
                has_changed |= self.commit_group(&group, now).await?;
            }
        }
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

    /// The numbers of the templates that change together. Before everything was rendered once each stands alone.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (index, member) in self.members.iter().enumerate() {
            let command = member.template.exec.as_ref().map(|exec| exec.command.argv());
            let group = match command {
                _ if !self.is_ready => Group::Alone(index),
                _ if self.settings.exec.is_some() => Group::Child,
                Some(argv) => Group::Command(argv),
                None => Group::Alone(index),
            };
            groups.entry(group).or_default().push(index);
        }
        groups.into_values().collect()
    }

    /// Whether something of the group is to be written, and nothing speaks against it.
    fn is_due(&self, group: &[usize], now: Instant) -> bool {
        let members = || group.iter().filter_map(|index| self.members.get(*index));
        let complete = |member: &&Member| matches!(member.state, State::Complete(_));
        let rests = |member: &Member| {
            let is_quiet = member.quiescence.is_none_or(|quiescence| quiescence.is_over(now));
            is_quiet && member.retry.is_none_or(|(moment, _)| moment <= now)
        };
        members().any(|member| complete(&member))
            && members().filter(complete).all(rests)
            && members().all(|member| matches!(member.state, State::Complete(_) | State::Settled))
    }

    async fn commit_group(&mut self, group: &[usize], now: Instant) -> Result<bool, EngineError> {
        let complete: Vec<(usize, Arc<Output>)> = group
            .iter()
            .filter_map(|index| match &self.members.get(*index)?.state {
                State::Complete(output) => Some((*index, Arc::clone(output))),
                _ => None,
            })
            .collect();
        if self.settings.dry {
            return Ok(self.preview(&complete));
        }
        match self.write(&complete).await {
            Ok(outcomes) => Ok(self.settle(&complete, outcomes)),
            Err((index, error)) => self.put_off(&complete, index, &error, now).map(|()| false),
        }
    }

    /// Stages all, checks all, then makes all changes. An error comes with the number of its template.
    async fn write(
        &mut self,
        complete: &[(usize, Arc<Output>)],
    ) -> Result<Vec<Outcome>, (usize, WriteError)> {
        let mut staged: Vec<Staged> = Vec::new();
        for (index, output) in complete {
            let Some(target) = self.members.get(*index).and_then(target) else { continue };
            staged.push(self.files.stage(&target, &output.bytes).map_err(|error| (*index, error))?);
        }
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
        let first = indexes.first().copied().unwrap_or_default();
        let outcomes = self.files.commit(staged).map_err(|error| (first, error))?;
        for (index, output) in complete {
            self.write_extra(*index, output).map_err(|error| (*index, error))?;
        }
        Ok(outcomes)
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
    fn settle(&mut self, complete: &[(usize, Arc<Output>)], outcomes: Vec<Outcome>) -> bool {
        let mut has_changed = false;
        let mut outcomes = outcomes.into_iter();
        for (index, output) in complete {
            let has_target =
                self.members.get(*index).is_some_and(|member| member.template.destination.is_some());
            let outcome = has_target.then(|| outcomes.next()).flatten();
            let Some(member) = self.members.get_mut(*index) else { continue };
            member.settled();
            let fingerprint =
                (!output.is_from_earlier && self.last_good.is_some()).then(|| member.fingerprint());
            let display = member.template.display();
            if let Some(outcome) = outcome {
                for notice in notices_of(&display, &outcome) {
                    self.journal.notice(&notice);
                }
                if outcome.effect.changes_contents() {
                    has_changed = true;
                    if let Some(exec) = member.template.exec.clone() {
                        self.commands.push(Due { exec, because_of: display });
                    }
                }
            }
            if let Some(fingerprint) = fingerprint {
                self.keep_last_good(&fingerprint, &output.bytes);
            }
        }
        has_changed
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
    fn preview(&mut self, complete: &[(usize, Arc<Output>)]) -> bool {
        for (index, output) in complete {
            let Some(member) = self.members.get_mut(*index) else { continue };
            member.settled();
            let Some(target) = target(member) else { continue };
            let path = target.path.display().to_string();
            match Files::new().preview(&target, &output.bytes) {
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
        false
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
