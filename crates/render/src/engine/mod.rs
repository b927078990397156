//! The loop that turns data into files: which template needs what, when it runs again, when its output is written.
//!
//! A pass runs every template whose readings have changed, tells the [`Watcher`] what all of them read, and commits
//! those that are complete. Between passes the loop sleeps until news arrive or something is due: the end of a rest
//! (`wait`), a line about what is missing, a retry. Errors while data are still arriving are no errors: a template that
//! lacks something is waiting, whatever it says. Once everything was rendered, no outage and no fault of the data ends
//! the run: the last good files stay, and lines say what is wrong.

mod batch;
mod commit;
mod explain;
mod fallback;
mod member;
mod pass;
mod patience;
mod plugins;
mod quiescence;
mod report;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_processes::Processes;
use preflight_sources::{Backend, Query, Update, Watcher};
use tokio::sync::mpsc;

pub use explain::{Explained, ExplainedQuery};
use fallback::LastGood;
use member::{Member, State};
use patience::Patience;
use plugins::PluginRuns;
use report::Subject;

use crate::brain::Brain;
use crate::child_environment::child_environment;
use crate::commands::{Commands, Failure};
use crate::config::{MissingAction, Settings};
use crate::connections::connections;
use crate::files::Files;
use crate::journal::Journal;
use crate::notice::Notice;
use crate::run::Setting;

/// Turns data into files until it is dropped, or until all is rendered with `once`.
pub struct Engine {
    settings: Arc<Settings>,
    journal: Arc<dyn Journal>,
    members: Vec<Member>,
    brain: Brain,
    watcher: Watcher,
    updates: mpsc::Receiver<Vec<Update>>,
    is_want_stale: bool,
    readers: HashMap<Query, Vec<usize>>,
    files: Files,
    processes: Processes,
    commands: Commands,
    failed_commands: Vec<Notice>,
    plugins: PluginRuns,
    patience: Patience<Subject>,
    away: BTreeSet<Backend>,
    last_good: Option<LastGood>,
    changes: mpsc::UnboundedSender<Change>,
    is_ready: bool,
    /// A child may be running on earlier files: no fault of the data ends the run.
    is_forgiving: bool,
    has_changed: bool,
    /// Files whose commands have not ended yet.
    settled: Vec<Settled>,
}

/// What the one who looks after a child must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These files are as they should be, and the commands of their templates have ended.
    Settled(Vec<Settled>),
    /// Everything has been rendered for the first time by this engine; whether files have changed by it.
    Ready {
        /// Some file has other contents than before.
        has_changed: bool,
        /// No template reads anything that could change.
        is_final: bool,
    },
    /// Files have changed since then.
    Files,
}

/// A file that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its path, as the configuration has it.
    pub destination: PathBuf,
    /// It has other contents than before.
    pub has_changed: bool,
}

/// Why a run ends.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A template, a file or a source failed in a way that ends the run.
    #[error("{0}")]
    Fatal(Notice),
    /// Something was missing for longer than the configuration allows.
    #[error("{0}")]
    Missing(Notice),
}

impl EngineError {
    /// What to tell.
    #[must_use]
    pub fn notice(&self) -> &Notice {
        match self {
            Self::Fatal(notice) | Self::Missing(notice) => notice,
        }
    }
}

/// The templates of a configuration, read and parsed.
#[derive(Debug)]
pub struct Templates {
    members: Vec<Member>,
}

impl Templates {
    /// Reads and parses all templates. Those whose errors are not fatal to the others may be misunderstood, unless
    /// `is_strict`.
    ///
    /// # Errors
    /// One notice for every template that cannot be read or understood.
    pub fn load(settings: &Settings, is_strict: bool) -> Result<Self, Vec<Notice>> {
        let namespace =
            settings.nomad.namespace.as_deref().filter(|name| !name.is_empty()).unwrap_or("default");
        let shared = Setting {
            nomad_namespace: namespace.to_owned(),
            variables: child_environment(settings).into(),
            ..Setting::default()
        };
        let mut members = Vec::new();
        let mut faults = Vec::new();
        for template in &settings.templates {
            match Member::load(template.clone(), &shared, is_strict) {
                Ok(member) => members.push(member),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { members }) } else { Err(faults) }
    }
}

impl Engine {
    /// An engine for these templates, and what tells of changes. `is_forgiving`: files of an earlier engine are in use,
    /// so that no fault of the data or the templates ends the run. To be called inside a tokio runtime.
    pub fn new(
        settings: Arc<Settings>,
        templates: Templates,
        processes: Processes,
        journal: Arc<dyn Journal>,
        is_forgiving: bool,
    ) -> (Self, mpsc::UnboundedReceiver<Change>) {
        let (sender, updates) = mpsc::channel(64);
        let (changes, changed) = mpsc::unbounded_channel();
        let variable = |name: &str| std::env::var(name).ok();
        let watcher = Watcher::new(connections(&settings, &variable), sender);
        let engine = Self {
            last_good: settings.last_good.clone().map(LastGood::new),
            patience: Patience::new(settings.missing.after),
            commands: Commands::new(processes.clone(), Arc::clone(&journal), child_environment(&settings)),
            failed_commands: Vec::new(),
            plugins: PluginRuns::new(processes.clone()),
            processes,
            files: if settings.templates.len() > 16 { Files::new().sync_later() } else { Files::new() },
            members: templates.members,
            brain: Brain::new(),
            is_want_stale: false,
            readers: HashMap::new(),
            away: BTreeSet::new(),
            is_ready: false,
            is_forgiving,
            has_changed: false,
            settled: Vec::new(),
            settings,
            journal,
            watcher,
            updates,
            changes,
        };
        if !engine.settings.once {
            engine.failures().for_each(|told| engine.journal.notice(told));
        }
        (engine, changed)
    }

    /// Renders until all is done (`once`), or for ever.
    ///
    /// # Errors
    /// What ends the run; see [`EngineError`].
    pub async fn run(&mut self) -> Result<(), EngineError> {
        loop {
            self.turn(Instant::now()).await?;
            if self.is_over() {
                return self.outcome();
            }
            self.wake().await?;
        }
    }

    /// One turn: run what is dirty, want what is read, write what is complete, speak of what is missing.
    async fn turn(&mut self, now: Instant) -> Result<(), EngineError> {
        self.run_dirty(now)?;
        self.want();
        self.fall_back();
        self.commit_complete(now).await?;
        self.become_ready(now);
        self.speak(now)
    }

    /// Sleeps until there is something to do, and takes it in.
    async fn wake(&mut self) -> Result<(), EngineError> {
        let due = self.due();
        tokio::select! {
            Some(batch) = self.updates.recv() => self.learn(batch),
            Some((index, call, output)) = self.plugins.next() => {
                if let Some(member) = self.members.get_mut(index) {
                    member.plugins.learn(call, output);
                    member.is_dirty = true;
                }
                Ok(())
            }
            failure = self.commands.next() => self.command_ended(failure),
            () = sleep_until(due) => Ok(()),
        }
    }

    /// The next moment at which something is due without any news.
    fn due(&self) -> Option<Instant> {
        let rests = self.members.iter().filter(|member| matches!(member.state, State::Complete(_)));
        let rests = rests.filter_map(|member| {
            let rest = member.quiescence.as_ref().and_then(quiescence::Quiescence::due);
            member.retry.map(|(moment, _)| moment).max(rest)
        });
        rests.chain(self.patience.due()).min()
    }

    fn is_over(&self) -> bool {
        self.settings.once && self.commands.is_idle() && self.members.iter().all(Member::is_done)
    }

    fn become_ready(&mut self, _now: Instant) {
        if self.is_ready || !self.members.iter().all(|member| member.was_settled) {
            return;
        }
        self.is_ready = true;
        self.is_forgiving = true;
        for member in &mut self.members {
            let wait = member.template.wait.or(self.settings.wait);
            member.quiescence = wait.map(quiescence::Quiescence::new);
        }
        let is_final = self.members.iter().all(|member| member.readings.is_empty());
        self.tell(Change::Ready { has_changed: self.has_changed, is_final });
    }

    fn tell(&self, change: Change) {
        // Nobody looks after a child: then nobody needs to know.
        let _ = self.changes.send(change);
    }

    /// A failure after a first rendering ends the run, once those behind it had their turn; a later one is only told.
    fn command_ended(&mut self, failure: Option<Failure>) -> Result<(), EngineError> {
        if let Some(Failure { told, is_first }) = failure {
            if is_first {
                self.failed_commands.push(told);
            } else {
                self.journal.notice(&told);
            }
        }
        if !self.commands.is_idle() {
            return Ok(());
        }
        let failed = std::mem::take(&mut self.failed_commands);
        self.end_with(failed)?;
        self.tell_settled();
        Ok(())
    }

    /// Tells of the files that have settled, when their commands have ended.
    fn tell_settled(&mut self) {
        if self.commands.is_idle() && !self.settled.is_empty() {
            let settled = std::mem::take(&mut self.settled);
            self.tell(Change::Settled(settled));
        }
    }

    /// With `once`: what failed without being fatal to the others.
    fn outcome(&self) -> Result<(), EngineError> {
        self.end_with(self.failures().cloned().collect())
    }

    /// What to tell of the templates that fail.
    fn failures(&self) -> impl Iterator<Item = &Notice> {
        self.members.iter().filter_map(|member| match &member.state {
            State::Failed(told) => Some(told),
            _ => None,
        })
    }

    /// Ends the run because of these, if there are any: tells all but the last, which is the error.
    fn end_with(&self, mut faults: Vec<Notice>) -> Result<(), EngineError> {
        let Some(last) = faults.pop() else { return Ok(()) };
        faults.iter().for_each(|fault| self.journal.notice(fault));
        Err(EngineError::Fatal(last))
    }

    /// Whether something missing ends the run at once, or after a while.
    fn is_impatient(&self) -> bool {
        self.settings.missing.action == MissingAction::Fail && !self.is_forgiving
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep(due.saturating_duration_since(Instant::now())).await,
        None => std::future::pending().await,
    }
}

/// How long to wait after the `count`th failure to write a file.
fn pause_after(count: u32) -> Duration {
    Duration::from_secs(5 << count.min(6)).min(Duration::from_secs(300))
}
