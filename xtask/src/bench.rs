//! `cargo xtask bench`: how long whole processes take and how much memory they need, beside peers, against targets.
//!
//! The programs of one scenario take turns (A B C A B C …), so that what else the machine does meets all of them
//! alike. Time is from the moment before the process is started until it has been waited for. The load is made of
//! loopback sockets of this process, which costs no processor time while anything is measured.

mod load;
mod measure;
mod peers;
mod render;
mod run;
mod scenario;
mod table;
mod target;

use crate::dist::{self, Drivers};
use crate::failure::Failure;
use clap::{Args, ValueEnum};
use measure::{Sample, Summary};
use peers::Peers;
use scenario::{Contender, Scenario, Subject};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use table::Row;

/// How many of the runs are made once more for their memory, which hardly varies.
const PEAKS: u32 = 5;

/// Before each run of what takes seconds: for a Consul that still lets go of ten thousand connections, and for a disk to
/// which thousands of files were just written.
const REST: Duration = Duration::from_secs(4);

/// How to measure.
#[derive(Args)]
pub struct Bench {
    /// Build consul-template, wait4x, goss and dockerize with Go first, into target/peers
    #[arg(long)]
    peers: bool,
    /// How often each program runs; a tenth of it where a run takes seconds
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Measure this binary instead of building the released ones
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Measure this binary too, as the one without drivers
    #[arg(long, value_name = "FILE", requires = "program")]
    lean: Option<PathBuf>,
    /// Measure only one phase
    #[arg(long, value_enum, value_name = "PHASE")]
    only: Option<Phase>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Phase {
    /// The contract's checks
    Check,
    /// Templates that become files
    Render,
    /// Services that are looked after
    Run,
}

impl Bench {
    fn wants(&self, phase: Phase) -> bool {
        self.only.is_none_or(|only| only == phase)
    }
}

/// Measures everything and prints one table.
///
/// # Errors
/// When something cannot be built or run, or a program ends with another exit code than it must. A target that is
/// missed is no error but exit code 1.
pub fn run(bench: &Bench) -> Result<ExitCode, Failure> {
    let subject = subject(bench)?;
    if bench.peers {
        peers::install();
    }
    let peers = Peers::find();
    let mut rows = Vec::new();
    if bench.wants(Phase::Check) {
        rows.extend(all_measured(&scenario::all(&subject, &peers)?, bench.runs)?);
    }
    let mut idle = Vec::new();
    if bench.wants(Phase::Render) {
        let stage = render::Stage::new(&subject, &peers)?;
        // Kept until all is measured: removing thousands of files takes the disk a while.
        let scenarios = stage.scenarios()?;
        rows.extend(all_measured(&scenarios, bench.runs)?);
        rows.extend(stage.changes(bench.runs)?);
        idle = stage.idle()?;
    }
    let mut figures = run::Figures::default();
    if bench.wants(Phase::Run) {
        let stage = run::Stage::new(&subject, &peers, bench.runs)?;
        rows.extend(stage.times()?);
        figures = stage.figures()?;
    }
    print!("{}", table::markdown(&rows, &subject, &peers));
    print!("{}", render::markdown(&idle));
    print!("{}", run::markdown(&figures));
    let missed = rows.iter().any(|row| row.verdict.is_missed())
        || idle.iter().any(|idle| idle.verdict.is_missed())
        || figures.is_missed();
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn all_measured(scenarios: &[Scenario], runs: u32) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for scenario in scenarios {
        eprintln!("measuring: {}", scenario.title);
        rows.extend(measured(scenario, runs)?);
    }
    Ok(rows)
}

/// Calls `run` with what most starts consist of: a few checks, templates rendered once where Consul is there, and a few
/// services that are looked after for a second or two.
///
/// # Errors
/// When something cannot be set up, and what `run` fails with.
pub fn each_start(
    program: &Path,
    mut run: impl FnMut(Phase, &Command) -> Result<(), Failure>,
) -> Result<(), Failure> {
    /// Of each phase; the others do the same more often.
    const FIRST: usize = 2;
    let (subject, peers) = (Subject::existing(program)?, Peers::find());
    let stage = render::Stage::new(&subject, &peers)?;
    let checks = scenario::all(&subject, &peers)?;
    let templates = stage.scenarios()?;
    for (phase, scenarios) in [(Phase::Check, checks), (Phase::Render, templates)] {
        let own = scenarios.iter().take(FIRST).filter_map(|scenario| scenario.contenders.first());
        own.map(Contender::command).try_for_each(|command| run(phase, &command))?;
    }
    run(Phase::Run, &run::Life::new(program)?.command())
}

fn subject(bench: &Bench) -> Result<Subject, Failure> {
    if let Some(program) = &bench.program {
        let subject = Subject::existing(program)?;
        return bench.lean.iter().try_fold(subject, |subject, lean| subject.with_lean(lean));
    }
    eprintln!("building the release binary, full and lean (many minutes the first time) …");
    let triple = dist::own_triple()?;
    let full = dist::build(Drivers::Full, &triple)?;
    let lean = dist::build(Drivers::Lean, &triple)?;
    Ok(Subject { program: full.path.clone(), binaries: vec![full, lean] })
}

/// Lets the programs of a scenario take turns.
fn measured(scenario: &Scenario, runs: u32) -> Result<Vec<Row>, Failure> {
    let runs = if scenario.slow { runs.div_ceil(10) } else { runs };
    let mut samples = vec![Vec::new(); scenario.contenders.len()];
    for round in 0..=runs {
        for (contender, samples) in scenario.contenders.iter().zip(&mut samples) {
            contender.clear()?;
            if scenario.slow {
                std::thread::sleep(REST);
            }
            let elapsed = measure::time(contender)?;
            scenario.load.drain();
            // The first round only warms the caches up.
            if round > 0 {
                let peak =
                    (round <= PEAKS).then(|| contender.clear().and_then(|()| measure::peak(contender)));
                samples.push(Sample { elapsed, peak: peak.transpose()? });
                scenario.load.drain();
            }
        }
    }
    scenario.compare_outputs()?;
    let summaries: Vec<Summary> = samples.iter().map(|samples| Summary::of(samples)).collect();
    Ok(table::rows(scenario, &summaries))
}
