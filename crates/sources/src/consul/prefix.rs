//! Follows one prefix, which serves many keys and lists with one request.

use std::collections::{BTreeSet, HashSet};
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::watch::Receiver;

use super::agent::Question;
use super::answer::{ConsulAnswer, KeyPair};
use super::follow::{self, Context, Follower, Heard, Objection};
use super::plan::Prefix;
use super::query::ConsulQuery;
use super::{request, wire};
use crate::watch::News;
use crate::{Answer, Cause, Query, SourceError};

/// What a prefix may hold beside what is wanted of it: bytes of its answer, for itself and for each wanted key.
const BYTES: usize = 256 << 10;
const BYTES_A_KEY: usize = 16 << 10;
const MOST_BYTES: usize = 64 << 20;
/// As many keys of nobody's, for itself and for each wanted one.
const STRANGERS: usize = 1000;
const STRANGERS_A_KEY: usize = 20;

/// The queries that a prefix serves.
pub(super) type Members = Arc<BTreeSet<ConsulQuery>>;

/// Follows the prefix for ever; its members may change at any time and are served from what is known already.
pub(super) async fn follow(context: Arc<Context>, prefix: Prefix, mut members: Receiver<Members>) {
    let mut store = Store::new(Arc::clone(&context), prefix);
    let mut follower = Follower::new(context, true);
    loop {
        let Some(outcome) = hear(&mut follower, &mut store, &mut members).await else { return };
        let now = members.borrow_and_update().clone();
        let useful = match outcome {
            Ok(Heard::Same) => store.same(&now, follower.index()).await,
            Ok(Heard::Body(body)) => store.take(&now, body.as_deref(), follower.index()).await,
            Err(error) => Err(error),
        };
        match useful {
            Ok(None) => return,
            Ok(Some(new)) => follower.was_useful(new > 0),
            Err(error) => {
                if store.objects(&error) {
                    return;
                }
                let error = follower.failed(error);
                let wait = error.next_try;
                if store.fail(&now, &error).await.is_none() {
                    return;
                }
                follower.recover(wait).await;
            }
        }
        if rest(&mut store, &mut members).await.is_none() {
            return;
        }
    }
}

/// Waits for an answer, and serves meanwhile who joins. None when nobody listens any more.
async fn hear(
    follower: &mut Follower,
    store: &mut Store,
    members: &mut Receiver<Members>,
) -> Option<Result<Heard, SourceError>> {
    let question = store.question(&members.borrow_and_update());
    let mut next = pin!(follower.next(&question));
    loop {
        tokio::select! {
            outcome = &mut next => return Some(outcome),
            changed = members.changed() => changed.ok()?,
        }
        let now = members.borrow_and_update().clone();
        let mut serving = pin!(store.serve_new(&now));
        // Serving may ask as well: the request under way holds a connection, and must go on for it to be given back.
        tokio::select! {
            sent = &mut serving => drop(sent?),
            outcome = &mut next => {
                serving.await?;
                return Some(outcome);
            }
        }
    }
}

/// With `once`, while nothing is left to ask: whoever comes later is served from what is known.
async fn rest(store: &mut Store, members: &mut Receiver<Members>) -> Option<()> {
    while store.is_done(&members.borrow_and_update().clone()) {
        members.changed().await.ok()?;
        let now = members.borrow_and_update().clone();
        store.serve_new(&now).await?;
    }
    Some(())
}

/// What is known of a prefix.
struct Store {
    context: Arc<Context>,
    prefix: Prefix,
    pairs: Option<Vec<KeyPair>>,
    index: u64,
    /// Whom was answered from it.
    served: BTreeSet<ConsulQuery>,
    /// Keys that are not in it because they do not exist, and not because the token may not see them.
    truly_absent: HashSet<Arc<str>>,
}

/// How many updates were sent; none when nobody listens any more.
type Sent = Option<usize>;

impl Store {
    fn new(context: Arc<Context>, prefix: Prefix) -> Self {
        Self { context, prefix, pairs: None, index: 0, served: BTreeSet::new(), truly_absent: HashSet::new() }
    }

    fn question(&self, members: &Members) -> Question {
        let target = request::recursive(&self.prefix.prefix, &self.prefix.scope);
        let bound = BYTES + members.len().saturating_mul(BYTES_A_KEY);
        let longest_body = (!self.prefix.is_wanted).then(|| bound.min(MOST_BYTES));
        Question { may_be_absent: true, longest_body, ..Question::new(target) }
    }

    /// Whether the error is of this prefix only, and said so to those who plan. What a template asks for itself goes on.
    fn objects(&self, error: &SourceError) -> bool {
        if matches!(error.cause, Cause::Denied | Cause::TooLarge) {
            // Nobody hears it when all watching has ended.
            let _ = self.context.objections.send(Objection::Prefix(self.prefix.clone()));
            return !self.prefix.is_wanted;
        }
        false
    }

    async fn same(&mut self, members: &Members, index: u64) -> Result<Sent, SourceError> {
        self.index = index;
        let same = |query: &ConsulQuery| News::Same(Query::Consul(query.clone()), index);
        let news = members.iter().filter(|query| self.served.contains(query)).map(same).collect();
        let Some(sent) = self.context.board.report(news).await else { return Ok(None) };
        Ok(self.serve_unserved(members).await?.map(|more| sent + more))
    }

    async fn fail(&self, members: &Members, error: &SourceError) -> Sent {
        let failed = |query: &ConsulQuery| News::Failure(Query::Consul(query.clone()), error.clone());
        self.context.board.report(members.iter().map(failed).collect()).await
    }

    /// Takes a whole answer in.
    async fn take(
        &mut self,
        members: &Members,
        body: Option<&[u8]>,
        index: u64,
    ) -> Result<Sent, SourceError> {
        let pairs = body.map(wire::pairs).transpose().map_err(|error| self.context.agent.garbled(&error))?;
        let pairs = pairs.unwrap_or_default();
        if !self.prefix.is_wanted && pairs.len() > STRANGERS + members.len().saturating_mul(STRANGERS_A_KEY) {
            let evidence = format!(
                "{} holds {} keys, too many for the few that are wanted",
                self.prefix.prefix,
                pairs.len()
            );
            return Err(SourceError::new(crate::Backend::Consul, Cause::TooLarge, evidence));
        }
        self.pairs = Some(pairs);
        self.index = index;
        self.served.clear();
        self.serve(members).await
    }

    /// Serves those who came since the last answer, if there has been one. Who cannot be served now will be after the
    /// request that is under way, which then fails as well.
    async fn serve_new(&mut self, members: &Members) -> Sent {
        self.served.retain(|query| members.contains(query));
        self.serve_unserved(members).await.unwrap_or(Some(0))
    }

    async fn serve_unserved(&mut self, members: &Members) -> Result<Sent, SourceError> {
        if self.pairs.is_none() {
            return Ok(Some(0));
        }
        let new: BTreeSet<ConsulQuery> = members.difference(&self.served).cloned().collect();
        if new.is_empty() { Ok(Some(0)) } else { self.serve(&Arc::new(new)).await }
    }

    async fn serve(&mut self, members: &Members) -> Result<Sent, SourceError> {
        let pairs = self.pairs.as_deref().unwrap_or_default();
        let (mut news, mut unsure) = (Vec::new(), Vec::new());
        for query in members.iter() {
            let answer = match query {
                ConsulQuery::Key { key, .. } => match value(pairs, key) {
                    None if !self.truly_absent.contains(key) => {
                        unsure.push(query.clone());
                        continue;
                    }
                    value => ConsulAnswer::Key(value),
                },
                ConsulQuery::List { prefix, .. } => ConsulAnswer::List(wire::below(pairs, prefix).into()),
                _ => continue,
            };
            news.push(News::Answer(Query::Consul(query.clone()), Answer::Consul(answer), self.index));
            self.served.insert(query.clone());
        }
        let Some(sent) = self.context.board.report(news).await else { return Ok(None) };
        if unsure.is_empty() {
            return Ok(Some(sent));
        }
        Ok(self.make_sure(unsure).await?.map(|more| sent + more))
    }

    /// Finds out why keys are not in the answer: they do not exist, or the token may not read them. Where there is no
    /// access control there is only one reason.
    async fn make_sure(&mut self, unsure: Vec<ConsulQuery>) -> Result<Sent, SourceError> {
        let mut news = Vec::new();
        let is_controlled = self.context.agent.has_access_control().await;
        for query in unsure {
            let ConsulQuery::Key { key, .. } = &query else { continue };
            let answer =
                if is_controlled { self.look_for(&query).await } else { Ok(ConsulAnswer::Key(None)) };
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.cause.is_outage() => return Err(error),
                Err(_) => {
                    // Followed by itself, it will tell its error. Nobody hears this when all watching has ended.
                    let _ = self.context.objections.send(Objection::Hidden(query));
                    continue;
                }
            };
            if matches!(answer, ConsulAnswer::Key(None)) {
                self.truly_absent.insert(Arc::clone(key));
            }
            news.push(News::Answer(Query::Consul(query.clone()), Answer::Consul(answer), self.index));
            self.served.insert(query);
        }
        Ok(self.context.board.report(news).await)
    }

    /// Asks for one key by itself.
    async fn look_for(&self, query: &ConsulQuery) -> Result<ConsulAnswer, SourceError> {
        let question = Question { may_be_absent: true, ..Question::new(request::target(query)) };
        let reply = self.context.agent.ask(&question).await?;
        follow::read(&self.context.agent, query, reply.body.as_deref()).await
    }

    /// Whether nothing is left to ask: with `once`, when all members are served and all keys are there.
    fn is_done(&self, members: &Members) -> bool {
        let is_there = |query: &ConsulQuery| match query {
            ConsulQuery::Key { key, .. } => value(self.pairs.as_deref().unwrap_or_default(), key).is_some(),
            _ => self.served.contains(query),
        };
        self.context.once && self.pairs.is_some() && members.iter().all(is_there)
    }
}

fn value(pairs: &[KeyPair], key: &str) -> Option<Arc<[u8]>> {
    let place = pairs.binary_search_by(|pair| (*pair.path).cmp(key)).ok()?;
    pairs.get(place).map(|pair| Arc::clone(&pair.value))
}
