//! From the first start to the last end.

use std::cell::Cell;
use std::fs::File;
use std::future::pending;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_processes::{Adoption, Environment, Processes, Signal, Signals};
use preflight_supervise::directories::Directories;
use preflight_supervise::output::{Destinations, Output, Settings};
use preflight_supervise::{Ending, Fleet, Handle, Plumbing, Service, Stop, Supervisor};

use super::accounts::Accounts;
use super::beside::Beside;
use super::closing::Closing;
use super::crontab::Crontabs;
use super::directories;
use super::incomplete::{Surroundings, Verdict};
use super::names::OwnNames;
use super::render::Rendering;
use super::reports::{Materials, Reports, Wanted};
use super::signals::{Rewriting, ends, rewritten};
use super::status::Status;
use super::terminal::{self, Terminal};
use super::times::Timekeeper;
use super::voice::Voice;
use super::{LogForm, Readers, RunArguments, Work, refused};
use crate::environment;
use crate::exit::Exit;

/// At the end, a reader of our output that is slow is waited for so long.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// And for so long though the deadline has come.
const AT_LEAST: Duration = Duration::from_millis(50);

/// One run, prepared.
pub(super) struct Session {
    readers: Readers,
    log: Option<LogForm>,
    deadline: Duration,
    rewritings: Vec<Rewriting>,
    status: Status,
    crontabs: Vec<PathBuf>,
    /// By then we are to be gone, once that was asked for.
    until: Cell<Option<Instant>>,
}

/// What is looked after.
struct Crew {
    fleet: Fleet,
    directories: Option<Directories>,
    /// Their jobs are in the fleet.
    crontabs: Crontabs,
}

/// Where it is told what happens.
struct Outlets<'run> {
    output: &'run Output,
    voice: Voice,
    reports: &'run Reports,
}

impl Session {
    pub(super) fn new(arguments: &RunArguments, readers: Readers, status: Status) -> Self {
        Self {
            readers,
            log: arguments.log,
            deadline: arguments.stop_deadline,
            rewritings: arguments.signal.clone(),
            status,
            crontabs: arguments.crontab.clone(),
            until: Cell::new(None),
        }
    }

    /// Runs to the end of everything.
    pub(super) async fn run(self, work: Work, rendering: Option<Rendering>, signals: Signals) -> Exit {
        // Above all others: no orphan may slip past.
        let processes = match Processes::start(Adoption::Adopt) {
            Ok(processes) => processes,
            Err(error) => return refused("child processes cannot be looked after", &error),
        };
        let is_single = matches!(&work, Work::Fleet(fleet, _) if fleet.main.is_some());
        let default = if is_single { LogForm::Raw } else { LogForm::Lines };
        let wanted = Wanted::by(environment::of_process());
        let (format, keeps_raw) = (self.log.unwrap_or(default).format(), wanted.keeps_raw());
        let settings = Settings { format, keeps_raw, ..Settings::default() };
        let output = match destinations().and_then(|destinations| Output::start(settings, destinations)) {
            Ok(output) => output,
            Err(error) => return refused("output cannot be passed on", &error),
        };
        let secrets = Arc::clone(&self.readers.secrets);
        let voice = Voice::new(output.clone(), self.readers.tag.clone(), secrets, is_single);
        let mut closing = Closing::new();
        self.status.identify(closing.identity());
        let materials = Materials {
            output: output.clone(),
            voice: voice.clone(),
            tag: self.readers.tag.clone(),
            secrets: Arc::clone(&self.readers.secrets),
            identity: closing.identity(),
        };
        let reports = Reports::start(wanted, materials);
        let outlets = Outlets { output: &output, voice, reports: &reports };
        let ending = tokio::select! {
            biased;
            ending = self.begin(work, rendering, processes, outlets, signals) => ending,
            never = closing.learn() => match never {},
        };
        tokio::select! {
            biased;
            () = reports.flush(self.left(LAST_WORDS)) => {}
            never = closing.learn() => match never {},
        }
        let code = ending.map_or_else(Exit::code, |ending| u8::try_from(ending.code).unwrap_or(u8::MAX));
        let last = closing.lines(code, &self.readers, &self.readers.redactor()).await;
        // What a reader does not take within that time is lost.
        output.finish_with(&last, self.left(LAST_WORDS)).await;
        Exit::Child(code)
    }

    async fn begin(
        &self,
        work: Work,
        rendering: Option<Rendering>,
        processes: Processes,
        outlets: Outlets<'_>,
        mut signals: Signals,
    ) -> Result<Ending, Exit> {
        match work {
            Work::Fleet(fleet, crontabs) => {
                let crew = Crew { fleet, directories: None, crontabs };
                self.look_after(crew, rendering, processes, outlets, signals).await
            }
            Work::Directories(folder, boot) => {
                let voice = &outlets.voice;
                let booted = directories::boot(&boot, &processes, &mut signals, voice, outlets.reports).await;
                if let Err(Exit::Signal(_)) = booted {
                    // The scripts had the rest of the deadline.
                    self.until.set(Instant::now().checked_add(self.deadline / 10));
                }
                let variables = booted?;
                let stop = Stop { signal: rewritten(Signal::TERM, &self.rewritings), ..Stop::default() };
                let environment = Environment::exactly(variables.assignments());
                self.readers.learn([&environment]);
                let seen =
                    |rendering: Rendering| rendering.with_variables(variables.assignments(), &self.readers);
                let rendering = rendering.map(seen).transpose()?;
                let crew =
                    self.crew(folder, &environment, stop, voice).map_err(|faults| wrong(voice, &faults))?;
                self.look_after(crew, rendering, processes, outlets, signals).await
            }
        }
    }

    /// What is there when boot scripts are done. Everything that is wrong is told at once.
    fn crew(
        &self,
        folder: PathBuf,
        environment: &Environment,
        stop: Stop,
        voice: &Voice,
    ) -> Result<Crew, Vec<String>> {
        let crontabs = Crontabs::read(&self.crontabs, &Accounts::of_system());
        match (directories::open(folder, environment.clone(), stop, voice), crontabs) {
            (Ok((directories, fleet)), Ok(mut crontabs)) => {
                let fleet = crontabs.join(fleet, environment)?;
                Ok(Crew { fleet, directories: Some(directories), crontabs })
            }
            (opened, crontabs) => Err(opened.err().into_iter().chain(crontabs.err()).flatten().collect()),
        }
    }

    async fn look_after(
        &self,
        Crew { mut fleet, directories, crontabs }: Crew,
        rendering: Option<Rendering>,
        processes: Processes,
        Outlets { output, voice, reports }: Outlets<'_>,
        mut signals: Signals,
    ) -> Result<Ending, Exit> {
        self.readers.learn(fleet.services().iter().map(|service| &service.environment));
        let command = fleet.main.as_deref().and_then(|main| fleet.service(main)).cloned();
        crontabs.notes().iter().for_each(|note| voice.say(note));
        let plumbing = self.plumbing(directories.as_ref(), &crontabs, output, command.is_some());
        let crontabs = crontabs.keep(Arc::clone(&self.readers.secrets));
        let (timekeeper, ends) =
            Timekeeper::new(&fleet, crontabs, voice.clone()).map_err(|faults| wrong(&voice, &faults))?;
        let mut beside = Beside::default();
        let surroundings = Surroundings {
            voice: voice.clone(),
            verdict: Verdict::default(),
            rendered: self.status.rendered(),
            stop_deadline: self.deadline,
        };
        let verdict = surroundings.verdict.clone();
        let rendered = rendering.map(|rendering| {
            let (is_for_all, processes) = (directories.is_some(), processes.clone());
            let (keeper, finish) =
                rendering.before(&mut fleet, is_for_all, processes, &self.readers, surroundings);
            beside.keeps(|handle| keeper.keep(handle));
            finish
        });
        beside.hears(verdict.clone());
        self.status.stand(&mut beside, &fleet, output, &voice);
        beside.hears(self.status.ear());
        beside.hears(output.tap());
        beside.hears(voice);
        beside.hears(reports.ear());
        beside.hears(ends);
        if command.is_some() {
            beside.hears(Terminal::default());
        }
        beside.keeps(|handle| async move { timekeeper.keep(&handle).await });
        if let Some(directories) = directories {
            beside.keeps(|handle| async move {
                directories.keep(handle).await;
                pending().await
            });
        }
        let (ears, keepers) = beside.apart();
        let (supervisor, handle) = Supervisor::new(fleet, processes, ears, plumbing);
        let supervisor = supervisor.resolving_by(Arc::new(OwnNames));
        let mut keeping = pin!(keepers.keep(handle.clone()));
        let mut running = pin!(supervisor.run());
        let ending = loop {
            tokio::select! {
                biased;
                ending = &mut running => break ending,
                signal = signals.next() => self.hear(signal, command.as_ref(), &handle),
                never = &mut keeping => match never {},
            }
        };
        if let Some(rendered) = rendered {
            rendered.now().await;
        }
        Ok(Ending { code: verdict.code(&ending), ..ending })
    }

    /// Where the streams of what is started go.
    fn plumbing(
        &self,
        directories: Option<&Directories>,
        crontabs: &Crontabs,
        output: &Output,
        has_terminal: bool,
    ) -> Box<dyn Plumbing> {
        let plumbing: Box<dyn Plumbing> = match directories {
            Some(directories) => Box::new(directories.pipes().around(output.tap())),
            None => Box::new(output.tap()),
        };
        let plumbing = crontabs.around(plumbing);
        if has_terminal { plumbing } else { terminal::keep_from(plumbing) }
    }

    fn hear(&self, signal: Signal, command: Option<&Service>, handle: &Handle) {
        let passed = rewritten(signal, &self.rewritings);
        if !ends(signal) {
            return handle.signal_all(passed);
        }
        // The command is asked with the signal that we were asked with.
        if let Some(command) = command {
            let stop = Stop { signal: passed, ..command.stop };
            handle.put(Service { stop, ..command.clone() });
        }
        handle.shutdown(Some(signal), self.deadline);
        if self.until.get().is_none() {
            self.until.set(Instant::now().checked_add(self.deadline));
        }
    }

    /// So much of a time as is left before the deadline.
    fn left(&self, wanted: Duration) -> Duration {
        let Some(until) = self.until.get() else { return wanted };
        until.saturating_duration_since(Instant::now()).clamp(AT_LEAST.min(wanted), wanted)
    }
}

/// Tells what is wrong, and gives the code for it.
fn wrong(voice: &Voice, faults: &[String]) -> Exit {
    faults.iter().for_each(|fault| voice.say(&format!("FAIL run {fault}")));
    Exit::Contract
}

/// Our own outputs; where they are closed, nowhere.
fn destinations() -> io::Result<Destinations> {
    let nowhere = || File::options().write(true).open("/dev/null").map(OwnedFd::from);
    Destinations::ours().or_else(|_| Ok(Destinations { output: nowhere()?, error: nowhere()? }))
}
