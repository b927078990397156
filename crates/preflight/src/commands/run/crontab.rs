//! `run --crontab`: the jobs of crontab files, beside the services or alone.
//!
//! A job runs as its shell's command, with all variables of the container below those of its file, in its home, as its
//! user. It is never joined by a second run of its own.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use preflight_processes::{Environment, Program};
use preflight_supervise::cron::{Crontab, CrontabEntry, CrontabFault, read_cron_folder, read_crontab};
use preflight_supervise::{
    Fleet, FleetError, Name, Overlap, Plumbing, Purpose, Restart, Schedule, Service, Streams, User, Wanted,
};
use rustix::fs::{Access, MemfdFlags, access, memfd_create};
use rustix::process::geteuid;

use super::accounts::Accounts;

/// The end of the folder in which `crontab(1)` keeps the files of users, by their names.
const OF_USERS: &str = "cron/crontabs";

/// The jobs of all crontabs that were named.
#[derive(Debug, Clone, Default)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
    notes: Vec<String>,
}

/// One line of a crontab, and who it runs as.
#[derive(Debug, Clone)]
struct Job {
    name: Name,
    entry: CrontabEntry,
    user: Option<User>,
    /// The home of that user.
    home: Option<PathBuf>,
}

impl Jobs {
    /// Reads files, and folders like `/etc/cron.d` and `/var/spool/cron/crontabs`.
    ///
    /// # Errors
    /// Everything that is wrong with them, a line each with its place.
    pub(super) fn read(paths: &[PathBuf], accounts: &Accounts) -> Result<Self, Vec<String>> {
        let mut jobs = Self::default();
        let (mut faults, mut names) = (Vec::new(), BTreeSet::new());
        for path in paths {
            match crontabs(path, accounts) {
                Ok(crontabs) => {
                    for (path, crontab) in crontabs {
                        faults.extend(jobs.take(&path, crontab, accounts, &mut names));
                    }
                }
                Err(wrong) => faults.extend(wrong.iter().map(fault)),
            }
        }
        if faults.is_empty() { Ok(jobs) } else { Err(faults) }
    }

    /// The faults are what this machine cannot do.
    fn take(
        &mut self,
        path: &Path,
        crontab: Crontab,
        accounts: &Accounts,
        names: &mut BTreeSet<Name>,
    ) -> Vec<String> {
        let place = |line: usize| format!("{}:{line}", path.display());
        let notes = crontab.notes.iter().map(|note| format!("{}: {}", place(note.line), note.message));
        self.notes.extend(notes);
        let mut faults = Vec::new();
        for entry in crontab.entries {
            let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let short = Name::from(format!("{file}:{}", entry.line));
            let name = if names.contains(&short) { place(entry.line).into() } else { short };
            match user(entry.user.as_deref(), accounts) {
                Ok(_) if !names.insert(name.clone()) => {
                    faults.push(format!("{}: the file is named twice", place(entry.line)));
                }
                Ok(user) => {
                    let home = entry.user.as_deref().and_then(|user| accounts.home(user));
                    self.jobs.push(Job { name, entry, user, home });
                }
                Err(wrong) => faults.push(format!("{}: {wrong}", place(entry.line))),
            }
        }
        faults
    }

    /// What is to be said of them when they are taken, a line each.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds them to a fleet. They have these variables below their own.
    ///
    /// # Errors
    /// When a service has the name of one of them, in words.
    pub(super) fn join(&self, fleet: Fleet, environment: &Environment) -> Result<Fleet, Vec<String>> {
        let (when_idle, main) = (fleet.when_idle, fleet.main.clone());
        let jobs = self.jobs.iter().map(|job| job.service(environment));
        let joined = Fleet::new(fleet.into_services().into_iter().chain(jobs).collect());
        let told = |errors: Vec<FleetError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut joined = joined.map_err(told)?;
        (joined.when_idle, joined.main) = (when_idle, main);
        Ok(joined)
    }

    /// Streams as someone else connects them, but for what the jobs read.
    pub(super) fn around(&self, inner: Box<dyn Plumbing>) -> Box<dyn Plumbing> {
        let inputs = self.jobs.iter().map(|job| (job.name.clone(), job.entry.input.clone()));
        Box::new(WithInputs { inner, inputs: inputs.collect() })
    }
}

impl Job {
    fn service(&self, environment: &Environment) -> Service {
        let entry = &self.entry;
        let mut environment = environment.clone();
        environment.custom.extend(self.variables());
        let schedule = Schedule {
            expression: entry.schedule.to_string(),
            timezone: entry.timezone.clone(),
            overlap: Overlap::Skip,
            jitter: Duration::ZERO,
        };
        let words = [entry.shell.as_str(), "-c", &entry.command];
        Service {
            folder: home(&environment).filter(|home| self.may_enter(home)),
            environment,
            user: self.user.clone(),
            restart: Restart::never(),
            once: true,
            wanted: Wanted::Down,
            schedule: Some(schedule),
            ..Service::new(self.name.clone(), Program::Direct(words.iter().map(Into::into).collect()))
        }
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

fn crontabs(path: &Path, accounts: &Accounts) -> Result<Vec<(PathBuf, Crontab)>, Vec<CrontabFault>> {
    let known = |user: &str| accounts.home(user).is_some();
    if !path.is_dir() {
        let crontab = read_crontab(path, &known)?;
        let is_of_user = path.parent().is_some_and(|folder| folder.ends_with(OF_USERS));
        return Ok(vec![(path.to_owned(), if is_of_user { owned(path, crontab, &known)? } else { crontab })]);
    }
    if !path.ends_with(OF_USERS) {
        return read_cron_folder(path, &known);
    }
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in files(path)? {
        match read_crontab(&path, &known).and_then(|crontab| owned(&path, crontab, &known)) {
            Ok(crontab) => all.push((path, crontab)),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

/// The jobs of a user's own crontab, whose name is the user's.
fn owned(path: &Path, crontab: Crontab, known: &dyn Fn(&str) -> bool) -> Result<Crontab, Vec<CrontabFault>> {
    let user = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !known(&user) {
        let hint = Some("a file there has the name of its user");
        return Err(vec![of_file(path, format!("there is no user {user:?}"), hint)]);
    }
    let own = |entry| CrontabEntry { user: Some(user.clone()), ..entry };
    Ok(Crontab { entries: crontab.entries.into_iter().map(own).collect(), ..crontab })
}

/// In the order of their names, without hidden ones.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Vec<CrontabFault>> {
    let wrong = |error: io::Error| vec![of_file(folder, format!("cannot be read: {error}"), None)];
    let entries: io::Result<Vec<_>> = std::fs::read_dir(folder).map_err(wrong)?.collect();
    let names = entries.map_err(wrong)?.into_iter().map(|entry| entry.path());
    let is_hidden =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut files: Vec<PathBuf> = names.filter(|path| path.is_file() && !is_hidden(path)).collect();
    files.sort();
    Ok(files)
}

fn of_file(path: &Path, message: String, hint: Option<&'static str>) -> CrontabFault {
    CrontabFault { file: path.display().to_string(), line: 1, message, hint }
}

fn fault(fault: &CrontabFault) -> String {
    let hint = fault.hint.map(|hint| format!(" — hint: {hint}")).unwrap_or_default();
    format!("{fault}{hint}")
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
    let variables = environment.variables(std::env::vars_os());
    variables.into_iter().find(|(name, _)| name == "HOME").map(|(_, home)| home.into())
}

/// What jobs read: what their line says, or nothing.
struct WithInputs {
    inner: Box<dyn Plumbing>,
    inputs: HashMap<Name, Option<String>>,
}

impl Plumbing for WithInputs {
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams> {
        let mut streams = self.inner.connect(service, purpose)?;
        if let Some(input) = self.inputs.get(&service.name) {
            streams.input = Some(to_read(input.as_deref())?);
        }
        Ok(streams)
    }
}

fn to_read(text: Option<&str>) -> io::Result<OwnedFd> {
    let Some(text) = text else { return File::open("/dev/null").map(OwnedFd::from) };
    let mut file = File::from(memfd_create("input", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn accounts() -> Accounts {
        let own = geteuid().as_raw();
        Accounts::new(
            format!("me:x:{own}:0::/tmp:\nother:x:{}:7::/nonexistent:\n", own + 1),
            "root:x:0:\n".to_owned(),
        )
    }

    fn written(texts: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in texts {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("set");
        }
        folder
    }

    #[test]
    fn a_line_is_a_job_with_all_variables_in_its_home() {
        let text = "A=b\nMAILTO=ops\nCRON_TZ=UTC\n\n0 4 * * * me tar cf - x%one\n";
        let folder = written(&[("backup", text)]);
        let jobs = Jobs::read(&[folder.path().to_owned()], &accounts()).expect("good");
        assert!(jobs.notes()[0].contains("backup:2: MAILTO is not obeyed"), "{:?}", jobs.notes());
        let environment = Environment::exactly(vec!["A=a".to_owned(), "C=c".to_owned()]);
        let fleet = jobs.join(Fleet::default(), &environment).expect("good");
        let job = fleet.service("backup:5").expect("there");
        assert_eq!(job.program.to_string(), "/bin/sh -c tar cf - x");
        let variables = job.environment.variables([]);
        for (name, value) in [("A", "b"), ("C", "c"), ("HOME", "/tmp"), ("USER", "me"), ("SHELL", "/bin/sh")]
        {
            assert!(variables.contains(&(name.into(), value.into())), "{name}: {variables:?}");
        }
        assert_eq!((job.folder.as_deref(), &job.user), (Some(Path::new("/tmp")), &None));
        assert_eq!((job.wanted, job.once, job.limit), (Wanted::Down, true, None));
        let schedule = job.schedule.as_ref().expect("scheduled");
        assert_eq!((schedule.timezone.as_deref(), schedule.overlap), (Some("UTC"), Overlap::Skip));
    }

    #[test]
    fn two_files_of_one_name_are_two_and_one_that_is_named_twice_is_wrong() {
        let line = "@daily me x\n";
        let (one, two) = (written(&[("jobs", line)]), written(&[("jobs", line)]));
        let paths = [one.path().to_owned(), two.path().to_owned()];
        let jobs = Jobs::read(&paths, &accounts()).expect("good");
        let fleet = jobs.join(Fleet::default(), &Environment::default()).expect("good");
        let long = two.path().join("jobs:1").display().to_string();
        assert!(fleet.service("jobs:1").is_some() && fleet.service(&long).is_some());
        let faults = Jobs::read(&[paths[0].clone(), paths[0].clone(), paths[0].clone()], &accounts());
        assert!(faults.expect_err("twice")[0].ends_with("jobs:1: the file is named twice"));
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_place() {
        let folder = written(&[
            ("a", "* * * * me x\n* * * * * nobody-here x\n"),
            ("b.sh", ""),
            ("c", "* * * * * me x"),
        ]);
        let paths = [folder.path().to_owned(), "/no/such/file".into()];
        let faults = Jobs::read(&paths, &accounts()).expect_err("wrong");
        let told = faults.join("\n");
        for part in ["a:1: ", "a:2: ", "b.sh:1: ", "c:1: no newline", "/no/such/file:1: cannot be read"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn a_users_own_file_runs_as_that_user() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = folder.path().join("cron/crontabs");
        std::fs::create_dir_all(&spool).expect("made");
        std::fs::write(spool.join("me"), "@daily x\n").expect("written");
        for path in [spool.clone(), spool.join("me")] {
            let jobs = Jobs::read(&[path], &accounts()).expect("good");
            assert_eq!((&*jobs.jobs[0].name, jobs.jobs[0].entry.user.as_deref()), ("me:1", Some("me")));
        }
        std::fs::write(spool.join("gone"), "@daily x\n").expect("written");
        let faults = Jobs::read(&[spool], &accounts()).expect_err("wrong");
        assert!(faults[0].contains("gone:1: there is no user \"gone\" — hint: "), "{faults:?}");
    }

    #[test]
    fn another_user_needs_root() {
        let folder = written(&[("a", "* * * * * other x\n")]);
        let jobs = Jobs::read(&[folder.path().to_owned()], &accounts());
        if geteuid().is_root() {
            let fleet =
                jobs.expect("root may").join(Fleet::default(), &Environment::default()).expect("good");
            let job = &fleet.services()[0];
            assert_eq!(job.user.as_ref().map(|user| (user.user, user.group)), Some((1, 7)));
            assert_eq!(job.folder, None, "a home that is not there");
        } else {
            assert!(jobs.expect_err("only root")[0].contains("a:1: only root"));
        }
    }

    #[test]
    fn what_a_job_reads_is_what_its_line_says() {
        let read = |text| io::read_to_string(File::from(to_read(text).expect("opened"))).expect("read");
        assert_eq!((read(Some("a\nb\n")), read(None)), ("a\nb\n".to_owned(), String::new()));
    }
}
