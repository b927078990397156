//! Never silent: what is missing is told, with the template, its line and what to do, again and again with growing
//! pauses; and so are outages, when they begin and when they end.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_sources::consul::ConsulQuery;
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
    /// What it goes on with though it can be read no more: all that fails for a cause of that class.
    Stale(usize, Backend, &'static str),
}

impl Engine {
    /// Speaks of what has been missing for too long.
    pub(super) fn speak(&mut self, now: Instant) -> Result<(), EngineError> {
        let missing = self.missing();
        for subject in self.patience.observe(missing, now) {
            self.speak_of_return(&subject);
        }
        for overdue in self.patience.overdue(now) {
            let notice = match overdue.subject {
                Subject::Query(index, query) => self.missing_notice(index, &query, overdue.waited),
                Subject::Source(index, backend) => self.away_notice(index, backend, overdue.waited),
                Subject::Stale(index, backend, class) => {
                    self.stale_notice(index, backend, class, overdue.waited)
                }
            };
            let Some(notice) = notice else { continue };
            if self.is_impatient() && notice.class != notice::STALE {
                return Err(EngineError::Missing(Notice { level: LogLevel::Error, ..notice }));
            }
            self.journal.notice(&notice);
        }
        Ok(())
    }

    /// What templates wait for, and what they go on with though it can be read no more. Of a source that is away there is one line a template, whatever it reads from there.
    fn missing(&self) -> BTreeSet<Subject> {
        let waiting = self.members.iter().enumerate().filter(|(_, member)| member.state == State::Waiting);
        let stale = self.stale().map(|(index, query, class)| Subject::Stale(index, query.backend(), class));
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
            .chain(stale)
            .collect()
    }

    /// What fails of what templates have read, while its source answers others: the template, the query, and the class.
    fn stale(&self) -> impl Iterator<Item = (usize, &Query, &'static str)> {
        let failing = self.brain.failing().filter(|(query, _)| !self.away.contains(&query.backend()));
        failing.flat_map(move |(query, error)| {
            let readers = self.readers.get(query).map(Vec::as_slice).unwrap_or_default();
            let goes_on = |index: &&usize| {
                let reading = self.members.get(**index).and_then(|member| member.readings.get(query));
                reading.is_some_and(|reading| reading.lack.is_none())
            };
            readers.iter().filter(goes_on).map(move |index| (*index, query, error.cause.class()))
        })
    }

    fn stale_notice(
        &self,
        index: usize,
        backend: Backend,
        class: &'static str,
        waited: Duration,
    ) -> Option<Notice> {
        let member = self.members.get(index)?;
        let is_same = |(reader, query, cause): &(usize, &Query, &str)| {
            *reader == index && query.backend() == backend && *cause == class
        };
        let line = |query: &Query| member.readings.get(query).map_or(0, |reading| reading.place.line);
        let same: Vec<(usize, &Query)> =
            self.stale().filter(is_same).map(|(_, query, _)| (line(query), query)).collect();
        let (line, first) = *same.iter().min()?;
        let error = self.brain.recall(first)?.error()?;
        let place = if line > 0 { format!("line {line}: ") } else { String::new() };
        let more = match same.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!(
            "{place}{first}{more} cannot be read any more, for {} ({class}: {}); the last values stay in use",
            seconds(waited),
            error.evidence
        );
        let notice = Notice::new(LogLevel::Warn, notice::STALE, member.template.display(), text);
        Some(notice.hint(error.advice().to_owned()))
    }

    fn speak_of_return(&self, subject: &Subject) {
        let Subject::Stale(index, backend, class) = subject else { return };
        // That the source is away is told by itself.
        if self.away.contains(backend) {
            return;
        }
        if let Some(member) = self.members.get(*index) {
            let text = format!("what failed with {class} is read again from {backend}");
            let subject = member.template.display();
            self.journal.notice(&Notice::new(LogLevel::Warn, notice::RECOVERED, subject, text));
        }
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
        Query::Consul(ConsulQuery::Key { key, scope }) => {
            let option = |name, value: &Option<Arc<str>>| {
                value.as_ref().map(|value| format!("-{name}={value} ")).unwrap_or_default()
            };
            let options = [
                option("datacenter", &scope.datacenter),
                option("namespace", &scope.namespace),
                option("partition", &scope.partition),
            ];
            format!("consul kv put {}{} VALUE; or use keyOrDefault", options.concat(), shell_word(key))
        }
        Query::Consul(ConsulQuery::List { prefix, .. }) => {
            format!("put a key below {prefix}")
        }
        Query::File(file) => format!("create {}", file.path),
        _ => "create it, or take it out of the template".to_owned(),
    }
}

/// A text as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.,:@%+=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A duration as people say it.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_with_a_command_that_can_be_pasted() {
        for (key, command) in [
            ("app/port", "consul kv put app/port VALUE; or use keyOrDefault"),
            ("app/the port", "consul kv put 'app/the port' VALUE; or use keyOrDefault"),
            ("app/it's $HOME", r"consul kv put 'app/it'\''s $HOME' VALUE; or use keyOrDefault"),
            (
                "app/port?ns=team@dc2",
                "consul kv put -datacenter=dc2 -namespace=team app/port VALUE; or use keyOrDefault",
            ),
        ] {
            assert_eq!(how_to_create(&Query::Consul(ConsulQuery::key(key).expect("a key"))), command);
        }
    }
}
