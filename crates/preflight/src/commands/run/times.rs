//! Jobs: started when they are due.

use std::convert::Infallible;
use std::future::pending;
use std::time::Instant;

use jiff::Timestamp;
use preflight_supervise::cron::{Action, Event, Job, Now, Times};
use preflight_supervise::{Command, Fleet, Handle, Happened, Listener, Name, Service};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::clock::WallClock;
use super::voice::Voice;

/// Keeps the times of all jobs of a fleet.
pub(super) struct Timekeeper {
    jobs: Vec<(Name, Job)>,
    ended: UnboundedReceiver<Name>,
    clock: WallClock,
    voice: Voice,
}

/// Hears that runs have ended, for the timekeeper.
pub(super) struct Ends(UnboundedSender<Name>);

impl Timekeeper {
    /// Times count from now on.
    ///
    /// # Errors
    /// The schedules that cannot be followed, a line each.
    pub(super) fn new(fleet: &Fleet, voice: Voice) -> Result<(Self, Ends), Vec<String>> {
        Self::since(now(), fleet, voice)
    }

    fn since(now: Now, fleet: &Fleet, voice: Voice) -> Result<(Self, Ends), Vec<String>> {
        let (mut jobs, mut faults) = (Vec::new(), Vec::new());
        for service in fleet.services().iter().filter(|service| service.is_enabled()) {
            match service.schedule.as_ref().map(Times::of).transpose() {
                Ok(None) => {}
                Ok(Some(times)) => {
                    jobs.push((service.name.clone(), Job::new(times, now, fastrand::u64(..))));
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                    faults.push(format!("service {}: {error}{}", service.name, cause.unwrap_or_default()));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let (told, ended) = unbounded_channel();
        let clock = if jobs.is_empty() { WallClock::unwatched() } else { WallClock::watch() };
        Ok((Self { jobs, ended, clock, voice }, Ends(told)))
    }

    /// Starts and stops runs for as long as the supervisor lives.
    pub(super) async fn keep(mut self, handle: &Handle) -> Infallible {
        self.tell_next();
        loop {
            let due = self.jobs.iter().filter_map(|(_, job)| job.due()).min();
            tokio::select! {
                biased;
                Some(name) = self.ended.recv() => self.step(Event::Ended, Some(&name), now(), handle),
                () = self.clock.was_set() => self.step(Event::Tick, None, now(), handle),
                () = until(due) => self.step(Event::Tick, None, now(), handle),
            }
        }
    }

    fn tell_next(&self) {
        let count = self.jobs.len();
        let next = self.jobs.iter().filter_map(|(name, job)| Some((job.next()?, name))).min();
        if let Some((at, name)) = next {
            let jobs = if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") };
            self.voice.say(&format!("{jobs}; the next to run is {name}, at {at:.0}"));
        }
    }

    /// One step of the job of that name, or of all.
    fn step(&mut self, event: Event, of: Option<&Name>, now: Now, handle: &Handle) {
        for (name, job) in self.jobs.iter_mut().filter(|(name, _)| of.is_none_or(|of| of == name)) {
            for action in job.step(event, now) {
                match action {
                    Action::Start => handle.command(name, Command::Once),
                    Action::Stop => handle.command(name, Command::Down),
                    Action::Overlapped { due } => {
                        self.voice
                            .say(&format!("{name} was due at {due} and left out: the run before goes on"));
                    }
                    Action::Missed { count: 1, first, .. } => {
                        self.voice.say(&format!("{name} missed a run, due at {first}"));
                    }
                    Action::Missed { count, first, last } => {
                        self.voice.say(&format!("{name} missed {count} runs, due from {first} to {last}"));
                    }
                }
            }
        }
    }
}

impl Listener for Ends {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        if matches!(happened, Happened::Exited(_) | Happened::NotStarted { .. }) && service.schedule.is_some()
        {
            // Nobody keeps times any more: nobody needs to know.
            let _ = self.0.send(service.name.clone());
        }
    }
}

fn now() -> Now {
    Now { wall: Timestamp::now(), monotonic: Instant::now() }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use jiff::SignedDuration;
    use preflight_logging::Tag;
    use preflight_processes::Program;
    use preflight_supervise::output::{Destinations, Output, Settings};
    use preflight_supervise::{Ends as Supervisor, Overlap, Request, Restart, Schedule, Snapshot, Wanted};
    use tempfile::TempDir;

    use super::*;
    use crate::secrets::Secrets;

    /// A timekeeper whose clocks are ours, and somebody in the supervisor's place.
    struct Scene {
        keeper: Timekeeper,
        handle: Handle,
        supervisor: Supervisor,
        now: Now,
        output: Output,
        folder: TempDir,
    }

    fn job(name: &str, expression: &str) -> Service {
        let schedule = Schedule {
            expression: expression.to_owned(),
            timezone: Some("UTC".to_owned()),
            overlap: Overlap::Skip,
            jitter: Duration::ZERO,
        };
        Service {
            schedule: Some(schedule),
            wanted: Wanted::Down,
            once: true,
            restart: Restart::never(),
            ..Service::new(name, Program::Shell("x".into()))
        }
    }

    impl Scene {
        fn new(wall: &str, jobs: Vec<Service>) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let file = || OwnedFd::from(File::create(folder.path().join("said")).expect("made"));
            let destinations = Destinations { output: file(), error: file() };
            let output = Output::start(Settings::default(), destinations).expect("started");
            let voice = Voice::new(output.clone(), Tag::new("A", "B"), Secrets::new(Vec::new()), false);
            let now = Now { wall: wall.parse().expect("a time"), monotonic: Instant::now() };
            let fleet = Fleet::new(jobs).expect("good");
            let (keeper, _) = Timekeeper::since(now, &fleet, voice).expect("good");
            let nothing =
                Snapshot { services: Vec::new(), began: now.monotonic, ready: true, shutting_down: false };
            let (handle, supervisor) = Handle::new(nothing);
            Self { keeper, handle, supervisor, now, output, folder }
        }

        /// The machine goes on for so long; the clock on the wall is put forward as well, or back.
        fn pass(&mut self, seconds: u64, set: i64) {
            self.now.monotonic += Duration::from_secs(seconds);
            let elapsed = i64::try_from(seconds).expect("small");
            self.now.wall += SignedDuration::from_secs(elapsed + set);
            self.keeper.step(Event::Tick, None, self.now, &self.handle);
        }

        /// What was wanted of which job since the last time. A run that was started has ended then.
        fn wanted(&mut self) -> Vec<(String, Command)> {
            let mut wanted = Vec::new();
            while let Ok(request) = self.supervisor.requests.try_recv() {
                let Request::Command(name, command) = request else { panic!("{request:?}") };
                self.keeper.step(Event::Ended, Some(&name), self.now, &self.handle);
                wanted.push((name.to_string(), command));
            }
            wanted
        }

        async fn said(self) -> String {
            self.output.finish(Duration::from_secs(20)).await;
            std::fs::read_to_string(self.folder.path().join("said")).expect("written")
        }
    }

    const MINUTE: u64 = 60;
    const HOUR: i64 = 3_600;

    fn runs(name: &str) -> Vec<(String, Command)> {
        vec![(name.to_owned(), Command::Once)]
    }

    #[tokio::test]
    async fn a_clock_put_back_by_an_hour_runs_nothing_twice_and_delays_nothing() {
        let jobs = vec![job("nightly", "0 2 * * *"), job("hourly", "0 * * * *")];
        let mut scene = Scene::new("2026-11-21T01:59:00Z", jobs);
        scene.pass(MINUTE, 0);
        assert_eq!(scene.wanted(), [runs("nightly"), runs("hourly")].concat());
        scene.pass(MINUTE, -HOUR);
        assert_eq!(scene.wanted(), []);
        scene.pass(59 * MINUTE, 0);
        assert_eq!(scene.wanted(), runs("hourly"), "it is two o'clock again");
        scene.pass(24 * 60 * MINUTE, 0);
        assert!(scene.wanted().contains(&("nightly".to_owned(), Command::Once)));
        assert!(!scene.said().await.contains("nightly missed"));
    }

    #[tokio::test]
    async fn a_clock_put_forward_by_an_hour_runs_what_it_has_passed_over_once_and_tells_the_rest() {
        let jobs = vec![job("nightly", "0,30 2 * * *"), job("often", "*/10 * * * *")];
        let mut scene = Scene::new("2026-11-21T01:55:00Z", jobs);
        scene.pass(MINUTE, HOUR);
        assert_eq!(scene.wanted(), runs("nightly"));
        scene.pass(MINUTE, 0);
        assert_eq!(scene.wanted(), []);
        let said = scene.said().await;
        assert!(said.contains("nightly missed a run, due at 2026-11-21T02:00:00Z"), "{said}");
        let times = "due from 2026-11-21T02:00:00Z to 2026-11-21T02:50:00Z";
        assert!(said.contains(&format!("often missed 6 runs, {times}")), "{said}");
    }

    #[tokio::test]
    async fn what_was_due_while_all_stood_still_is_told_and_not_made_up_for_in_a_crowd() {
        let mut scene = Scene::new("2026-11-21T08:00:00Z", vec![job("often", "*/10 * * * *")]);
        // A container that was paused: both clocks went on.
        scene.pass(125 * MINUTE, 0);
        assert_eq!(scene.wanted(), []);
        scene.pass(5 * MINUTE, 0);
        assert_eq!(scene.wanted(), runs("often"));
        let said = scene.said().await;
        let times = "due from 2026-11-21T08:10:00Z to 2026-11-21T10:00:00Z";
        assert!(said.contains(&format!("often missed 12 runs, {times}")), "{said}");
    }

    #[tokio::test]
    async fn a_run_that_is_due_while_the_one_before_goes_on_is_left_out_and_told() {
        let mut scene = Scene::new("2026-11-21T08:00:00Z", vec![job("often", "*/10 * * * *")]);
        scene.pass(10 * MINUTE, 0);
        scene.pass(10 * MINUTE, 0);
        assert_eq!(scene.wanted(), runs("often"));
        let said = scene.said().await;
        assert!(
            said.contains("often was due at 2026-11-21T08:20:00Z and left out: the run before"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_run_that_is_replaced_is_stopped_and_the_new_one_begins_when_it_has_ended() {
        let mut replacing = job("often", "*/10 * * * *");
        if let Some(schedule) = &mut replacing.schedule {
            schedule.overlap = Overlap::Replace;
        }
        let mut scene = Scene::new("2026-11-21T08:00:00Z", vec![replacing]);
        scene.pass(10 * MINUTE, 0);
        let next = |scene: &mut Scene| match scene.supervisor.requests.try_recv() {
            Ok(Request::Command(_, command)) => Some(command),
            _ => None,
        };
        assert_eq!(next(&mut scene), Some(Command::Once));
        scene.pass(10 * MINUTE, 0);
        assert_eq!((next(&mut scene), next(&mut scene)), (Some(Command::Down), None));
        scene.keeper.step(Event::Ended, None, scene.now, &scene.handle);
        assert_eq!((next(&mut scene), next(&mut scene)), (Some(Command::Once), None));
    }

    #[tokio::test]
    async fn the_first_that_is_due_is_told_at_the_beginning() {
        let jobs = vec![job("nightly", "0 2 * * *"), job("start", "@reboot"), job("hourly", "0 * * * *")];
        let scene = Scene::new("2026-11-21T01:30:00.25Z", jobs);
        scene.keeper.tell_next();
        let said = scene.said().await;
        assert!(said.contains("3 jobs; the next to run is hourly, at 2026-11-21T02:00:00Z"), "{said}");
    }

    #[tokio::test]
    async fn a_schedule_that_cannot_be_followed_is_told() {
        let output =
            Output::start(Settings::default(), Destinations::ours().expect("open")).expect("started");
        let voice = Voice::new(output, Tag::new("A", "B"), Secrets::new(Vec::new()), false);
        let fleet = Fleet::new(vec![job("a", "@never"), job("b", "0 0 31 2 *")]).expect("good");
        let faults = Timekeeper::new(&fleet, voice).err().expect("two faults");
        assert!(faults[0].starts_with("service a: \"@never\" is no schedule: "), "{faults:?}");
        assert!(faults[1].contains("it is never due"), "{faults:?}");
    }
}
