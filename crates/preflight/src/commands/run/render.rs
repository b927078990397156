//! What a contract has rendered: before services start, and for as long as they run.
//!
//! The engine works beside the supervisor. Services that read a file wait for it ([`super::incomplete`]); the others start
//! at once.

mod once;
mod worker;

use std::convert::Infallible;
use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use preflight_contract::Contract;
use preflight_processes::Processes;
use preflight_render::config::{
    CommandLine, Environment, LOCAL_CONFIG, LogLevel, ProcessEnvironment, Settings, exit_code,
};
use preflight_render::{Journal, Templates};
use preflight_supervise::sentinel::Sentinels;
use preflight_supervise::{Fleet, Handle};

pub(super) use self::worker::Finish;
use self::worker::{Ends, Materials, News};
use super::Readers;
use super::incomplete::{Files, Gate, Surroundings, whole};
use crate::commands::rendering::{self, Configured, Log, Refused};
use crate::exit::Exit;

/// What is said when the engine has not ended as it should.
const BROKEN: &str = "the rendering has broken off; this is a mistake in preflight";

/// What is to be rendered, read and understood.
pub(super) struct Rendering {
    settings: Settings,
    templates: Templates,
    sentinels: Sentinels,
    level: LogLevel,
}

/// A rendering whose services are held.
pub(super) struct Keeper {
    rendering: Rendering,
    gate: Gate,
    processes: Processes,
    log: Arc<Log>,
    ends: Ends,
}

impl Rendering {
    /// Reads what the contract has rendered; `None` when that is nothing.
    ///
    /// # Errors
    /// The code to end with; what is wrong has been told.
    pub(super) fn prepare(
        contract: Option<&(PathBuf, Contract)>,
        readers: &Readers,
    ) -> Result<Option<Self>, Exit> {
        let Some((_, about)) = contract.filter(|(_, contract)| !contract.render.is_empty()) else {
            return Ok(None);
        };
        let line = CommandLine::default();
        let configured =
            rendering::configured(contract, &line, &ContractAlone).map_err(|Refused { faults, exit }| {
                faults.iter().for_each(|fault| readers.tell(fault));
                exit
            })?;
        let Configured { settings, secrets } = configured;
        secrets.iter().for_each(|secret| readers.secrets.learn(secret));
        let level = if readers.verbose { LogLevel::Info } else { settings.log.level };
        let log = readers.log(level);
        settings.notes.iter().for_each(|note| log.note(note));
        let templates = load(&settings, &log)?;
        let sentinels =
            Sentinels::new(&about.sentinels.keys, &about.sentinels.services).map_err(|error| {
                readers.tell(&format!("sentinels: {error}"));
                Exit::Contract
            })?;
        Ok(Some(Self { settings: (*settings).clone(), templates, sentinels, level }))
    }

    /// Templates and their commands see these variables (`NAME=value`) before those of this process.
    ///
    /// # Errors
    /// As [`Rendering::prepare`]: a template may have changed since then.
    pub(super) fn with_variables(mut self, variables: Vec<String>, readers: &Readers) -> Result<Self, Exit> {
        self.settings.variables = variables;
        self.templates = load(&self.settings, &readers.log(self.level))?;
        Ok(self)
    }

    /// Holds the services of the fleet that read what is rendered: with `is_for_all` all, and those that come later.
    pub(super) fn before(
        self,
        fleet: &mut Fleet,
        is_for_all: bool,
        processes: Processes,
        readers: &Readers,
        surroundings: Surroundings,
    ) -> (Keeper, Finish) {
        let missing = self.settings.missing;
        let log = Arc::new(readers.log_to(self.level, surroundings.voice.clone()));
        let sentinels = self.sentinels.clone();
        let gate = Gate::before(fleet, is_for_all, self.files(), sentinels, missing, surroundings);
        let (finish, ends) = Finish::new();
        (Keeper { rendering: self, gate, processes, log, ends }, finish)
    }

    fn files(&self) -> Files {
        let destinations =
            self.settings.templates.iter().filter_map(|template| template.destination.as_deref());
        Files::awaited(destinations.map(whole))
    }
}

impl Keeper {
    /// Renders, holds and lets go for as long as the supervisor lives.
    pub(super) async fn keep(self, handle: Handle) -> Infallible {
        let Self { rendering: Rendering { settings, templates, .. }, mut gate, processes, log, ends } = self;
        let journal = Arc::clone(&log) as Arc<dyn Journal>;
        let materials = Materials { settings: Arc::new(settings), templates, processes, journal };
        let mut news = match worker::begin(materials, ends) {
            Ok(news) => news,
            Err(error) => {
                log.write(LogLevel::Error, &format!("there is no thread for the rendering: {error}"));
                gate.end(exit_code::RUNNER_ERROR, &handle);
                pending().await
            }
        };
        let mut is_over = false;
        loop {
            let due = gate.due();
            tokio::select! {
                biased;
                heard = news.recv(), if !is_over => match heard {
                    Some(News::Change(change)) => gate.hear(&change, &handle),
                    Some(News::Over(Ok(()))) => is_over = true,
                    Some(News::Over(Err(error))) => {
                        is_over = true;
                        log.notice(error.notice());
                        gate.end(exit_code::RUNNER_ERROR, &handle);
                    }
                    None => {
                        is_over = true;
                        log.write(LogLevel::Error, BROKEN);
                        gate.end(exit_code::RUNNER_ERROR, &handle);
                    }
                },
                () = until(due) => gate.when_due(&handle),
                () = gate.is_stuck(&handle) => gate.give_up(&handle),
            }
        }
    }
}

fn load(settings: &Settings, log: &Log) -> Result<Templates, Exit> {
    Templates::load(settings, false).map_err(|faults| {
        log.notices(&faults);
        Exit::Render(exit_code::RUNNER_ERROR)
    })
}

/// The variables of this process, without consul-template's own configuration: that is for `preflight render`.
struct ContractAlone;

impl Environment for ContractAlone {
    fn variable(&self, name: &str) -> Option<String> {
        ProcessEnvironment.variable(name).filter(|_| name != LOCAL_CONFIG)
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}
