//! What a contract has rendered: before services start, and for as long as they run.
//!
//! The engine works beside the supervisor. Services that read a file wait for it ([`super::incomplete`]); the others start
//! at once.

mod once;

use std::convert::Infallible;
use std::future::pending;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use preflight_contract::Contract;
use preflight_processes::Processes;
use preflight_render::config::{
    CommandLine, Environment, LOCAL_CONFIG, LogLevel, ProcessEnvironment, Settings, exit_code,
};
use preflight_render::{Engine, Journal, Templates};
use preflight_supervise::sentinel::Sentinels;
use preflight_supervise::{Fleet, Handle};

use super::Readers;
use super::incomplete::{Files, Gate, Surroundings, whole};
use crate::commands::rendering::{self, Configured, Log, Refused};
use crate::exit::Exit;

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
        let templates = Templates::load(&settings, false).map_err(|faults| {
            log.notices(&faults);
            Exit::Render(exit_code::RUNNER_ERROR)
        })?;
        let sentinels =
            Sentinels::new(&about.sentinels.keys, &about.sentinels.services).map_err(|error| {
                readers.tell(&format!("sentinels: {error}"));
                Exit::Contract
            })?;
        Ok(Some(Self { settings: (*settings).clone(), templates, sentinels, level }))
    }

    /// Holds the services of the fleet that read what is rendered: with `is_for_all` all, and those that come later.
    pub(super) fn before(
        self,
        fleet: &mut Fleet,
        is_for_all: bool,
        processes: Processes,
        readers: &Readers,
        surroundings: Surroundings,
    ) -> Keeper {
        let missing = self.settings.missing;
        let log = Arc::new(readers.log_to(self.level, surroundings.voice.clone()));
        let sentinels = self.sentinels.clone();
        let gate = Gate::before(fleet, is_for_all, self.files(), sentinels, missing, surroundings);
        Keeper { rendering: self, gate, processes, log }
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
        let Self { rendering: Rendering { settings, templates, .. }, mut gate, processes, log } = self;
        let journal = Arc::clone(&log) as Arc<dyn Journal>;
        let (mut engine, mut changes) = Engine::new(Arc::new(settings), templates, processes, journal, false);
        let mut rendering = pin!(engine.run());
        let mut is_rendering = true;
        loop {
            let due = gate.due();
            tokio::select! {
                biased;
                Some(change) = changes.recv() => gate.hear(&change, &handle),
                result = &mut rendering, if is_rendering => {
                    is_rendering = false;
                    if let Err(error) = result {
                        log.notice(error.notice());
                        gate.end(exit_code::RUNNER_ERROR, &handle);
                    }
                }
                () = until(due) => gate.when_due(&handle),
                () = gate.is_stuck(&handle) => gate.give_up(&handle),
            }
        }
    }
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
