//! Those who look after services, and how each is told which ones.

use super::scene::Scene;
use crate::bench::peers::Peers;
use crate::bench::scenario::{Subject, write};
use crate::dist::Drivers;
use crate::failure::Failure;
use rustix::process::Signal;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Someone who looks after services.
#[derive(Debug, Clone)]
pub(super) struct Supervisor {
    pub(super) name: &'static str,
    kind: Kind,
    program: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With how much in it.
    Preflight(Drivers),
    Runit,
    S6,
    Supervisord,
    /// One command only.
    Tini,
    /// One command, looked after by nobody.
    Nobody,
}

/// What is looked after.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Task {
    /// So many services.
    pub(super) services: usize,
    /// So many orphans are left behind by each.
    pub(super) orphans: usize,
    /// Each says so much.
    pub(super) bytes: usize,
    /// The supervisor is the first process of a container.
    pub(super) is_first: bool,
}

impl Supervisor {
    /// Those of several services that are on this machine; first `preflight`.
    pub(super) fn of_services(subject: &Subject, peers: &Peers) -> Vec<Self> {
        let others = [("runsvdir", Kind::Runit), ("s6-svscan", Kind::S6), ("supervisord", Kind::Supervisord)];
        Self::all(subject, peers, &others)
    }

    /// Those of one command that are on this machine; first `preflight`, last nobody.
    pub(super) fn of_command(subject: &Subject, peers: &Peers) -> Vec<Self> {
        let nobody = Self { name: "nobody", kind: Kind::Nobody, program: PathBuf::new() };
        let mut all = Self::all(subject, peers, &[("tini", Kind::Tini)]);
        all.push(nobody);
        all
    }

    fn all(subject: &Subject, peers: &Peers, others: &[(&'static str, Kind)]) -> Vec<Self> {
        let own = subject.binaries.iter().map(|binary| Self {
            name: if binary.drivers == Drivers::Lean { "preflight, lean" } else { "preflight" },
            kind: Kind::Preflight(binary.drivers),
            program: binary.path.clone(),
        });
        let others = others.iter().filter_map(|(name, kind)| {
            Some(Self { name, kind: *kind, program: peers.program(name)?.to_owned() })
        });
        own.chain(others).collect()
    }

    /// It is ours.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Preflight(_))
    }

    /// It is ours, without drivers.
    pub(super) fn is_lean(&self) -> bool {
        self.kind == Kind::Preflight(Drivers::Lean)
    }

    /// It looks after one command only, or after nothing.
    pub(super) fn is_of_command(&self) -> bool {
        matches!(self.kind, Kind::Tini | Kind::Nobody)
    }

    /// It takes a second to start, and seconds to end.
    pub(super) fn is_slow(&self) -> bool {
        self.kind == Kind::Supervisord
    }

    /// There is something of it.
    pub(super) fn supervises(&self) -> bool {
        self.kind != Kind::Nobody
    }

    /// Writes down what it needs for services of this witness.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(super) fn services(&self, task: Task, witness: &Path) -> Result<Scene, Failure> {
        let mut scene = Scene::new(task, witness)?;
        let folder = scene.folder().to_owned();
        let names: Vec<String> = (0..task.services).map(|number| format!("s{number:02}")).collect();
        let (arguments, end): (Vec<OsString>, Signal) = match self.kind {
            Kind::Preflight(_) => (in_contract(&folder, &names, witness)?, Signal::TERM),
            Kind::Runit => {
                in_directories(&folder, &names, witness)?;
                log_with(&folder, &names, task, "exec svlogd -tt .")?;
                // Asked with a TERM, it would leave everything running.
                (vec![folder.join("services").into()], Signal::HUP)
            }
            Kind::S6 => {
                in_directories(&folder, &names, witness)?;
                log_with(&folder, &names, task, "exec s6-log t n3 s1000000 ./kept")?;
                (vec![folder.join("services").into()], Signal::TERM)
            }
            Kind::Supervisord => (in_sections(&folder, &names, witness)?, Signal::TERM),
            Kind::Tini | Kind::Nobody => unreachable_of_one(self.name)?,
        };
        scene.is_run_by(&self.program, arguments, end);
        Ok(scene)
    }

    /// The witness as the one command.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub(super) fn command(&self, task: Task, witness: &Path) -> Result<Scene, Failure> {
        let mut scene = Scene::new(task, witness)?;
        let words = |words: &[&str]| {
            words.iter().map(OsString::from).chain([witness.into()]).collect::<Vec<OsString>>()
        };
        match self.kind {
            Kind::Nobody => scene.is_run_by(witness, Vec::new(), Signal::TERM),
            Kind::Tini => scene.is_run_by(&self.program, words(&["--"]), Signal::TERM),
            _ => scene.is_run_by(&self.program, words(&["run", "--no-check", "--"]), Signal::TERM),
        }
        Ok(scene)
    }
}

fn unreachable_of_one<T>(name: &str) -> Result<T, Failure> {
    Err(Failure::Missing { what: format!("services of {name}"), hint: "it runs one command".to_owned() })
}

/// For ours: a contract, which is checked.
fn in_contract(folder: &Path, names: &[String], witness: &Path) -> Result<Vec<OsString>, Failure> {
    let services: String =
        names.iter().map(|name| format!("  {name}: {{ command: ['{}'] }}\n", witness.display())).collect();
    let text = format!("organization: MyCompanyName\nteam: DevOps\nservices:\n{services}");
    let path = write(folder, "preflight.yaml", &text)?;
    Ok(vec!["run".into(), "--config".into(), path.into()])
}

/// For runit and s6: a directory for each, whose `run` is the witness.
fn in_directories(folder: &Path, names: &[String], witness: &Path) -> Result<(), Failure> {
    for name in names {
        let service = folder.join("services").join(name);
        fs::create_dir_all(&service).map_err(Failure::io("make", service.display()))?;
        symlink(witness, service.join("run")).map_err(Failure::io("link", service.display()))?;
    }
    Ok(())
}

/// What services say is kept in files, as ours is.
fn log_with(folder: &Path, names: &[String], task: Task, line: &str) -> Result<(), Failure> {
    if task.bytes == 0 {
        return Ok(());
    }
    for name in names {
        let log = folder.join("services").join(name).join("log");
        fs::create_dir_all(log.join("kept")).map_err(Failure::io("make", log.display()))?;
        let run = write(&log, "run", &format!("#!/bin/sh\n{line}\n"))?;
        fs::set_permissions(&run, fs::Permissions::from_mode(0o755))
            .map_err(Failure::io("make executable", run.display()))?;
    }
    Ok(())
}

/// For supervisord.
fn in_sections(folder: &Path, names: &[String], witness: &Path) -> Result<Vec<OsString>, Failure> {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut text = format!(
        "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={}\nchildlogdir={}\n",
        path("pid"),
        folder.display()
    );
    for name in names {
        let (log, witness) = (path(&format!("{name}.log")), witness.display());
        text.push_str(&format!(
            "[program:{name}]\ncommand={witness}\nautorestart=true\nredirect_stderr=true\n"
        ));
        text.push_str(&format!("stdout_logfile={log}\nstdout_logfile_maxbytes=0\n"));
    }
    let file = write(folder, "supervisord.conf", &text)?;
    Ok(vec![OsStr::new("-c").to_owned(), file.into()])
}
