//! `run --crontab`: the jobs of crontab files, beside the services or alone.
//!
//! A job runs as its shell's command, with all variables of the container below those of its file, in its home, as its
//! user. It is never joined by a second run of its own. Files are read again when they change.

mod changes;
#[cfg(test)]
mod changes_tests;
mod inputs;
mod job;
mod reading;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use preflight_processes::Environment;
use preflight_supervise::cron::CrontabWatch;
use preflight_supervise::{Fleet, FleetError, Name, Plumbing, Service};

use super::accounts::Accounts;
use crate::secrets::Secrets;
pub(super) use changes::Change;
use changes::{Line, Standing, settle};
use inputs::Inputs;
use reading::Reading;

/// Crontabs that were named, and their jobs.
#[derive(Debug, Default)]
pub(super) struct Crontabs {
    paths: Vec<PathBuf>,
    reading: Reading,
    lines: Vec<Line>,
    inputs: Inputs,
    environment: Environment,
}

impl Crontabs {
    /// Reads files, and folders like `/etc/cron.d` and `/var/spool/cron/crontabs`.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each with its place.
    pub(super) fn read(paths: &[PathBuf], accounts: &Accounts) -> Result<Self, Vec<String>> {
        let reading = Reading::of(paths, accounts, &Reading::default());
        let faults = reading.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let (lines, _) = settle(Vec::new(), reading.jobs(), &|_| false, &|_| false);
        // Now is the start.
        let lines = lines.into_iter().map(|line| Line { standing: Standing::Kept, ..line }).collect();
        let environment = Environment::default();
        Ok(Self { paths: paths.to_owned(), reading, lines, inputs: Inputs::default(), environment })
    }

    /// What is wrong with them before they are read to be taken, which is later; a line each with its place.
    pub(super) fn faults(paths: &[PathBuf], accounts: &Accounts) -> Vec<String> {
        Reading::in_advance(paths, accounts).faults()
    }

    /// The same where something that runs before may still make them, and mend them.
    pub(super) fn early_faults(paths: &[PathBuf], accounts: &Accounts) -> Vec<String> {
        let faults = Reading::in_advance(paths, accounts).without_missing().faults();
        faults.into_iter().map(|fault| format!("unless a boot script mends it: {fault}")).collect()
    }

    /// What is to be said of them when they are taken, a line each.
    pub(super) fn notes(&self) -> Vec<String> {
        self.reading.notes()
    }

    /// Adds them to a fleet. They have these variables below their own.
    ///
    /// # Errors
    /// When a service has the name of one of them, in words.
    pub(super) fn join(&mut self, fleet: Fleet, environment: &Environment) -> Result<Fleet, Vec<String>> {
        self.environment = environment.clone();
        let (when_idle, main) = (fleet.when_idle, fleet.main.clone());
        let names: Vec<Name> = self.lines.iter().map(|line| line.name.clone()).collect();
        let jobs: Vec<Service> = names.iter().filter_map(|name| self.service(name)).collect();
        let joined = Fleet::new(fleet.into_services().into_iter().chain(jobs).collect());
        let told = |errors: Vec<FleetError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut joined = joined.map_err(told)?;
        (joined.when_idle, joined.main) = (when_idle, main);
        Ok(joined)
    }

    /// The job of this name as it is to be run from now on; what it reads is connected then.
    fn service(&self, name: &Name) -> Option<Service> {
        let line = self.lines.iter().find(|line| line.name == *name)?;
        self.inputs.set(name.clone(), line.job.entry.input.clone());
        Some(line.job.service(name, &self.environment))
    }

    /// Streams as someone else connects them, but for what the jobs read.
    pub(super) fn around(&self, inner: Box<dyn Plumbing>) -> Box<dyn Plumbing> {
        self.inputs.around(inner)
    }

    /// Keeps them up to date from now on.
    pub(super) fn keep(self, secrets: Arc<Secrets>) -> Keeper {
        Keeper { crontabs: self, watch: None, waits: false, secrets }
    }
}

/// Reads crontabs again when they have changed.
pub(super) struct Keeper {
    crontabs: Crontabs,
    watch: Option<CrontabWatch>,
    /// The end of a run is waited for.
    waits: bool,
    secrets: Arc<Secrets>,
}

/// What is to be done and said after a look.
#[derive(Debug, Default)]
pub(super) struct News {
    /// In the order in which they are to be done.
    pub(super) changes: Vec<Change>,
    /// A line each.
    pub(super) said: Vec<String>,
}

/// What somebody else knows of jobs.
pub(super) struct Known<'run> {
    /// A run of the job goes on.
    pub(super) is_running: &'run dyn Fn(&Name) -> bool,
    /// There is a service of that name, or a job.
    pub(super) is_there: &'run dyn Fn(&Name) -> bool,
}

impl Keeper {
    /// Begins to listen, and looks whether something has changed since the files were read.
    pub(super) fn begin(&mut self, known: &Known<'_>) -> News {
        if self.crontabs.paths.is_empty() {
            return News::default();
        }
        let (watch, error) = CrontabWatch::new();
        self.watch = Some(watch);
        let mut news = self.look(known);
        news.said.splice(0..0, error.as_ref().map(words::unwatched));
        news
    }

    /// Returns when something may have changed. May be dropped and called again.
    pub(super) async fn may_have_changed(&mut self) {
        match &mut self.watch {
            Some(watch) => watch.next().await,
            None => std::future::pending().await,
        }
    }

    /// Reads everything again.
    pub(super) fn look(&mut self, known: &Known<'_>) -> News {
        // Before they are read, so that nothing slips in between.
        let error = self.watch.as_mut().and_then(|watch| watch.watch(&self.crontabs.paths));
        let mut said: Vec<String> = error.as_ref().map(words::unwatched).into_iter().collect();
        let before = &self.crontabs.reading;
        let accounts = Accounts::of_system();
        let reading = Reading::of(&self.crontabs.paths, &accounts, before).without_missing();
        said.extend(words::faults(before, &reading));
        said.extend(words::notes(before, &reading));
        self.crontabs.reading = reading;
        let mut news = self.settle(known);
        said.append(&mut news.said);
        News { said, ..news }
    }

    /// A run has ended; what waited for that follows.
    pub(super) fn has_ended(&mut self, known: &Known<'_>) -> Vec<Change> {
        if self.waits { self.settle(known).changes } else { Vec::new() }
    }

    /// The job of this name as it is to be run from now on.
    pub(super) fn service(&self, name: &Name) -> Option<Service> {
        let service = self.crontabs.service(name)?;
        super::learn(&self.secrets, [&service.environment]);
        Some(service)
    }

    fn settle(&mut self, known: &Known<'_>) -> News {
        let own: BTreeSet<Name> = self.crontabs.lines.iter().map(|line| line.name.clone()).collect();
        let is_foreign = |name: &Name| !own.contains(name) && (known.is_there)(name);
        let wanted = self.crontabs.reading.jobs();
        let lines = std::mem::take(&mut self.crontabs.lines);
        let (lines, changes) = settle(lines, wanted, known.is_running, &is_foreign);
        let now: BTreeSet<&Name> = lines.iter().map(|line| &line.name).collect();
        own.iter().filter(|name| !now.contains(name)).for_each(|name| self.crontabs.inputs.forget(name));
        self.crontabs.lines = lines;
        self.waits = self.crontabs.lines.iter().any(Line::waits);
        let said = words::changes(&changes).into_iter().collect();
        News { changes, said }
    }
}
