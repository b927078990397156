//! The board: the last answer and the last error of every wanted query, and the one place that decides what is news.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;

use crate::{Answer, Backend, Has, Outage, Query, SourceError, State, Update};

/// Shared by all who watch. Reports go in, updates come out.
#[derive(Debug)]
pub(crate) struct Board {
    entries: Mutex<BTreeMap<Query, Entry>>,
    updates: Sender<Vec<Update>>,
    /// Wakes those who wait after a failure, when their backend has answered someone else.
    returns: [Notify; Backend::ALL.len()],
}

/// What came of one query.
#[derive(Debug)]
pub(crate) enum News {
    /// An answer, new or not.
    Answer(Query, Answer, u64),
    /// The backend was heard and the answer is the old one.
    Same(Query, u64),
    /// A failed try.
    Failure(Query, SourceError),
}

#[derive(Debug, Default)]
struct Entry {
    answer: Option<Answer>,
    index: u64,
    answered: Option<Instant>,
    changed: Option<Instant>,
    failing: Option<Box<Failing>>,
    served_by: Option<Arc<str>>,
}

#[derive(Debug)]
struct Failing {
    since: Instant,
    error: SourceError,
    next_try: Option<Instant>,
}

impl Board {
    pub(crate) fn new(updates: Sender<Vec<Update>>) -> Self {
        Self { entries: Mutex::default(), updates, returns: std::array::from_fn(|_| Notify::new()) }
    }

    /// A query is wanted from now on.
    pub(crate) fn open(&self, query: &Query) {
        self.lock().entry(query.clone()).or_default();
    }

    /// A query is no longer wanted; what is reported of it later is forgotten.
    pub(crate) fn close(&self, query: &Query) {
        self.lock().remove(query);
    }

    /// Says what serves a query.
    pub(crate) fn serve(&self, query: &Query, by: &Arc<str>) {
        if let Some(entry) = self.lock().get_mut(query) {
            entry.served_by = Some(Arc::clone(by));
        }
    }

    /// Takes all news of one moment and sends what of it is new, as one batch. Whoever is stopped in the middle of it
    /// has reported nothing. Returns how much of it was new; none when nobody listens any more.
    pub(crate) async fn report(&self, news: Vec<News>) -> Option<usize> {
        let permit = self.updates.reserve().await.ok()?;
        let batch = self.take(news);
        let new = batch.len();
        if new > 0 {
            permit.send(batch);
        }
        Some(new)
    }

    fn take(&self, news: Vec<News>) -> Vec<Update> {
        let now = Instant::now();
        let mut entries = self.lock();
        let mut returned = [false; Backend::ALL.len()];
        let mut batch = Vec::new();
        for item in news {
            let (News::Answer(query, ..) | News::Same(query, _) | News::Failure(query, _)) = &item;
            let query = query.clone();
            let Some(entry) = entries.get_mut(&query) else { continue };
            let was_failing = entry.failing.is_some();
            if let Some(result) = entry.note(item, now) {
                batch.push(Update { query: query.clone(), result, index: entry.index });
            }
            returned[query.backend() as usize] |= was_failing && entry.failing.is_none();
        }
        drop(entries);
        let woken = self.returns.iter().zip(returned).filter(|(_, returned)| *returned);
        woken.for_each(|(back, _)| back.notify_waiters());
        batch
    }

    /// Ends when a query of that backend is answered again after a failure.
    pub(crate) async fn returned(&self, backend: Backend) {
        self.returns[backend as usize].notified().await;
    }

    /// How each query stands, in their order.
    pub(crate) fn states(&self) -> Vec<State> {
        self.lock().iter().map(|(query, entry)| entry.state(query)).collect()
    }

    /// Since when no query of a backend has been answered, if that is so.
    pub(crate) fn outage(&self, backend: Backend) -> Option<Outage> {
        let entries = self.lock();
        let mut earliest: Option<&Failing> = None;
        for (_, entry) in entries.iter().filter(|(query, _)| query.backend() == backend) {
            let failing = entry.failing.as_deref().filter(|failing| failing.error.cause.is_outage())?;
            if earliest.is_none_or(|first| failing.since < first.since) {
                earliest = Some(failing);
            }
        }
        earliest.map(|first| Outage { backend, since: first.since, error: first.error.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Query, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Notes what came of a try; what it returns is news.
    fn note(&mut self, news: News, now: Instant) -> Option<Result<Answer, SourceError>> {
        match news {
            News::Failure(query, error) => {
                let error = error.of(&query);
                let since = self.failing.as_ref().map_or(now, |failing| failing.since);
                let next_try = error.next_try.map(|wait| now + wait);
                self.failing = Some(Box::new(Failing { since, error: error.clone(), next_try }));
                Some(Err(error))
            }
            News::Same(_, index) => {
                self.heard(index, now);
                let was_failing = self.failing.take().is_some();
                self.answer.clone().filter(|_| was_failing).map(Ok)
            }
            News::Answer(_, answer, index) => {
                self.heard(index, now);
                let was_failing = self.failing.take().is_some();
                if self.answer.as_ref() == Some(&answer) {
                    return was_failing.then_some(Ok(answer));
                }
                self.changed = Some(now);
                self.answer = Some(answer.clone());
                Some(Ok(answer))
            }
        }
    }

    fn heard(&mut self, index: u64, now: Instant) {
        self.index = index;
        self.answered = Some(now);
    }

    fn state(&self, query: &Query) -> State {
        let failing = self.failing.as_deref();
        State {
            query: query.clone(),
            has: match &self.answer {
                None => Has::Nothing,
                Some(answer) if answer.is_absence() => Has::Absence,
                Some(_) => Has::Data,
            },
            index: self.index,
            answered: self.answered,
            changed: self.changed,
            attempts: failing.map_or(0, |failing| failing.error.attempt),
            error: failing.map(|failing| failing.error.clone()),
            next_try: failing.and_then(|failing| failing.next_try),
            served_by: self.served_by.clone().unwrap_or_else(|| Arc::from("")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::Cause;
    use crate::consul::{ConsulAnswer, ConsulQuery};

    fn key(name: &str) -> Query {
        Query::Consul(ConsulQuery::key(name).expect("a key"))
    }

    fn value(text: &str) -> Answer {
        Answer::Consul(ConsulAnswer::Key(Some(text.as_bytes().into())))
    }

    fn away() -> SourceError {
        SourceError::new(Backend::Consul, Cause::Refused, "refused")
    }

    fn board() -> (Board, mpsc::Receiver<Vec<Update>>) {
        let (sender, receiver) = mpsc::channel(8);
        let board = Board::new(sender);
        board.open(&key("a"));
        board.open(&key("b"));
        (board, receiver)
    }

    #[tokio::test]
    async fn only_what_differs_is_sent_and_what_came_together_stays_together() {
        let (board, mut updates) = board();
        let answers = || vec![News::Answer(key("a"), value("1"), 7), News::Answer(key("b"), value("2"), 7)];
        board.report(answers()).await;
        assert_eq!(updates.recv().await.expect("a batch").len(), 2);
        board.report(answers()).await;
        board
            .report(vec![News::Answer(key("a"), value("1"), 9), News::Answer(key("b"), value("3"), 9)])
            .await;
        let batch = updates.recv().await.expect("a batch");
        assert_eq!(batch.len(), 1);
        assert_eq!((&batch[0].query, batch[0].index), (&key("b"), 9));
        assert_eq!(board.states()[0].index, 9, "the other one was heard as well");
    }

    #[tokio::test]
    async fn the_old_answer_after_an_error_is_news() {
        let (board, mut updates) = board();
        board.report(vec![News::Answer(key("a"), value("1"), 7)]).await;
        board.report(vec![News::Failure(key("a"), away())]).await;
        board.report(vec![News::Same(key("a"), 7)]).await;
        board.report(vec![News::Same(key("a"), 7)]).await;
        let results: Vec<bool> =
            std::iter::from_fn(|| updates.try_recv().ok()).map(|batch| batch[0].result.is_ok()).collect();
        assert_eq!(results, [true, false, true]);
    }

    #[tokio::test]
    async fn what_is_no_longer_wanted_is_forgotten() {
        let (board, mut updates) = board();
        board.close(&key("a"));
        board.report(vec![News::Answer(key("a"), value("1"), 7)]).await;
        assert!(updates.try_recv().is_err());
        assert_eq!(board.states().len(), 1);
    }

    #[tokio::test]
    async fn a_backend_is_away_when_nothing_of_it_answers() {
        let (board, _updates) = board();
        board.report(vec![News::Failure(key("a"), away())]).await;
        assert!(board.outage(Backend::Consul).is_none(), "b may still be answered");
        board.report(vec![News::Failure(key("b"), away())]).await;
        let outage = board.outage(Backend::Consul).expect("both fail");
        assert_eq!(outage.error.cause, Cause::Refused);
        assert!(board.outage(Backend::Vault).is_none());
        board.report(vec![News::Same(key("a"), 1)]).await;
        assert!(board.outage(Backend::Consul).is_none());
    }

    #[tokio::test]
    async fn a_refusal_is_no_outage() {
        let (board, _updates) = board();
        let denied = SourceError::new(Backend::Consul, Cause::Denied, "denied");
        board.report(vec![News::Failure(key("a"), denied.clone()), News::Failure(key("b"), denied)]).await;
        assert!(board.outage(Backend::Consul).is_none());
    }
}
