//! Services that are looked after, beside runit, s6 and supervisord, and one command, beside tini.

mod figures;
mod idle;
mod life;
mod output;
mod processes;
mod scene;
mod supervisor;
mod witness;

use super::measure::{Sample, Summary};
use super::peers::Peers;
use super::scenario::Subject;
use super::table::{Row, rows_of};
use super::target::Target;
use crate::failure::Failure;
pub(super) use figures::{Figures, markdown};
pub(super) use life::Life;
use rustix::process::Signal;
use scene::{Note, Running, Scene};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};
use supervisor::{Supervisor, Task};

/// How many services are looked after where it is more than one.
const SERVICES: usize = 20;
/// How often everything is started and stopped, at most.
const STARTS: u32 = 30;
/// Who is slow takes part in one of so many rounds.
const OF_THE_SLOW: u32 = 10;
/// How many orphans are left behind at once, and how often.
const ORPHANS: usize = 1000;
const STORMS: u32 = 3;
/// A service that has lived for so long is started again without a pause by everyone.
const ESTABLISHED: Duration = Duration::from_millis(1300);

/// The programs, and what they look after.
pub(super) struct Stage {
    of_services: Vec<Supervisor>,
    of_command: Vec<Supervisor>,
    witness: PathBuf,
    runs: u32,
}

/// What several runs of one program took.
type Samples = Vec<Duration>;

impl Stage {
    /// Builds the witness.
    ///
    /// # Errors
    /// When it cannot be built.
    pub(super) fn new(subject: &Subject, peers: &Peers, runs: u32) -> Result<Self, Failure> {
        Ok(Self {
            of_services: Supervisor::of_services(subject, peers),
            of_command: Supervisor::of_command(subject, peers),
            witness: witness::build()?,
            runs: runs.min(STARTS),
        })
    }

    /// What takes time.
    ///
    /// # Errors
    /// When a program does not do what it must.
    pub(super) fn times(&self) -> Result<Vec<Row>, Failure> {
        let mut rows = self.starts_and_ends()?;
        rows.extend(self.restarts()?);
        rows.extend(self.orphans()?);
        rows.extend(self.command()?);
        Ok(rows)
    }

    /// What a supervisor holds and does while nothing happens, and what output costs.
    ///
    /// # Errors
    /// When a program does not do what it must.
    pub(super) fn figures(&self) -> Result<Figures, Failure> {
        let idle = idle::measure(&self.of_services, &self.of_command, &self.witness)?;
        let output = output::measure(&self.of_services, &self.witness)?;
        Ok(Figures { idle, output })
    }

    fn starts_and_ends(&self) -> Result<Vec<Row>, Failure> {
        const SOON: Target = Target::Under(Duration::from_millis(10));
        eprintln!("measuring: starts and ends");
        let one = self.scenes(Task { services: 1, ..Task::default() })?;
        let many = self.scenes(Task { services: SERVICES, ..Task::default() })?;
        let (mut first, mut first_of_many, mut all, mut ends) =
            (self.none(), self.none(), self.none(), self.none());
        for round in 0..self.runs {
            for (at, (one, many)) in one.iter().zip(&many).enumerate() {
                if round % OF_THE_SLOW != 0 && self.of_services[at].is_slow() {
                    continue;
                }
                let (begun, _, _) = once(one, 1)?;
                first[at].push(begun);
                let (begun, complete, end) = once(many, SERVICES)?;
                first_of_many[at].push(begun);
                all[at].push(complete);
                ends[at].push(end);
            }
        }
        let rows = |title, target, samples: &[Samples]| rows(title, target, &self.of_services, samples);
        Ok([
            rows("start until the 1 service runs", SOON, &first),
            rows("start until the first of 20 runs", SOON, &first_of_many),
            rows("start until all 20 run", Target::Nothing, &all),
            rows(
                "TERM until 20 services and all else are gone",
                Target::Under(Duration::from_millis(50)),
                &ends,
            ),
        ]
        .into_iter()
        .flatten()
        .collect())
    }

    fn restarts(&self) -> Result<Vec<Row>, Failure> {
        eprintln!("measuring: restarts");
        let scenes = self.scenes(Task { services: SERVICES, ..Task::default() })?;
        let mut samples = self.none();
        let mut running = scenes.iter().map(Scene::start).collect::<Result<Vec<_>, _>>()?;
        std::thread::sleep(ESTABLISHED * 2);
        for (running, samples) in running.iter_mut().zip(&mut samples) {
            samples.extend(deaths(running)?);
        }
        let target = Target::Under(Duration::from_millis(10));
        Ok(rows("death of a service until it runs again", target, &self.of_services, &samples))
    }

    fn orphans(&self) -> Result<Vec<Row>, Failure> {
        if !can_unshare() {
            eprintln!("orphans are not measured: unshare(1) gives no process namespace here");
            return Ok(Vec::new());
        }
        eprintln!("measuring: orphans");
        let task = Task { services: 1, orphans: ORPHANS, is_first: true, ..Task::default() };
        let mut programs = self.of_services.clone();
        programs.extend(self.of_command.iter().filter(|program| program.name == "tini").cloned());
        let scenes: Vec<Scene> =
            programs.iter().map(|program| self.scene(program, task)).collect::<Result<_, _>>()?;
        let mut samples = vec![Samples::new(); programs.len()];
        for _ in 0..self.runs.min(STORMS) {
            for (scene, samples) in scenes.iter().zip(&mut samples) {
                let mut running = scene.start()?;
                let left = running.notes("left", 1)?[0].time;
                samples.push(between(left, running.has_children(1)?));
                running.stop()?;
            }
        }
        Ok(rows("1,000 orphans end, until none is left", Target::Nothing, &programs, &samples))
    }

    fn command(&self) -> Result<Vec<Row>, Failure> {
        eprintln!("measuring: one command");
        let command = |program: &Supervisor| program.command(Task::default(), &self.witness);
        let scenes: Vec<Scene> = self.of_command.iter().map(command).collect::<Result<_, _>>()?;
        let mut starts = vec![Samples::new(); scenes.len()];
        let mut ends = starts.clone();
        for _ in 0..self.runs {
            for (at, scene) in scenes.iter().enumerate() {
                let (begun, _, end) = once(scene, 1)?;
                starts[at].push(begun);
                ends[at].push(end);
            }
        }
        let soon = Target::Under(Duration::from_millis(10));
        let mut all = rows("1 command: start until it runs", soon, &self.of_command, &starts);
        let title = "1 command: TERM until it and all else are gone";
        all.extend(rows(title, Target::Under(Duration::from_millis(50)), &self.of_command, &ends));
        Ok(all)
    }

    fn scenes(&self, task: Task) -> Result<Vec<Scene>, Failure> {
        self.of_services.iter().map(|program| self.scene(program, task)).collect()
    }

    fn scene(&self, program: &Supervisor, task: Task) -> Result<Scene, Failure> {
        if program.is_of_command() {
            program.command(task, &self.witness)
        } else {
            program.services(task, &self.witness)
        }
    }

    fn none(&self) -> Vec<Samples> {
        vec![Samples::new(); self.of_services.len()]
    }
}

/// From the start until the first service runs, and until all do; and from the request to end until nothing is left.
fn once(scene: &Scene, services: usize) -> Result<(Duration, Duration, Duration), Failure> {
    let mut running = scene.start()?;
    let notes = running.notes("began", services)?;
    let began = running.began();
    let times = notes.iter().map(|note| between(began, note.time));
    let (first, last) =
        times.fold((Duration::MAX, Duration::ZERO), |(first, last), time| (first.min(time), last.max(time)));
    // Until what comes after a start is done.
    std::thread::sleep(Duration::from_millis(100));
    Ok((first, last, running.stop()?))
}

/// Kills each of the services that run by now, one after the other, and waits until it runs again.
fn deaths(running: &mut Running<'_>) -> Result<Samples, Failure> {
    let current = running.notes("began", SERVICES)?;
    let mut samples = Samples::new();
    for (killed, Note { process, .. }) in current.into_iter().enumerate() {
        let time = SystemTime::now();
        scene::signal(process, Signal::KILL);
        let notes = running.notes("began", SERVICES + killed + 1)?;
        samples.extend(notes.last().map(|note| between(time, note.time)));
    }
    Ok(samples)
}

fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}

fn rows(title: &'static str, target: Target, programs: &[Supervisor], samples: &[Samples]) -> Vec<Row> {
    let summary = |samples: &Samples| {
        let samples: Vec<Sample> =
            samples.iter().map(|elapsed| Sample { elapsed: *elapsed, peak: None }).collect();
        Summary::of(&samples)
    };
    let names: Vec<&'static str> = programs.iter().map(|program| program.name).collect();
    rows_of(title, target, &names, &samples.iter().map(summary).collect::<Vec<_>>())
}

/// Whether we may make a supervisor the first process of a namespace of its own.
fn can_unshare() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child", "true"]);
    command.output().is_ok_and(|output| output.status.success())
}
