//! The commands after templates: one after the other, in the order of the templates, each only once for one change.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use preflight_processes::{Environment, Input, Output, Processes, Program, RunError, Spec, Streams};

use crate::config::{EnvironmentFilter, Exec, LogLevel};
use crate::journal::Journal;
use crate::notice::{self, Notice};

type Running = Pin<Box<dyn Future<Output = Option<Failure>> + Send>>;

/// A command to be run because of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) exec: Exec,
    /// The template, for the log.
    pub(crate) because_of: String,
    /// It follows a first rendering: when it fails, the run ends.
    pub(crate) is_first: bool,
}

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) told: Notice,
    /// See [`Due`].
    pub(crate) is_first: bool,
}

/// The commands that wait, and the one that runs.
pub(crate) struct Commands {
    processes: Processes,
    journal: Arc<dyn Journal>,
    extra_environment: Vec<String>,
    waiting: VecDeque<Due>,
    running: Option<Running>,
}

impl Commands {
    /// `extra_environment`: `NAME=value` for every command, before its own.
    pub(crate) fn new(
        processes: Processes,
        journal: Arc<dyn Journal>,
        extra_environment: Vec<String>,
    ) -> Self {
        Self { processes, journal, extra_environment, waiting: VecDeque::new(), running: None }
    }

    /// Puts a command behind the others, unless the same one waits already.
    pub(crate) fn push(&mut self, due: Due) {
        if !self.waiting.iter().any(|waiting| waiting.exec.command == due.exec.command) {
            self.waiting.push_back(due);
        }
    }

    /// Whether all have ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }

    /// Runs the commands; ready when one has ended, with its failure. Waits for ever when none is left.
    pub(crate) async fn next(&mut self) -> Option<Failure> {
        if self.running.is_none() {
            let due = self.waiting.pop_front();
            match due {
                None => std::future::pending().await,
                Some(due) => self.running = Some(Box::pin(self.start(due))),
            }
        }
        let ended = match &mut self.running {
            Some(running) => running.await,
            None => None,
        };
        self.running = None;
        ended
    }

    fn start(&self, due: Due) -> impl Future<Output = Option<Failure>> + Send + 'static {
        let processes = self.processes.clone();
        let journal = Arc::clone(&self.journal);
        let extra = self.extra_environment.clone();
        async move {
            let argv = due.exec.command.argv();
            let told = argv.join(" ");
            let text = format!("running {told}");
            journal.notice(&Notice::new(LogLevel::Info, notice::COMMAND, due.because_of.as_str(), text));
            let mut environment = environment(&due.exec.environment);
            environment.custom.splice(0..0, extra);
            let spec = Spec {
                environment,
                input: Input::Inherited,
                output: Output::Inherited,
                ..Spec::new(Program::Direct(argv.iter().map(Into::into).collect()))
            };
            let failure = match processes.run_with(&spec, streams(&*journal), due.exec.timeout, 0).await {
                Ok(finished) if finished.status.is_success() => return None,
                Ok(finished) => (format!("{told}: it {}", finished.status), None),
                Err(error) => (words(&error), hint(&error)),
            };
            let mut told = Notice::new(LogLevel::Error, notice::COMMAND_FAILED, due.because_of, failure.0);
            told.hint = failure.1;
            Some(Failure { told, is_first: due.is_first })
        }
    }
}

/// Without others, a command still has ours.
fn streams(journal: &dyn Journal) -> Streams {
    journal.streams().unwrap_or_default()
}

/// The variables of a child, as the process part takes them.
pub(crate) fn environment(filter: &EnvironmentFilter) -> Environment {
    Environment {
        pristine: filter.pristine,
        custom: filter.custom.clone(),
        allow: filter.allowlist.clone(),
        deny: filter.denylist.clone(),
    }
}

/// An error with all of its causes.
#[must_use]
pub fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

fn hint(error: &RunError) -> Option<String> {
    match error {
        RunError::Spawn(error) => error.hint(),
        RunError::TooLong { .. } => Some("give it more time with command_timeout".to_owned()),
    }
}
