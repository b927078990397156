//! `--explain`: every dependency of every template, and how it stands.

use std::fmt;
use std::time::Instant;

use super::Engine;
use super::member::State;
use crate::run::Lack;

/// One template and what it reads.
#[derive(Debug, Clone)]
pub struct Explained {
    /// How log lines name it.
    pub template: String,
    /// Whether it is complete, and if not, why.
    pub state: String,
    /// Whether its output can be made.
    pub is_complete: bool,
    /// What it reads, in the order of the notation.
    pub queries: Vec<ExplainedQuery>,
}

/// One dependency.
#[derive(Debug, Clone)]
pub struct ExplainedQuery {
    /// In consul-template's notation.
    pub query: String,
    /// The line of the template that first asks for it; 0 when that is not known.
    pub line: usize,
    /// `present`, `absent`, `empty`, `waiting` or the failure's class and words.
    pub state: String,
    /// The source's index of the answer, 0 where there is none.
    pub index: u64,
    /// Seconds since the last answer.
    pub age: Option<u64>,
    /// What serves it, such as a prefix query.
    pub served_by: String,
}

impl Engine {
    /// How everything stands now.
    #[must_use]
    pub fn explain(&self) -> Vec<Explained> {
        let now = Instant::now();
        let states = self.watcher.states();
        let explained = self.members.iter().map(|member| {
            let queries = member.readings.iter().map(|(query, reading)| {
                let state = states.iter().find(|state| state.query == *query);
                let words = match (state.and_then(|state| state.error.as_ref()), reading.lack) {
                    (Some(error), _) => format!("{}: {}", error.cause.class(), error.evidence),
                    (None, Some(Lack::Content)) => "empty, and the template insists on something".to_owned(),
                    (None, Some(Lack::Existence)) => "absent, and the template needs it".to_owned(),
                    (None, _) => state.map_or_else(|| "waiting".to_owned(), |state| state.has.to_string()),
                };
                ExplainedQuery {
                    query: query.to_string(),
                    line: reading.place.line,
                    state: words,
                    index: state.map_or(0, |state| state.index),
                    age: state
                        .and_then(|state| state.answered)
                        .map(|answered| now.saturating_duration_since(answered).as_secs()),
                    served_by: state.map(|state| state.served_by.to_string()).unwrap_or_default(),
                }
            });
            Explained {
                template: member.template.display(),
                state: match &member.state {
                    State::Waiting => "waiting".to_owned(),
                    State::Failed(told) => format!("failed: {}", told.text),
                    State::Complete(_) | State::Settled => "complete".to_owned(),
                },
                is_complete: matches!(member.state, State::Complete(_) | State::Settled),
                queries: queries.collect(),
            }
        });
        explained.collect()
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.template, self.state)?;
        let width = self.queries.iter().map(|query| query.query.chars().count()).max().unwrap_or_default();
        for query in &self.queries {
            let age = query.age.map_or_else(|| "-".to_owned(), |age| format!("{age} s"));
            writeln!(
                formatter,
                "  line {:>4}  {:<width$}  {}  index {}  age {age}  {}",
                query.line, query.query, query.state, query.index, query.served_by
            )?;
        }
        Ok(())
    }
}
