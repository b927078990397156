//! Watches Consul: keeps exactly the requests running that serve what is wanted.
//!
//! One task owns the plan. It is woken by what is wanted and by objections of requests to what was planned for them,
//! makes a new plan, starts what is new in it, tells prefixes whom they serve, and stops what is no longer in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::follow::{self, Context, Objection};
use super::plan::{Plan, Unit, plan};
use super::prefix::{self, Members};
use super::query::{ConsulQuery, Scope};
use super::slots::Slots;
use super::{ConsulSettings, agent::Agent};
use crate::watch::Board;
use crate::{Query, SourceError};

/// How long a request that ended by a fault stays ended.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);

/// The watching of one Consul. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct ConsulWatch {
    wanted: watch::Sender<Arc<BTreeSet<ConsulQuery>>>,
    context: Arc<Context>,
    task: AbortHandle,
}

impl ConsulWatch {
    /// Begins to watch nothing.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub(crate) fn new(settings: ConsulSettings, board: Arc<Board>, once: bool) -> Result<Self, SourceError> {
        let agent = Agent::new(settings)?;
        let (objections, objected) = mpsc::unbounded_channel();
        let slots = Slots::new(agent.connections());
        let context = Arc::new(Context { agent, board, slots, once, objections });
        let (wanted, receiver) = watch::channel(Arc::default());
        let planner = Planner {
            context: Arc::clone(&context),
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            refused: BTreeSet::new(),
            hidden: BTreeSet::new(),
        };
        let task = tokio::spawn(planner.run(receiver, objected)).abort_handle();
        Ok(Self { wanted, context, task })
    }

    /// From now on exactly these are wanted.
    pub(crate) fn want(&self, queries: BTreeSet<ConsulQuery>) {
        self.wanted.send_replace(Arc::new(queries));
    }

    /// How many connections are open now.
    pub(crate) fn connections(&self) -> usize {
        self.context.agent.open_connections()
    }
}

impl Drop for ConsulWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Planner {
    context: Arc<Context>,
    running: BTreeMap<Unit, Running>,
    tasks: JoinSet<()>,
    /// Prefixes that cannot serve keys.
    refused: BTreeSet<(Scope, Arc<str>)>,
    /// Keys that no prefix shows.
    hidden: BTreeSet<ConsulQuery>,
}

/// A request under way.
struct Running {
    task: AbortHandle,
    members: watch::Sender<Members>,
}

impl Planner {
    async fn run(
        mut self,
        mut wanted: watch::Receiver<Arc<BTreeSet<ConsulQuery>>>,
        mut objected: mpsc::UnboundedReceiver<Objection>,
    ) {
        loop {
            tokio::select! {
                changed = wanted.changed() => if changed.is_err() { return },
                Some(objection) = objected.recv() => self.note(objection),
                Some(ended) = self.tasks.join_next() => match ended {
                    Err(error) if error.is_panic() => self.begin_again().await,
                    _ => continue,
                },
            }
            // Objections that came together are one new plan.
            while let Ok(objection) = objected.try_recv() {
                self.note(objection);
            }
            let queries = wanted.borrow_and_update().clone();
            self.follow(self.plan(&queries));
        }
    }

    /// A request that ended by a fault of ours is begun anew: better late than never told.
    async fn begin_again(&mut self) {
        sleep(AFTER_A_FAULT).await;
        self.running.retain(|_, running| !running.task.is_finished());
    }

    fn note(&mut self, objection: Objection) {
        match objection {
            Objection::Prefix(prefix) => drop(self.refused.insert((prefix.scope, prefix.prefix))),
            Objection::Hidden(query) => drop(self.hidden.insert(query)),
        }
    }

    fn plan(&self, queries: &BTreeSet<ConsulQuery>) -> Plan {
        let (hidden, open): (BTreeSet<_>, BTreeSet<_>) =
            queries.iter().cloned().partition(|query| self.hidden.contains(query));
        let mut plan = plan(&open, &self.refused);
        for query in hidden {
            plan.insert(Unit::Single(query.clone()), BTreeSet::from([query]));
        }
        plan
    }

    fn follow(&mut self, plan: Plan) {
        self.running.retain(|unit, running| {
            let is_kept = plan.contains_key(unit);
            if !is_kept {
                running.task.abort();
            }
            is_kept
        });
        for (unit, members) in plan {
            let members = Arc::new(members);
            self.describe(&unit, &members);
            match self.running.get(&unit) {
                Some(running) => drop(running.members.send_if_modified(|before| {
                    let is_changed = **before != *members;
                    *before = members;
                    is_changed
                })),
                None => self.start(unit, members),
            }
        }
    }

    fn start(&mut self, unit: Unit, members: Members) {
        let (members, receiver) = watch::channel(members);
        let context = Arc::clone(&self.context);
        let task = match &unit {
            Unit::Single(query) => self.tasks.spawn(follow::follow(context, query.clone())),
            Unit::Prefix(prefix) => self.tasks.spawn(prefix::follow(context, prefix.clone(), receiver)),
        };
        self.running.insert(unit, Running { task, members });
    }

    fn describe(&self, unit: &Unit, members: &Members) {
        let text: Arc<str> = match unit {
            Unit::Single(_) => "a request of its own".into(),
            Unit::Prefix(prefix) => {
                format!("prefix {}{}, which serves {}", prefix.prefix, prefix.scope, members.len()).into()
            }
        };
        for query in members.iter() {
            self.context.board.serve(&Query::Consul(query.clone()), &text);
        }
    }
}
