//! Jobs: started when they are due. Those of crontabs come and go with their files.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::time::Instant;

use jiff::Timestamp;
use preflight_supervise::cron::{Action, Event, Job, Now, Times, TimesError};
use preflight_supervise::{Command, Fleet, Handle, Happened, Listener, Name, Service, ServiceSnapshot};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::clock::WallClock;
use super::crontab::{Change, Keeper, Known, News};
use super::voice::Voice;

/// Keeps the times of all jobs of a fleet.
pub(super) struct Timekeeper {
    jobs: Vec<Timed>,
    crontabs: Keeper,
    ended: UnboundedReceiver<Name>,
    clock: WallClock,
    voice: Voice,
}

struct Timed {
    name: Name,
    job: Job,
    /// A run goes on, and is the last.
    leaves: bool,
}

/// Hears that runs have ended, for the timekeeper.
pub(super) struct Ends(UnboundedSender<Name>);

impl Timekeeper {
    /// Times count from now on. The jobs of the crontabs are in the fleet.
    ///
    /// # Errors
    /// The schedules that cannot be followed, a line each.
    pub(super) fn new(fleet: &Fleet, crontabs: Keeper, voice: Voice) -> Result<(Self, Ends), Vec<String>> {
        Self::since(now(), fleet, crontabs, voice)
    }

    fn since(now: Now, fleet: &Fleet, crontabs: Keeper, voice: Voice) -> Result<(Self, Ends), Vec<String>> {
        let (mut jobs, mut faults) = (Vec::new(), Vec::new());
        for service in fleet.services().iter().filter(|service| service.is_enabled()) {
            match timed(service, now) {
                Ok(job) => jobs.extend(job),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let (told, ended) = unbounded_channel();
        let clock = if jobs.is_empty() { WallClock::unwatched() } else { WallClock::watch() };
        Ok((Self { jobs, crontabs, ended, clock, voice }, Ends(told)))
    }

    /// Starts and stops runs for as long as the supervisor lives.
    pub(super) async fn keep(mut self, handle: &Handle) -> Infallible {
        let news = self.with_known(handle, Keeper::begin);
        self.follow(news, now(), handle);
        self.next_in_words().iter().for_each(|next| self.voice.say(next));
        loop {
            let staying = self.jobs.iter().filter(|timed| !timed.leaves);
            let due = staying.filter_map(|timed| timed.job.due()).min();
            tokio::select! {
                biased;
                Some(name) = self.ended.recv() => self.has_ended(&name, now(), handle),
                () = self.clock.was_set() => self.step(Event::Tick, None, now(), handle),
                () = until(due) => self.step(Event::Tick, None, now(), handle),
                () = self.crontabs.may_have_changed() => {
                    let news = self.with_known(handle, Keeper::look);
                    self.follow(news, now(), handle);
                }
            }
        }
    }

    fn next_in_words(&self) -> Option<String> {
        let staying = || self.jobs.iter().filter(|timed| !timed.leaves);
        let (at, name) = staying().filter_map(|timed| Some((timed.job.next()?, &timed.name))).min()?;
        let count = staying().count();
        let jobs = if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") };
        Some(format!("{jobs}; the next to run is {name}, at {at:.0}"))
    }

    fn has_ended(&mut self, name: &Name, now: Now, handle: &Handle) {
        self.step(Event::Ended, Some(name), now, handle);
        let changes = self.with_known(handle, Keeper::has_ended);
        self.follow(News { changes, said: Vec::new() }, now, handle);
    }

    /// One step of the job of that name, or of all.
    fn step(&mut self, event: Event, of: Option<&Name>, now: Now, handle: &Handle) {
        let concerned = self.jobs.iter_mut().filter(|timed| match of {
            Some(name) => timed.name == *name,
            None => !timed.leaves,
        });
        for Timed { name, job, .. } in concerned {
            for action in job.step(event, now) {
                act(name, &action, handle, &self.voice);
            }
        }
    }

    /// Lets the crontabs know which jobs run.
    fn with_known<T>(&mut self, handle: &Handle, ask: impl FnOnce(&mut Keeper, &Known<'_>) -> T) -> T {
        let snapshot = handle.snapshot();
        let jobs = &self.jobs;
        let is_running = |name: &Name| {
            jobs.iter().any(|timed| timed.name == *name && timed.job.is_running())
                || snapshot.service(name).is_some_and(ServiceSnapshot::runs)
        };
        let is_there = |name: &Name| snapshot.service(name).is_some();
        ask(&mut self.crontabs, &Known { is_running: &is_running, is_there: &is_there })
    }

    /// Takes what has become of jobs of crontabs to the supervisor.
    fn follow(&mut self, news: News, now: Now, handle: &Handle) {
        let News { changes, mut said } = news;
        self.make_room(&changes, handle);
        for change in &changes {
            match change {
                Change::Added(name) => self.add(name, now, handle),
                Change::Altered(name) => self.alter(name, now, handle),
                Change::Moved { to, .. } => {
                    self.crontabs.service(to).into_iter().for_each(|job| handle.put(job));
                }
                Change::Left(name) => {
                    let left = self.jobs.iter_mut().filter(|timed| timed.name == *name);
                    left.for_each(|timed| timed.leaves = true);
                }
                Change::Removed(_) | Change::AddedForStart(_) => {}
            }
        }
        if let Some(last) = said.last_mut().filter(|_| !changes.is_empty())
            && let Some(next) = self.next_in_words()
        {
            last.push_str("; ");
            last.push_str(&next);
        }
        said.iter().for_each(|line| self.voice.say(line));
    }

    /// What is gone, and all old names, before new ones come.
    fn make_room(&mut self, changes: &[Change], handle: &Handle) {
        let mut moved = BTreeMap::new();
        for change in changes {
            match change {
                Change::Removed(name) => {
                    handle.remove(name);
                    self.jobs.retain(|timed| timed.name != *name);
                }
                Change::Moved { from, to } => {
                    handle.remove(from);
                    moved.insert(from, to);
                }
                _ => {}
            }
        }
        for timed in &mut self.jobs {
            if let Some(to) = moved.get(&timed.name) {
                timed.name = Name::clone(to);
            }
        }
    }

    fn add(&mut self, name: &Name, now: Now, handle: &Handle) {
        let Some(service) = self.crontabs.service(name) else { return };
        match timed(&service, now) {
            Ok(timed) => {
                if self.jobs.is_empty() {
                    self.clock = WallClock::watch();
                }
                self.jobs.extend(timed);
                handle.put(service);
            }
            Err(fault) => self.voice.say(&format!("FAIL run {fault}")),
        }
    }

    /// A run goes on with what it began with.
    fn alter(&mut self, name: &Name, now: Now, handle: &Handle) {
        let Some(service) = self.crontabs.service(name) else { return };
        let times = service.schedule.as_ref().and_then(|schedule| Times::of(schedule).ok());
        for timed in self.jobs.iter_mut().filter(|timed| timed.name == *name) {
            timed.leaves = false;
            times.iter().for_each(|times| timed.job.reschedule(times.clone(), now));
        }
        handle.put(service);
    }
}

/// `None` for what is no job.
fn timed(service: &Service, now: Now) -> Result<Option<Timed>, String> {
    let in_words = |error: TimesError| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("service {}: {error}{}", service.name, cause.unwrap_or_default())
    };
    let times = service.schedule.as_ref().map(Times::of).transpose().map_err(in_words)?;
    Ok(times.map(|times| {
        let job = Job::new(times, now, fastrand::u64(..));
        Timed { name: service.name.clone(), job, leaves: false }
    }))
}

fn act(name: &Name, action: &Action, handle: &Handle, voice: &Voice) {
    match action {
        Action::Start => handle.command(name, Command::Once),
        Action::Stop => handle.command(name, Command::Down),
        Action::Overlapped { due } => {
            voice.say(&format!("{name} was due at {due} and left out: the run before goes on"));
        }
        Action::Missed { count: 1, first, .. } => {
            voice.say(&format!("{name} missed a run, due at {first}"));
        }
        Action::Missed { count, first, last } => {
            voice.say(&format!("{name} missed {count} runs, due from {first} to {last}"));
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

    use super::super::clock::tests::set_to_what_it_shows;
    use super::super::crontab::Crontabs;
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

    fn no_crontabs() -> Keeper {
        Crontabs::default().keep(Secrets::new(Vec::new()))
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
            let (keeper, _) = Timekeeper::since(now, &fleet, no_crontabs(), voice).expect("good");
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

    /// A keeper whose clock was half an hour behind when it looked has a job due in twenty minutes; by the real clock it was due
    /// ten minutes ago. Only the system's word can wake it before those twenty minutes are over.
    #[tokio::test]
    async fn a_clock_that_is_set_is_heard_of_from_the_system_and_what_is_due_runs() {
        let real = Timestamp::now();
        let due = (real - SignedDuration::from_mins(10)).to_zoned(jiff::tz::TimeZone::UTC);
        let expression = format!("{} {} * * *", due.minute(), due.hour());
        let behind = (real - SignedDuration::from_mins(30)).to_string();
        let Scene { mut keeper, handle, mut supervisor, .. } =
            Scene::new(&behind, vec![job("soon", &expression)]);
        keeper.clock = WallClock::watch();
        assert!(keeper.jobs[0].job.due().is_some_and(|due| due > Instant::now() + Duration::from_mins(15)));
        if !set_to_what_it_shows() {
            return;
        }
        let request = tokio::select! {
            never = keeper.keep(&handle) => match never {},
            request = supervisor.requests.recv() => request,
            () = tokio::time::sleep(Duration::from_mins(1)) => None,
        };
        assert!(
            matches!(&request, Some(Request::Command(name, Command::Once)) if **name == *"soon"),
            "{request:?}"
        );
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
        let said = scene.keeper.next_in_words().expect("something is due");
        assert!(said.contains("3 jobs; the next to run is hourly, at 2026-11-21T02:00:00Z"), "{said}");
    }

    #[tokio::test]
    async fn a_schedule_that_cannot_be_followed_is_told() {
        let output =
            Output::start(Settings::default(), Destinations::ours().expect("open")).expect("started");
        let voice = Voice::new(output, Tag::new("A", "B"), Secrets::new(Vec::new()), false);
        let fleet = Fleet::new(vec![job("a", "@never"), job("b", "0 0 31 2 *")]).expect("good");
        let faults = Timekeeper::new(&fleet, no_crontabs(), voice).err().expect("two faults");
        assert!(faults[0].starts_with("service a: \"@never\" is no schedule: "), "{faults:?}");
        assert!(faults[1].contains("it is never due"), "{faults:?}");
    }
}
