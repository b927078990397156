//! Never silent: what is missing is told, with the template, its line and what to do, again and again with growing
//! pauses; and so are outages, when they begin and when they end.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

use preflight_sources::{Backend, Query};

use super::member::State;
use super::pass::source_notice;
use super::{Engine, EngineError};
use crate::config::LogLevel;
use crate::notice::{self, Notice};
use crate::run::{Lack, Reading};

/// Something that a template waits for: the template's number and what it reads.
pub(crate) type Subject = (usize, Query);

impl Engine {
    /// Speaks of what has been missing for too long.
    pub(super) fn speak(&mut self, now: Instant) -> Result<(), EngineError> {
        let waiting = self.members.iter().enumerate().filter(|(_, member)| member.state == State::Waiting);
        let missing: Vec<Subject> = waiting
            .flat_map(|(index, member)| {
                let lacking = member.readings.iter().filter(|(_, reading)| reading.lack.is_some());
                lacking.map(move |(query, _)| (index, query.clone()))
            })
            .collect();
        self.patience.observe(missing, now);
        for overdue in self.patience.overdue(now) {
            let (index, query) = overdue.subject;
            let Some(notice) = self.missing_notice(index, &query, overdue.waited) else { continue };
            if self.is_impatient() {
                return Err(EngineError::Missing(Notice { level: LogLevel::Error, ..notice }));
            }
            self.journal.notice(&notice);
        }
        Ok(())
    }

    fn missing_notice(&self, index: usize, query: &Query, waited: Duration) -> Option<Notice> {
        let member = self.members.get(index)?;
        let reading = member.readings.get(query)?;
        let memory = self.brain.recall(query);
        let error = memory.and_then(|memory| memory.error());
        let place = if reading.place.line > 0 { format!("line {}: ", reading.place.line) } else { String::new() };
        let mut text = format!("{place}{query} {}, for {}", state_of(reading, error.is_some()), seconds(waited));
        if let Some(error) = error {
            // Writing to a text cannot fail.
            let _ = write!(text, " ({}: {})", error.cause.class(), error.evidence);
        }
        let class = if reading.lack == Some(Lack::Answer) { notice::WAITING } else { notice::MISSING };
        let hint = match error {
            Some(error) => error.advice().to_owned(),
            None => how_to_create(query),
        };
        Some(Notice::new(LogLevel::Warn, class, member.template.display(), text).hint(hint))
    }

    /// Tells when a source goes away and when it is back.
    pub(super) fn notice_outages(&mut self) {
        let mut away = BTreeSet::new();
        for backend in Backend::ALL {
            let Some(outage) = self.watcher.outage(backend) else { continue };
            away.insert(backend);
            if !self.away.contains(&backend) {
                let mut notice = source_notice(LogLevel::Warn, &outage.error);
                notice.class = notice::OUTAGE;
                let keeps = if self.is_ready { "; the last good files stay" } else { "" };
                notice.text =
                    format!("does not answer ({}: {}){keeps}", outage.error.cause.class(), outage.error.evidence);
                self.journal.notice(&notice);
            }
        }
        for backend in self.away.difference(&away) {
            self.journal.notice(&Notice::new(LogLevel::Warn, notice::RECOVERED, backend.title(), "answers again"));
        }
        self.away = away;
    }
}

fn state_of(reading: &Reading, has_error: bool) -> &'static str {
    match reading.lack {
        Some(Lack::Existence) => "does not exist",
        Some(Lack::Content) => "is empty",
        _ if has_error => "cannot be read",
        _ => "has not been answered",
    }
}

fn how_to_create(query: &Query) -> String {
    match query {
        Query::Consul(preflight_sources::consul::ConsulQuery::Key { key, .. }) => {
            format!("consul kv put {key} VALUE; or use keyOrDefault")
        }
        Query::Consul(preflight_sources::consul::ConsulQuery::List { prefix, .. }) => {
            format!("put a key below {prefix}")
        }
        Query::File(file) => format!("create {}", file.path),
        _ => "create it, or take it out of the template".to_owned(),
    }
}

/// A duration as people say it.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
