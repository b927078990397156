//! Templates that become files, beside consul-template at the same Consul.

mod changes;
mod consul;
mod daemon;
mod idle;
mod templates;

use super::peers::Peers;
use super::scenario::{Contender, Scenario, Subject};
use super::table::Row;
use super::target::Target;
use crate::failure::Failure;
use consul::Consul;
use daemon::Daemon;
pub(super) use idle::{Idle, markdown};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use templates::Set;

/// Who is compared with.
const PEER: &str = "consul-template";

/// The programs and the Consul that they read.
pub(super) struct Stage {
    programs: Vec<Program>,
    consul: Option<Consul>,
}

/// A program, and what comes before the arguments that all have in common.
struct Program {
    name: &'static str,
    path: PathBuf,
    command: Option<&'static str>,
}

impl Stage {
    /// Starts Consul.
    ///
    /// # Errors
    /// When it does not start. Where Consul is not there nothing of this is measured, and a line says so.
    pub(super) fn new(subject: &Subject, peers: &Peers) -> Result<Self, Failure> {
        let path = subject.program.clone();
        let mut programs = vec![Program { name: "preflight", path, command: Some("render") }];
        let peer =
            peers.program(PEER).map(|path| Program { name: PEER, path: path.to_owned(), command: None });
        programs.extend(peer);
        let consul = Consul::start()?;
        if consul.is_none() {
            eprintln!(
                "rendering is not measured: there is no consul (try: cargo xtask servers start consul)"
            );
        }
        Ok(Self { programs, consul })
    }

    /// From start to file, once.
    ///
    /// # Errors
    /// When templates or configurations cannot be written.
    pub(super) fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        const QUICK: Target = Target::Within { limit: Duration::from_millis(50), peak: 8 << 20 };
        const TENTH: Target = Target::PartOf { peer: PEER, times: 10 };
        let Some(consul) = &self.consul else { return Ok(Vec::new()) };
        let scenario = |set: Set, target| {
            let contenders = self.programs.iter().map(|program| {
                let output = set.output(program.name);
                Ok(program.contender(&set, consul, true)?.making(output))
            });
            let contenders = contenders.collect::<Result<_, Failure>>()?;
            Ok::<Scenario, Failure>(Scenario::without_load(set.title, target, contenders, set.into_folder()))
        };
        Ok(vec![
            scenario(Set::hundred()?, QUICK)?,
            scenario(Set::service()?, QUICK)?,
            scenario(Set::many()?, TENTH)?.slow(),
        ])
    }

    /// From a change in Consul to the file.
    ///
    /// # Errors
    /// When a program does not write what it must.
    pub(super) fn changes(&self, runs: u32) -> Result<Vec<Row>, Failure> {
        let Some(consul) = &self.consul else { return Ok(Vec::new()) };
        eprintln!("measuring: changes");
        changes::measure(&self.programs, consul, runs)
    }

    /// What a program needs while nothing changes.
    ///
    /// # Errors
    /// When a program does not write what it must.
    pub(super) fn idle(&self) -> Result<Vec<Idle>, Failure> {
        let Some(consul) = &self.consul else { return Ok(Vec::new()) };
        eprintln!("measuring: idle");
        idle::measure(&self.programs, consul)
    }
}

impl Program {
    /// The program with those templates.
    fn contender(&self, set: &Set, consul: &Consul, once: bool) -> Result<Contender, Failure> {
        let configuration = set.configuration(self.name, consul.port)?;
        let mut arguments: Vec<OsString> = self.command.iter().map(OsString::from).collect();
        arguments.extend(["-config".into(), configuration.into()]);
        arguments.extend(once.then(|| "-once".into()));
        Ok(Contender::new(self.name, &self.path, &arguments, 0))
    }

    /// Starts it, to run until it is dropped.
    fn start(&self, set: &Set, consul: &Consul) -> Result<Daemon, Failure> {
        let contender = self.contender(set, consul, false)?.making(set.output(self.name));
        contender.clear()?;
        Daemon::start(&contender, &set.destinations(self.name))
    }
}
