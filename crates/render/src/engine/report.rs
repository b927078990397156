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

/// Something that a template waits for, with the template's number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// One thing that it reads.
    Query(usize, Query),
    /// A source that is away.
    Source(usize, Backend),
}

impl Engine {
    /// Speaks of what has been missing for too long.
    pub(super) fn speak(&mut self, now: Instant) -> Result<(), EngineError> {
        self.patience.observe(self.missing(), now);
        for overdue in self.patience.overdue(now) {
            let notice = match overdue.subject {
                Subject::Query(index, query) => self.missing_notice(index, &query, overdue.waited),
                Subject::Source(index, backend) => self.away_notice(index, backend, overdue.waited),
            };
            let Some(notice) = notice else { continue };
            if self.is_impatient() {
                return Err(EngineError::Missing(Notice { level: LogLevel::Error, ..notice }));
            }
            self.journal.notice(&notice);
        }
        Ok(())
    }

    /// What templates wait for. Of a source that is away there is one line a template, whatever it reads from there.
    fn missing(&self) -> BTreeSet<Subject> {
        let waiting = self.members.iter().enumerate().filter(|(_, member)| member.state == State::Waiting);
        waiting
            .flat_map(|(index, member)| {
                let lacking = member.readings.iter().filter(|(_, reading)| reading.lack.is_some());
                lacking.map(move |(query, reading)| match (query.backend(), reading.lack) {
                    (backend, Some(Lack::Answer)) if self.away.contains(&backend) => {
                        Subject::Source(index, backend)
                    }
                    _ => Subject::Query(index, query.clone()),
                })
            })
            .collect()
    }

    fn away_notice(&self, index: usize, backend: Backend, waited: Duration) -> Option<Notice> {
        let member = self.members.get(index)?;
        let outage = self.watcher.outage(backend)?;
        let lacks = |reading: &Reading| reading.lack == Some(Lack::Answer);
        let reads =
            member.readings.iter().filter(|(query, reading)| query.backend() == backend && lacks(reading));
        let (first, reading) = reads.clone().min_by_key(|(_, reading)| reading.place.line)?;
        let more = match reads.count() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!(
            "line {}: {first}{more} cannot be read from {backend}, for {} ({}: {})",
            reading.place.line,
            seconds(waited),
            outage.error.cause.class(),
            outage.error.evidence
        );
        let advice = outage.error.advice().to_owned();
        Some(Notice::new(LogLevel::Warn, notice::WAITING, member.template.display(), text).hint(advice))
    }

    fn missing_notice(&self, index: usize, query: &Query, waited: Duration) -> Option<Notice> {
        let member = self.members.get(index)?;
        let reading = member.readings.get(query)?;
        let memory = self.brain.recall(query);
        let error = memory.and_then(|memory| memory.error());
        let place =
            if reading.place.line > 0 { format!("line {}: ", reading.place.line) } else { String::new() };
        let mut text =
            format!("{place}{query} {}, for {}", state_of(reading, error.is_some()), seconds(waited));
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
                notice.text = format!(
                    "does not answer ({}: {}){keeps}",
                    outage.error.cause.class(),
                    outage.error.evidence
                );
                self.journal.notice(&notice);
            }
        }
        for backend in self.away.difference(&away) {
            self.journal.notice(&Notice::new(
                LogLevel::Warn,
                notice::RECOVERED,
                backend.title(),
                "answers again",
            ));
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
