//! Taking in news, and running the templates that they concern.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use preflight_sources::{Backend, Cause, Query, SourceError, Update};

use super::member::{Member, Output, Ran, Readings, State};
use super::{Engine, EngineError};
use crate::brain::News;
use crate::config::LogLevel;
use crate::notice::{self, Notice};
use crate::run::{Lack, Traces};

impl Engine {
    /// Takes in a batch of news: what they concern runs in the next turn.
    pub(super) fn learn(&mut self, batch: Vec<Update>) -> Result<(), EngineError> {
        let mut batch = Some(batch);
        while let Some(updates) = batch {
            for update in updates {
                self.learn_one(update)?;
            }
            batch = self.updates.try_recv().ok();
        }
        self.notice_outages();
        Ok(())
    }

    fn learn_one(&mut self, update: Update) -> Result<(), EngineError> {
        let query = update.query.clone();
        let readers = self.readers.get(&query).cloned().unwrap_or_default();
        match &update.result {
            Ok(answer) => {
                answer.each_sensitive_text(&mut |text| self.journal.secret(text));
                answer.each_named_text(&query, &mut |name, text| self.journal.named(name, text));
            }
            Err(error) if !self.is_forgiving && self.ends_the_run(error) => {
                return Err(EngineError::Fatal(self.reading_failed(&query, &readers, error)));
            }
            Err(_) => self.soil_those_with_plugins_that_wait(&readers),
        }
        let refuses =
            |index: &usize| self.members.get(*index).is_some_and(|member| member.template.protect_empty);
        let refuse_empty = readers.iter().any(refuses);
        match self.brain.learn(update, refuse_empty) {
            News::Changed => self.soil(&readers),
            News::Vanished => {
                let text = format!("{query} is gone; templates that need it keep its last value");
                let hint = "create it again, or take it out of the template";
                self.journal.notice(
                    &Notice::new(LogLevel::Warn, notice::VANISHED, query.backend().title(), text).hint(hint),
                );
                self.soil(&readers);
            }
            News::Refused => {
                let text = format!("{query} fell to nothing and was refused: its last list stays in use");
                let hint = "if that is meant, set protect_empty to false and reload";
                self.journal.notice(
                    &Notice::new(LogLevel::Warn, notice::EMPTIED, query.backend().title(), text).hint(hint),
                );
            }
            News::Nothing | News::Failed => {}
        }
        Ok(())
    }

    /// What to tell of a failure that ends the run: the first template that needs this, and where; but the source, when it
    /// is not about this one thing.
    fn reading_failed(&self, query: &Query, readers: &[usize], error: &SourceError) -> Notice {
        let mut notice = source_notice(LogLevel::Error, error);
        if error.cause.is_outage() || error.cause == Cause::Configuration {
            return notice;
        }
        let readers = readers.iter().filter_map(|index| self.members.get(*index));
        let found = readers.filter_map(|member| Some((member, member.readings.get(query)?))).next();
        if let Some((member, reading)) = found {
            notice.subject = member.template.display();
            if reading.place.line > 0 {
                notice.text = format!("line {}: {}", reading.place.line, notice.text);
            }
        }
        notice
    }

    /// Before everything was rendered once: whether trying on is useless, or the configured tries are used up. A file
    /// that cannot be read may appear, but with `once` nobody waits for it, as in consul-template.
    fn ends_the_run(&self, error: &SourceError) -> bool {
        if self.last_good.is_some() && error.cause.is_outage() {
            return false;
        }
        let is_awaited = error.backend != Backend::File || !self.settings.once;
        error.is_exhausted
            || !is_awaited
            || matches!(error.cause, Cause::NotConfigured | Cause::Configuration | Cause::NotSupported)
    }

    fn soil(&mut self, readers: &[usize]) {
        for index in readers {
            if let Some(member) = self.members.get_mut(*index) {
                member.is_dirty = true;
                member.plugins.forget_failures();
            }
        }
    }

    /// What a plugin waited for cannot be had now: perhaps only the plugin's answer tells that it is not needed.
    fn soil_those_with_plugins_that_wait(&mut self, readers: &[usize]) {
        for index in readers {
            if let Some(member) = self.members.get_mut(*index) {
                member.is_dirty |= member.has_plugins_that_wait;
            }
        }
    }

    /// Whether an answer is on its way that a template reads, so that its plugins are not called too early.
    fn awaits_answers(&self, traces: &Traces) -> bool {
        let has_failed = |query| self.brain.recall(query).is_some_and(|memory| memory.error().is_some());
        traces.lacks().any(|(query, _, lack)| lack == Lack::Answer && !has_failed(query))
    }

    fn start_plugins(&mut self, index: usize, traces: &Traces) {
        let waits = !traces.plugins.is_empty() && self.awaits_answers(traces);
        self.members[index].has_plugins_that_wait = waits;
        if !waits {
            traces.plugins.iter().for_each(|call| self.plugins.start(index, call.clone()));
        }
    }

    /// Runs every template whose readings have changed.
    pub(super) fn run_dirty(&mut self, now: Instant) -> Result<(), EngineError> {
        for index in 0..self.members.len() {
            if !self.members[index].is_dirty {
                continue;
            }
            let brain = std::mem::take(&mut self.brain);
            let member = &mut self.members[index];
            member.is_dirty = false;
            let Ran { brain, traces, result } = member.run(brain);
            self.brain = brain;
            self.start_plugins(index, &traces);
            let member = &mut self.members[index];
            let lacks_existence = traces.lacks().find(|(_, _, lack)| *lack == Lack::Existence);
            if let Some((query, reading, _)) = lacks_existence
                && self.settings.error_on_failed_lookup
            {
                let text = format!("line {}: {query} does not exist", reading.place.line);
                return Err(EngineError::Fatal(Notice::new(
                    LogLevel::Error,
                    notice::MISSING,
                    member.template.display(),
                    text,
                )));
            }
            let is_complete = traces.is_complete();
            let output = |bytes| Arc::new(Output { bytes, writes: traces.writes, is_from_earlier: false });
            let readings = merged(member, traces.readings, result.is_err());
            let reads_the_same = member.readings.keys().eq(readings.keys());
            member.readings = readings;
            self.is_want_stale |= !reads_the_same;
            match result {
                _ if !is_complete => member.state = State::Waiting,
                Ok(bytes) => member.complete(output(bytes), now),
                Err(text) => self.failed(index, text)?,
            }
        }
        Ok(())
    }

    /// A template that lacks nothing and fails all the same.
    fn failed(&mut self, index: usize, text: String) -> Result<(), EngineError> {
        let member = &mut self.members[index];
        let mut told = Notice::new(LogLevel::Error, notice::TEMPLATE, member.template.display(), text);
        if member.template.error_fatal && !self.is_forgiving {
            return Err(EngineError::Fatal(told));
        }
        told = told.hint(if member.was_settled {
            "the last good file stays until this is mended"
        } else {
            "mend the data or the template"
        });
        let state = State::Failed(told.clone());
        let is_new = std::mem::replace(&mut member.state, state.clone()) != state;
        // With `once` it is told at the end.
        if is_new && !self.settings.once {
            self.journal.notice(&told);
        }
        Ok(())
    }

    /// Tells the watcher what all templates read, if that has changed.
    pub(super) fn want(&mut self) {
        if !std::mem::take(&mut self.is_want_stale) {
            return;
        }
        let wanted: BTreeSet<_> =
            self.members.iter().flat_map(|member| member.readings.keys().cloned()).collect();
        self.readers.clear();
        for (index, member) in self.members.iter().enumerate() {
            for query in member.readings.keys() {
                self.readers.entry(query.clone()).or_default().push(index);
            }
        }
        self.brain.keep_only(&wanted);
        self.watcher.want(&wanted);
    }
}

impl Member {
    fn complete(&mut self, output: Arc<Output>, now: Instant) {
        self.retry = None;
        self.state = State::Complete(output);
        if let Some(quiescence) = &mut self.quiescence {
            quiescence.changed(now);
        }
    }
}

/// What a template reads: when it failed half way, what it read before stays watched.
fn merged(member: &mut Member, mut readings: Readings, failed: bool) -> Readings {
    if failed {
        for (query, mut reading) in std::mem::take(&mut member.readings) {
            reading.lack = None;
            readings.entry(query).or_insert(reading);
        }
    }
    readings
}

/// A source's error as a line for the log.
pub(super) fn source_notice(level: LogLevel, error: &SourceError) -> Notice {
    Notice::new(level, error.cause.class(), error.backend.title(), error.to_string()).hint(error.advice())
}
