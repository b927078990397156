//! What the service needs, and how each of it is: asked all at once, and complained about when it changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::database::Database;
use crate::log::Log;
use crate::neighbours::Neighbours;

/// How often the needs are looked at when nobody asks.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// One thing the service needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Need {
    /// `database`, or a service's name in the config file.
    pub(crate) name: String,
    /// Whether it is there and works.
    pub(crate) well: bool,
    /// What it answered, or what is wrong.
    pub(crate) evidence: String,
}

/// Everything the service needs.
pub(crate) struct Needs {
    /// Where visits are kept.
    pub(crate) database: Database,
    neighbours: Neighbours,
    log: Log,
    last: Mutex<Vec<Need>>,
}

impl Needs {
    pub(crate) fn new(database: Database, neighbours: Neighbours, log: Log) -> Self {
        Self { database, neighbours, log, last: Mutex::new(Vec::new()) }
    }

    /// How everything was when it was last looked at. Asking for this asks no other service, so that two services
    /// that need each other do not ask in circles.
    pub(crate) fn last_seen(&self) -> Vec<Need> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at everything, at once, and logs what has changed since the last look.
    pub(crate) async fn look(&self) -> Vec<Need> {
        let (database, neighbours) = tokio::join!(self.look_at_database(), self.neighbours.ask());
        let mut needs: Vec<Need> = database.into_iter().collect();
        needs.extend(neighbours.into_iter().map(|answer| self.need(answer.name, answer.outcome)));
        let before = self.replace_last(needs.clone());
        self.complain(&before, &needs);
        needs
    }

    async fn look_at_database(&self) -> Option<Need> {
        if !self.database.is_configured() {
            return None;
        }
        let outcome = match self.database.visits().await {
            Ok(visits) => Ok(format!("{}, visits so far: {}", self.database.place(), visits.count)),
            Err(error) => Err(error.to_string()),
        };
        Some(self.need("database".to_owned(), outcome))
    }

    fn need(&self, name: String, outcome: Result<String, String>) -> Need {
        let well = outcome.is_ok();
        Need { name, well, evidence: self.log.clean(&outcome.unwrap_or_else(|wrong| wrong)) }
    }

    fn replace_last(&self, needs: Vec<Need>) -> Vec<Need> {
        std::mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), needs)
    }

    fn complain(&self, before: &[Need], now: &[Need]) {
        let before: BTreeMap<&str, &Need> = before.iter().map(|need| (need.name.as_str(), need)).collect();
        let mut complained = false;
        for need in now {
            match before.get(need.name.as_str()) {
                Some(was) if was.well && need.well => {}
                Some(was) if was.evidence == need.evidence => {}
                _ if need.well => self.log.info(&format!("{} is well: {}", need.name, need.evidence)),
                _ => {
                    complained = true;
                    self.log.error(&format!("!!! MISSING !!! {}: {}", need.name, need.evidence));
                }
            }
        }
        if complained {
            let missing = now.iter().filter(|need| !need.well).count();
            self.log.error(&format!(
                "!!! {missing} of {} needs are missing: this service is of little use",
                now.len()
            ));
        }
    }
}

/// Looks at the needs now and every five seconds, for ever.
pub(crate) async fn watch(needs: Arc<Needs>) {
    loop {
        needs.look().await;
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

/// Names in a sentence: `A is`, `A and B are`, `A, B and C are`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing is".to_owned(),
        [only] => format!("{only} is"),
        [first @ .., last] => format!("{} and {last} are", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(listed(&names("A")), "A is");
        assert_eq!(listed(&names("A B")), "A and B are");
        assert_eq!(listed(&names("A B C")), "A, B and C are");
    }
}
