//! Follows one request: asks, waits for a change, asks again, by the rules of the index and the slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, sleep_until};

use super::agent::{Agent, Question, Reply};
use super::answer::ConsulAnswer;
use super::plan::Prefix;
use super::position::{Next, Position};
use super::query::{ConsulQuery, Scope};
use super::request::{self, Target};
use super::slots::{Slot, Slots};
use crate::watch::{Board, News, Patience};
use crate::{Answer, Backend, Query, SourceError};

/// Those who waited for Consul's return come back within that time, not all at once.
const RETURN: Duration = Duration::from_millis(50);

/// What all followers of one Consul share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) agent: Agent,
    pub(super) board: Arc<Board>,
    pub(super) slots: Slots,
    pub(super) once: bool,
    pub(super) objections: UnboundedSender<Objection>,
}

/// Why a request cannot serve what it was planned for.
#[derive(Debug)]
pub(super) enum Objection {
    /// The prefix may not be read as a whole, or is too large for the keys that are wanted of it.
    Prefix(Prefix),
    /// The prefix's answer leaves out that key in silence.
    Hidden(ConsulQuery),
}

/// Where one request stands.
#[derive(Debug)]
pub(super) struct Follower {
    context: Arc<Context>,
    position: Position,
    next: Next,
    slot: Option<Slot>,
    /// A prefix keeps its slot, since it serves many.
    keeps_slot: bool,
    began: Option<Instant>,
    was_useful: bool,
    patience: Patience,
}

/// What a request returned.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing has changed since the last time.
    Same,
    /// There may be something new. No body is nothing there.
    Body(Option<bytes::Bytes>),
}

impl Follower {
    pub(super) fn new(context: Arc<Context>, keeps_slot: bool) -> Self {
        Self {
            context,
            position: Position::default(),
            next: Next::Read,
            slot: None,
            keeps_slot,
            began: None,
            was_useful: true,
            patience: Patience::default(),
        }
    }

    /// The index of the last answer.
    pub(super) fn index(&self) -> u64 {
        self.position.index()
    }

    /// Tells whether the last answer brought anything that is wanted.
    pub(super) fn was_useful(&mut self, was_useful: bool) {
        self.was_useful = was_useful;
    }

    /// Asks when it is time to, and waits for a change where that is possible. May be dropped at any time.
    pub(super) async fn next(&mut self, question: &Question) -> Result<Heard, SourceError> {
        if let Some(began) = self.began {
            sleep_until(began + self.position.distance(self.was_useful)).await;
        }
        let after = match self.next {
            Next::Read => None,
            Next::Poll => {
                sleep(self.context.agent.settings.poll_interval).await;
                None
            }
            Next::Wait(index) => {
                if self.slot.is_none() {
                    self.slot = self.context.slots.turn().await;
                }
                self.slot.is_some().then_some(index)
            }
        };
        self.began = Some(Instant::now());
        let reply = self.context.agent.ask(&Question { after, ..question.clone() }).await?;
        Ok(self.heard(reply))
    }

    fn heard(&mut self, reply: Reply) -> Heard {
        let before = self.position.index();
        self.patience.reset();
        self.next = self.position.heard(reply.index);
        if before == 0 || reply.index != Some(before) {
            return Heard::Body(reply.body);
        }
        self.was_useful = false;
        if !self.keeps_slot && self.context.slots.is_contended() {
            self.slot = None;
        }
        Heard::Same
    }

    /// A try failed: starts anew after the settings' patience. Returns the error as it is to be told.
    pub(super) fn failed(&mut self, error: SourceError) -> SourceError {
        self.position.lost();
        self.next = Next::Read;
        self.slot = None;
        self.began = None;
        self.patience.failed(&self.context.agent.settings.retry, error, fastrand::f64())
    }

    /// Waits for the next try after a failure, or until Consul has answered someone else.
    pub(super) async fn recover(&self, wait: Option<Duration>) {
        tokio::select! {
            () = sleep(wait.unwrap_or(RETURN)) => {}
            () = self.context.board.returned(Backend::Consul) => sleep(RETURN.mul_f64(fastrand::f64())).await,
        }
    }
}

/// Follows one query by itself for ever, or with `once` until it has been answered with something.
pub(super) async fn follow(context: Arc<Context>, query: ConsulQuery) {
    let mut follower = Follower::new(Arc::clone(&context), false);
    let shown = Query::Consul(query.clone());
    loop {
        let (mut wait, mut is_done) = (None, false);
        let news = match hear(&mut follower, &query).await {
            Ok(None) => News::Same(shown.clone(), follower.index()),
            Ok(Some(answer)) => {
                is_done = context.once && !matches!(answer, ConsulAnswer::Key(None));
                News::Answer(shown.clone(), Answer::Consul(answer), follower.index())
            }
            Err(error) => {
                let error = follower.failed(error);
                wait = Some(error.next_try);
                News::Failure(shown.clone(), error)
            }
        };
        let new = context.board.report(vec![news]).await;
        match new {
            Some(new) if !is_done => follower.was_useful(new > 0),
            _ => return,
        }
        if let Some(wait) = wait {
            follower.recover(wait).await;
        }
    }
}

/// The next answer of one query; none when it is the old one.
async fn hear(follower: &mut Follower, query: &ConsulQuery) -> Result<Option<ConsulAnswer>, SourceError> {
    let context = Arc::clone(&follower.context);
    let question = question(&context.agent, query).await?;
    match follower.next(&question).await? {
        Heard::Same => Ok(None),
        Heard::Body(body) => read(&context.agent, query, body.as_deref()).await.map(Some),
    }
}

async fn question(agent: &Agent, query: &ConsulQuery) -> Result<Question, SourceError> {
    let target = match query {
        ConsulQuery::Node { name: None, scope } => {
            let name = Some(agent.node_name().await?.into());
            request::target(&ConsulQuery::Node { name, scope: scope.clone() })
        }
        other => request::target(other),
    };
    Ok(Question { may_be_absent: request::may_be_absent(query), ..Question::new(target) })
}

/// Reads an answer, and leaves out the datacenters that do not answer where that is asked for.
pub(super) async fn read(
    agent: &Agent,
    query: &ConsulQuery,
    body: Option<&[u8]>,
) -> Result<ConsulAnswer, SourceError> {
    let answer = request::answer(query, body).map_err(|error| agent.garbled(&error))?;
    let (ConsulQuery::Datacenters { ignore_failing: true }, ConsulAnswer::Datacenters(names)) =
        (query, &answer)
    else {
        return Ok(answer);
    };
    let mut answering = Vec::new();
    for name in names.iter() {
        let services =
            ConsulQuery::Services(Scope { datacenter: Some(name.as_str().into()), ..Scope::default() });
        let target: Target = request::target(&services).flagged("consistent");
        if agent.ask_leader(&Question::new(target)).await.is_ok() {
            answering.push(name.clone());
        }
    }
    Ok(ConsulAnswer::Datacenters(answering.into()))
}
