//! What goes into a service's machine, what comes out of it, and what others say and hear.

use std::time::{Duration, Instant};

use preflight_processes::{ExitStatus, Signal};

use crate::{Hook, Name, Probe, Service};

/// Something that happened to one service.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What it depends on and still waits for. Once this was empty it is never waited for again: one that is lost later
    /// on does not stop those that depend on it.
    Dependencies {
        /// Their names.
        missing: Vec<Name>,
    },
    /// Something it depends on has failed for good.
    Blocked {
        /// Which.
        by: Name,
    },
    /// Somebody outside wants something.
    Command(Command),
    /// Everything ends: it is to end by then, and is killed if it does not.
    Shutdown {
        /// When the fleet's time is up.
        until: Instant,
    },
    /// It has no more time: whatever is left of it is killed at once.
    Hurry,
    /// Its program was started.
    Started {
        /// Its number.
        pid: i32,
    },
    /// Its program could not be started; nothing runs.
    NotStarted {
        /// The cause, for people.
        reason: String,
        /// A shell's code for it: 127 when it was not found, 126 else.
        code: i32,
    },
    /// Its program ended.
    Exited {
        /// How.
        status: ExitStatus,
        /// The kernel killed something of it for want of memory.
        out_of_memory: bool,
        /// Something else in its process group still runs.
        leftovers: bool,
    },
    /// Nothing runs in its process group any more, after its program has ended.
    Gone,
    /// Its readiness probe holds.
    Ready,
    /// Its readiness probe does not hold yet.
    Unready {
        /// What the last try found, when that is not what the one before found.
        evidence: String,
    },
    /// Its health probe failed as often as it may.
    Unhealthy {
        /// What the last try found.
        evidence: String,
    },
    /// Its finish program was started.
    FinishStarted {
        /// Its number.
        pid: i32,
    },
    /// Its finish program ended, or could not be started.
    Finished,
    /// A program of [`Service::hooks`] ended, or could not be started.
    HookEnded {
        /// With 0.
        success: bool,
    },
    /// A file it reads has changed.
    Changed,
    /// It has just started and would die of the signal that was to tell it of a change: it was not sent.
    Deaf,
    /// This is how it is to be run from now on.
    Reconfigured(Box<Service>),
    /// The time that its machine told has come.
    Due,
}

/// Something to do for one service, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Start its program. There is none of it when this is said. Answered by [`Event::Started`] or
    /// [`Event::NotStarted`].
    Spawn,
    /// Send a signal.
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Recipient,
    },
    /// Run a program of [`Service::hooks`]. No other one of this service runs when this is said. Answered by
    /// [`Event::HookEnded`].
    Hook(Hook),
    /// End the program of the hook: with this signal, to its group.
    SignalHook(Signal),
    /// Tell its process that files have changed.
    Reload {
        /// How.
        signal: Signal,
        /// Only when the process minds it; else the answer is [`Event::Deaf`].
        when_minded: bool,
    },
    /// Kill everything in its process group, and what its processes have started outside of it.
    Kill,
    /// Run the finish program with these two arguments. Answered by [`Event::FinishStarted`] and [`Event::Finished`], or
    /// by the latter alone.
    Finish {
        /// The exit code, or -1.
        code: i32,
        /// The low byte of the wait status.
        status: i32,
    },
    /// End the finish program: with this signal, to its group.
    SignalFinish(Signal),
    /// Begin to try (or to listen) whether it is ready. Answered by [`Event::Ready`].
    AwaitReady,
    /// Begin to try whether it is well.
    WatchHealth,
    /// Leave off with both.
    StopProbes,
    /// Tell the listener.
    Tell(Happened),
}

/// To whom a signal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The process that was started, alone.
    Process,
    /// Its whole process group.
    Group,
}

/// What somebody outside wants of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// It shall run.
    Up,
    /// It shall not run: it is stopped and not started again.
    Down,
    /// It shall run to its end and not be started again; when it runs, the same.
    Once,
    /// It is stopped, and started when it is gone; when it does not run, it is started.
    Restart,
    /// It is sent a signal. A `TERM` or `KILL` that ends it is not a stop: it is started again as its policy says.
    Signal(Signal),
    /// It is stopped (`SIGSTOP`) where it is.
    Pause,
    /// It goes on (`SIGCONT`).
    Continue,
    /// As `Down`; when it is gone it is removed from the fleet (`runsv`'s `x`).
    Exit,
    /// It is not started, for a reason from outside, such as files that are not complete. A running one runs on, and is
    /// told of changed files (or restarted for them) only when it is released.
    Hold {
        /// Why, for people.
        reason: String,
    },
    /// The reason of `Hold` is gone.
    Release,
}

/// Hears what happens, while it happens. Must not block: the loop that looks after all services calls it.
pub trait Listener: Send {
    /// Something happened to a service.
    fn hear(&mut self, service: &Service, happened: &Happened);

    /// Something happened to all of them.
    fn hear_fleet(&mut self, _happened: &FleetHappened) {}
}

/// What happened to a service, for the log, crash reports and status files.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// It is not run in this container.
    Disabled {
        /// Why.
        reason: String,
    },
    /// It is not started yet.
    Waiting {
        /// For these to be ready or done; empty when it is held.
        dependencies: Vec<Name>,
        /// What holds it, from outside.
        held: Option<String>,
    },
    /// It will never be started: this one it depends on has failed for good.
    Blocked {
        /// Which.
        by: Name,
    },
    /// Its program runs.
    Started {
        /// Its number.
        pid: i32,
        /// How often it was started again before.
        restarts: u64,
    },
    /// It is ready.
    Ready {
        /// After its start.
        after: Duration,
    },
    /// It is being stopped.
    Stopping {
        /// By which signal.
        signal: Signal,
        /// The time it has.
        grace: Duration,
        /// Why, when nobody asked for it.
        failure: Option<Failure>,
        /// It is started again when it is gone.
        to_restart: bool,
    },
    /// It did not end in time, or was hurried: all that is left was killed.
    Killed,
    /// It was sent a signal because its files have changed.
    Reloaded(Signal),
    /// It will be told of changed files after this time.
    Splaying(Duration),
    /// It was sent a signal, as somebody wanted.
    Signalled(Signal),
    /// It was stopped where it is, or goes on.
    Paused(bool),
    /// It ended.
    Exited(Exited),
    /// Its program could not be started.
    NotStarted {
        /// The cause.
        reason: String,
        /// When it is tried again; `None`: not.
        next: Option<Duration>,
    },
    /// Its finish program took too long and was killed.
    FinishKilled,
    /// It is not tried any more.
    GaveUp {
        /// So many ends …
        times: u32,
        /// … within this time.
        within: Duration,
        /// How it ended the last time; `None`: it could not be started.
        status: Option<ExitStatus>,
        /// What we stopped it for then.
        failure: Option<Failure>,
    },
    /// It is not in the fleet any more.
    Removed,
    /// A program that is run in place of a signal took too long and was killed.
    HookKilled(Hook),
    /// A signal or a program beside it failed; it is looked after all the same.
    Trouble {
        /// What was tried.
        what: String,
        /// What came of it.
        reason: String,
    },
}

/// How a service ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Exited {
    /// The number it had.
    pub pid: i32,
    /// By itself or by a signal.
    pub status: ExitStatus,
    /// The kernel killed something of it for want of memory.
    pub out_of_memory: bool,
    /// How long it ran.
    pub uptime: Duration,
    /// How often it was started again before.
    pub restarts: u64,
    /// Somebody wanted it to end, or to end so: not a crash.
    pub expected: bool,
    /// What it ended for, when we stopped it for a failure.
    pub failure: Option<Failure>,
    /// When it is started again, at the earliest: its finish program, and what is left of it, end first. `None`: not.
    pub next: Option<Duration>,
}

/// Why we stopped a service that nobody asked to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was not ready in time.
    NotReady {
        /// The time it had.
        timeout: Duration,
        /// What the last try found; `None` when it was listened for.
        evidence: Option<String>,
    },
    /// Its health probe failed.
    Unhealthy {
        /// What was found.
        evidence: String,
    },
    /// It ran for longer than it may.
    TooLong {
        /// The time it had.
        limit: Duration,
    },
}

/// What happened to all services.
#[derive(Debug, Clone, PartialEq)]
pub enum FleetHappened {
    /// All are to end.
    ShuttingDown {
        /// Why.
        cause: crate::Cause,
        /// The time they have together.
        deadline: Duration,
    },
    /// A second request: what is left is killed.
    Hurried,
    /// So many processes that had left their service's group were ended at the end.
    OrphansEnded(usize),
    /// Every service that is wanted is ready, for the first time.
    AllReady {
        /// After the beginning.
        after: Duration,
    },
}

impl Probe {
    /// True for those that are tried again and again; the others are listened for.
    pub fn is_tried(&self) -> bool {
        !matches!(self, Self::NotificationDescriptor(_) | Self::NotifySocket)
    }
}
