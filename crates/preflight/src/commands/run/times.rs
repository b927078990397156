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
        let (mut jobs, mut faults) = (Vec::new(), Vec::new());
        for service in fleet.services().iter().filter(|service| service.is_enabled()) {
            match service.schedule.as_ref().map(Times::of).transpose() {
                Ok(None) => {}
                Ok(Some(times)) => {
                    jobs.push((service.name.clone(), Job::new(times, now(), fastrand::u64(..))));
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
        loop {
            let due = self.jobs.iter().filter_map(|(_, job)| job.due()).min();
            tokio::select! {
                biased;
                Some(name) = self.ended.recv() => self.step(Event::Ended, Some(&name), handle),
                () = self.clock.was_set() => self.step(Event::Tick, None, handle),
                () = until(due) => self.step(Event::Tick, None, handle),
            }
        }
    }

    /// One step of the job of that name, or of all.
    fn step(&mut self, event: Event, of: Option<&Name>, handle: &Handle) {
        for (name, job) in self.jobs.iter_mut().filter(|(name, _)| of.is_none_or(|of| of == name)) {
            for action in job.step(event, now()) {
                match action {
                    Action::Start => handle.command(name, Command::Once),
                    Action::Stop => handle.command(name, Command::Down),
                    Action::Overlapped { due } => {
                        self.voice
                            .say(&format!("{name} was due at {due} and left out: the run before goes on"));
                    }
                    Action::Missed { count, first, last } => self
                        .voice
                        .say(&format!("{name} was not run {count} times, due from {first} to {last}")),
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
