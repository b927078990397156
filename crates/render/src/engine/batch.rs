//! Which templates change together, and which of those changes are brought to the disk at the same time.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Instant;

use super::Engine;
use super::member::{Member, State};
use crate::files::Files;

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
    /// The groups of which something is to be written now, in batches: no batch writes a destination twice, and who
    /// writes more than its destination is in one by itself, so that each finds what those before it have written.
    pub(super) fn batches(&self, now: Instant) -> Vec<Vec<Vec<usize>>> {
        let most_staged = Files::most_staged();
        let mut batches = Vec::new();
        let mut batch: Vec<Vec<usize>> = Vec::new();
        let mut destinations: HashSet<&Path> = HashSet::new();
        for group in self.groups().into_iter().filter(|group| self.is_due(group, now)) {
            let members = || group.iter().filter_map(|index| self.members.get(*index));
            let own: Vec<&Path> =
                members().filter_map(|member| member.template.destination.as_deref()).collect();
            let writes_more = members().any(Member::writes_more);
            let is_full = destinations.len() + own.len() > most_staged;
            let is_apart = writes_more || is_full || own.iter().any(|path| destinations.contains(path));
            if is_apart && !batch.is_empty() {
                batches.push(std::mem::take(&mut batch));
                destinations.clear();
            }
            destinations.extend(own);
            batch.push(group);
            if writes_more {
                batches.push(std::mem::take(&mut batch));
                destinations.clear();
            }
        }
        batches.extend((!batch.is_empty()).then_some(batch));
        batches
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
}

impl Member {
    /// Whether it has something to write beside its destination.
    fn writes_more(&self) -> bool {
        matches!(&self.state, State::Complete(output) if !output.writes.is_empty())
    }
}
