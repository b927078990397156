//! One line of a crontab, and the service that it is run as.

use std::path::{Path, PathBuf};
use std::time::Duration;

use preflight_processes::{Environment, Program};
use preflight_supervise::cron::{Crontab, CrontabEntry, Times};
use preflight_supervise::{Name, Overlap, Restart, Schedule, Service, User, Wanted};
use rustix::fs::{Access, access};
use rustix::process::geteuid;

use super::super::accounts::Accounts;

/// One line of a crontab, and who it runs as.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    file: PathBuf,
    pub(super) entry: CrontabEntry,
    user: Option<User>,
    /// The home of that user.
    home: Option<PathBuf>,
}

impl Job {
    /// All of a file.
    ///
    /// # Errors
    /// What this machine cannot do, a line each with its place.
    pub(super) fn all_of(
        path: &Path,
        crontab: Crontab,
        accounts: &Accounts,
    ) -> Result<Vec<Self>, Vec<String>> {
        let (mut jobs, mut faults) = (Vec::new(), Vec::new());
        for entry in crontab.entries {
            match user(entry.user.as_deref(), accounts) {
                Ok(user) => {
                    let home = entry.user.as_deref().and_then(|user| accounts.home(user));
                    jobs.push(Self { file: path.to_owned(), entry, user, home });
                }
                Err(wrong) => faults.push(format!("{}: {wrong}", place(path, entry.line))),
            }
        }
        if faults.is_empty() { Ok(jobs) } else { Err(faults) }
    }

    /// The names that it may have, the best first; there are always more.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        let file = self.file.file_name().unwrap_or(self.file.as_os_str()).to_string_lossy();
        let short = format!("{file}:{}", self.entry.line);
        let more = (2_u32..).map({
            let short = short.clone();
            move |number| Name::from(format!("{short}#{number}"))
        });
        [Name::from(short), self.place().into()].into_iter().chain(more)
    }

    /// Its file and line.
    pub(super) fn place(&self) -> String {
        place(&self.file, self.entry.line)
    }

    /// Whether it runs once, when everything starts.
    pub(super) fn is_at_start(&self) -> bool {
        self.entry.schedule.is_at_start()
    }

    /// It is on the same line of the same file.
    pub(super) fn is_in_place_of(&self, other: &Self) -> bool {
        self.file == other.file && self.entry.line == other.entry.line
    }

    /// It does the same, wherever in its file it is and whenever.
    pub(super) fn does_as(&self, other: &Self) -> bool {
        let work = |job: &Self| {
            let entry = &job.entry;
            (job.file.clone(), job.user.clone(), entry.command.clone(), entry.input.clone())
        };
        work(self) == work(other)
    }

    /// It is the same, wherever in its file it is.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let line = other.entry.line;
        *other == Self { entry: CrontabEntry { line, ..self.entry.clone() }, ..self.clone() }
    }

    /// It has these variables below its own.
    pub(super) fn service(&self, name: &Name, environment: &Environment) -> Service {
        let entry = &self.entry;
        let mut own = environment.clone();
        own.custom.extend(self.variables());
        let words = [entry.shell.as_str(), "-c", &entry.command];
        Service {
            folder: home(&own).filter(|home| self.may_enter(home)),
            environment: own,
            user: self.user.clone(),
            restart: Restart::never(),
            once: true,
            wanted: Wanted::Down,
            schedule: Some(self.schedule(environment)),
            ..Service::new(name.clone(), Program::Direct(words.iter().map(Into::into).collect()))
        }
    }

    /// cron has the zone of the variables that it was started with, which boot scripts may have left.
    fn schedule(&self, environment: &Environment) -> Schedule {
        let timezone = self.entry.timezone.clone();
        let schedule = |timezone| Schedule {
            expression: self.entry.schedule.to_string(),
            timezone,
            overlap: Overlap::Skip,
            jitter: Duration::ZERO,
        };
        let Some(zone) = zone(environment).filter(|_| timezone.is_none()) else { return schedule(timezone) };
        let of_variables = schedule(Some(zone));
        if Times::of(&of_variables).is_ok() { of_variables } else { schedule(None) }
    }

    /// A home that is not there, or not open to us, is no reason not to run; cron thinks so too.
    fn may_enter(&self, home: &Path) -> bool {
        home.is_dir() && (self.user.is_some() || access(home, Access::EXEC_OK).is_ok())
    }

    /// Those of `crontab(5)`; nobody but cron says who a job's user is.
    fn variables(&self) -> Vec<String> {
        let mut variables = Vec::new();
        let mut set = |name: &str, value: &str| variables.push(format!("{name}={value}"));
        if let Some(home) = self.home.as_ref().filter(|home| home.is_absolute()) {
            set("HOME", &home.to_string_lossy());
        }
        set("SHELL", &self.entry.shell);
        for (name, value) in &self.entry.environment {
            set(name, value);
        }
        if let Some(user) = &self.entry.user {
            set("LOGNAME", user);
            set("USER", user);
        }
        variables
    }
}

/// A file and a line.
pub(super) fn place(file: &Path, line: usize) -> String {
    format!("{}:{line}", file.display())
}

/// `None`: as who we are.
fn user(name: Option<&str>, accounts: &Accounts) -> Result<Option<User>, String> {
    let Some(user) = accounts.find(name, None)? else { return Ok(None) };
    let own = geteuid();
    if own.as_raw() == user.user {
        return Ok(None);
    }
    if own.is_root() {
        return Ok(Some(user));
    }
    let name = name.unwrap_or_default();
    Err(format!(
        "only root runs jobs of other users, such as {name} — hint: name a crontab without a column for the user"
    ))
}

/// The `HOME` that a process with these variables has.
fn home(environment: &Environment) -> Option<PathBuf> {
    variable(environment, "HOME").map(Into::into)
}

/// The name of the zone that these variables say, where it is not ours.
fn zone(environment: &Environment) -> Option<String> {
    let zone = variable(environment, "TZ").filter(|zone| std::env::var_os("TZ").as_ref() != Some(zone))?;
    zone.into_string().ok().map(|zone| zone.trim_start_matches(':').to_owned())
}

fn variable(environment: &Environment, wanted: &str) -> Option<std::ffi::OsString> {
    let variables = environment.variables(std::env::vars_os());
    variables.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}
