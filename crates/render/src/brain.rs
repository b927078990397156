//! What is known of every query: the last answer, how it looks to a template, and the last error.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use preflight_gotemplate::Value;
use preflight_sources::{Answer, Query, SourceError, Update};

use crate::values;

/// Remembers answers between the passes of the templates.
#[derive(Debug, Default)]
pub(crate) struct Brain {
    memories: HashMap<Query, Memory>,
    /// Those whose last try has failed.
    failing: BTreeSet<Query>,
}

/// What is known of one query.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    answer: Option<Answer>,
    error: Option<SourceError>,
    is_kept: bool,
    value: OnceCell<Value>,
}

/// What an update changed for the templates that read the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// They must run again.
    Changed,
    /// Nothing that they see.
    Nothing,
    /// The key is gone. Those that insist on it keep its last value, the others see that it is gone.
    Vanished,
    /// A service list fell to nothing and was refused: they see the last one.
    Refused,
    /// The source has failed; they see what they saw.
    Failed,
}

impl Brain {
    /// Nothing known.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes in what a source says. `refuse_empty`: a list that held something stays when it falls to nothing.
    pub(crate) fn learn(&mut self, update: Update, refuse_empty: bool) -> News {
        let memory = self.memories.entry(update.query.clone()).or_default();
        match update.result {
            Ok(answer) => {
                self.failing.remove(&update.query);
                memory.replace(answer, refuse_empty)
            }
            Err(error) => {
                self.failing.insert(update.query);
                memory.error = Some(error);
                News::Failed
            }
        }
    }

    /// What is known of a query, if it was ever heard of.
    #[must_use]
    pub(crate) fn recall(&self, query: &Query) -> Option<&Memory> {
        self.memories.get(query)
    }

    /// What cannot be read now, with the reason. There may be an earlier answer to it.
    pub(crate) fn failing(&self) -> impl Iterator<Item = (&Query, &SourceError)> {
        self.failing.iter().filter_map(|query| Some((query, self.recall(query)?.error()?)))
    }

    /// Forgets all that is not read any more.
    pub(crate) fn keep_only(&mut self, read: &BTreeSet<Query>) {
        if self.memories.len() > read.len() {
            self.memories.retain(|query, _| read.contains(query));
            self.failing.retain(|query| read.contains(query));
        }
    }
}

impl Memory {
    /// The last answer.
    #[must_use]
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// The answer as templates see it, made once. `None` before the first answer and for what does not exist.
    #[must_use]
    pub(crate) fn value(&self) -> Option<&Value> {
        let answer = self.answer.as_ref().filter(|answer| !values::is_absent(answer))?;
        Some(self.value.get_or_init(|| values::of(answer)))
    }

    /// Whether the value is that of an earlier time: by now it does not exist.
    #[must_use]
    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Why the source has no newer answer.
    #[must_use]
    pub(crate) fn error(&self) -> Option<&SourceError> {
        self.error.as_ref()
    }

    fn replace(&mut self, answer: Answer, refuse_empty: bool) -> News {
        self.error = None;
        if self.answer.as_ref() == Some(&answer) {
            return if std::mem::take(&mut self.is_kept) { News::Changed } else { News::Nothing };
        }
        let held_something = self.answer.as_ref().is_some_and(|held| !values::is_absent(held));
        if held_something && values::is_absent(&answer) {
            return if std::mem::replace(&mut self.is_kept, true) { News::Nothing } else { News::Vanished };
        }
        let had_items = self.answer.as_ref().is_some_and(|held| !values::is_empty(held));
        if refuse_empty && had_items && values::is_empty(&answer) {
            return News::Refused;
        }
        self.answer = Some(answer);
        self.is_kept = false;
        self.value = OnceCell::new();
        News::Changed
    }
}
