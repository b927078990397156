//! The machine, together with a real child.

use std::{
    future::pending,
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use preflight_processes::{ExitStatus, Process, Processes, Program, Signal, Signals, SpawnError, Spec};
use tokio::{sync::mpsc::Receiver, time::sleep_until};

use super::{Action, Ending, Event, Machine, Settings, machine::End};

/// What escaped from the child's process group may take so long to end, at most.
const ORPHANS: Duration = Duration::from_secs(5);
/// What was killed is gone by then, unless it hangs in the kernel.
const AFTER_A_KILL: Duration = Duration::from_secs(2);

/// What the caller tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Every template is rendered, for the first time or again.
    Rendered {
        /// Some file has other contents than before.
        changed: bool,
    },
    /// The configuration was read again and holds; these are its settings.
    Reconfigured(Box<Settings>),
    /// The configuration or a template was read again and is wrong: the child is left alone, and this is passed to the
    /// log.
    Broken(String),
    /// Stop the child and end.
    Stop,
}

/// What happened, for the log and for whoever reads the configuration.
#[derive(Debug)]
pub enum Notice {
    /// The child runs.
    Started {
        /// Its number.
        pid: i32,
        /// Its command.
        command: String,
    },
    /// It will be told of a change, or restarted, after this time.
    Waiting(Duration),
    /// It was told of a change.
    Reloaded(Signal),
    /// A signal was passed on to it.
    Forwarded(Signal),
    /// It was asked to end.
    Asked {
        /// How.
        signal: Signal,
        /// To be started again.
        to_restart: bool,
        /// The time it has.
        patience: Duration,
    },
    /// It did not end in time, or a second signal hurried: everything in its process group was killed.
    Killed,
    /// It ended.
    Exited {
        /// How.
        status: ExitStatus,
        /// Something in its process group still runs, and is being ended.
        leftovers: bool,
    },
    /// The program was asked to read its configuration again: answer with [`Change::Reconfigured`] or
    /// [`Change::Broken`].
    ReadConfiguration,
    /// What [`Change::Broken`] said; the child runs on.
    KeptOld(String),
    /// A signal could not be sent.
    NotSent {
        /// Which.
        signal: Signal,
        /// The system's answer.
        source: io::Error,
    },
    /// So many processes that had left its process group were ended.
    OrphansEnded(usize),
}

/// Runs the child until it, or the program, is to end. `signals` should be listening for [`Signal::all_forwarded`] (and the
/// two own signals of the settings). When `changes` is closed before anything was rendered, it ends; after that, the
/// child is run to its end without further changes.
///
/// When it returns nothing of the child is left: its process group is gone, and where `processes` adopts orphans, those
/// are ended too.
pub async fn supervise(
    settings: Settings,
    processes: &Processes,
    changes: &mut Receiver<Change>,
    signals: &mut Signals,
    tell: impl FnMut(Notice),
) -> Ending {
    let mut driver = Driver {
        machine: Machine::new(settings, fastrand::u64(..)),
        processes,
        child: None,
        exit_is_told: false,
        is_closed: false,
        error: None,
        tell,
    };
    let ending = driver.run(changes, signals).await;
    drop(driver.child.take());
    match processes.end_orphans(ORPHANS, ORPHANS + AFTER_A_KILL).await {
        0 => {}
        count => (driver.tell)(Notice::OrphansEnded(count)),
    }
    ending
}

struct Driver<'a, T> {
    machine: Machine,
    processes: &'a Processes,
    child: Option<Process>,
    /// The machine knows that the child itself has ended.
    exit_is_told: bool,
    /// Nothing more comes from the caller.
    is_closed: bool,
    error: Option<SpawnError>,
    tell: T,
}

impl<T: FnMut(Notice)> Driver<'_, T> {
    async fn run(&mut self, changes: &mut Receiver<Change>, signals: &mut Signals) -> Ending {
        loop {
            let Some(event) = self.next(changes, signals).await else { continue };
            let mut event = Some(event);
            while let Some(one) = event.take() {
                for action in self.machine.step(one, Instant::now()) {
                    match action {
                        Action::End(end) => return self.ending(end),
                        Action::Spawn => event = self.spawn(),
                        Action::Reload { signal, when_ready } => event = self.reload(signal, when_ready),
                        other => self.act(other),
                    }
                }
            }
        }
    }

    /// Signals first: a stop is not to stand behind a crowd of changes.
    async fn next(&mut self, changes: &mut Receiver<Change>, signals: &mut Signals) -> Option<Event> {
        let due = self.machine.due();
        tokio::select! {
            biased;
            signal = signals.next() => Some(Event::Signal(signal)),
            event = end_of(self.child.as_ref(), self.exit_is_told) => {
                self.note_end(&event);
                Some(event)
            }
            change = changes.recv(), if !self.is_closed => self.event_of(change),
            () = until(due) => Some(Event::Due),
        }
    }

    fn event_of(&mut self, change: Option<Change>) -> Option<Event> {
        match change {
            Some(Change::Rendered { changed }) => Some(Event::Rendered { changed }),
            Some(Change::Reconfigured(settings)) => Some(Event::Reconfigured(settings)),
            Some(Change::Stop) => Some(Event::Stop),
            Some(Change::Broken(reason)) => {
                (self.tell)(Notice::KeptOld(reason));
                None
            }
            None => {
                self.is_closed = true;
                self.child.is_none().then_some(Event::Stop)
            }
        }
    }

    fn note_end(&mut self, event: &Event) {
        if let Event::Exited { status, leftovers } = *event {
            self.exit_is_told = true;
            (self.tell)(Notice::Exited { status, leftovers });
        }
    }

    fn spawn(&mut self) -> Option<Event> {
        self.child = None;
        self.exit_is_told = false;
        match self.processes.spawn(&spec(self.machine.settings())) {
            Ok(child) => {
                let command = self.machine.settings().command.to_string();
                (self.tell)(Notice::Started { pid: child.pid(), command });
                self.child = Some(child);
                None
            }
            Err(error) => {
                self.error = Some(error);
                Some(Event::NotStarted)
            }
        }
    }

    fn reload(&mut self, signal: Signal, when_ready: bool) -> Option<Event> {
        let is_deaf = self.child.as_ref().is_some_and(|child| child.has_default_action(signal));
        if when_ready && is_deaf {
            return Some(Event::NotReady);
        }
        if self.send(signal) {
            (self.tell)(Notice::Reloaded(signal));
        }
        None
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Forward(signal) if self.send(signal) => (self.tell)(Notice::Forwarded(signal)),
            Action::Ask { signal, to_restart } => {
                // One that is stopped could not obey.
                if self.send(signal) && self.send(Signal::CONT) {
                    let patience = self.machine.settings().kill_timeout;
                    (self.tell)(Notice::Asked { signal, to_restart, patience });
                }
            }
            Action::Kill if self.send(Signal::KILL) => (self.tell)(Notice::Killed),
            Action::ReadConfiguration => (self.tell)(Notice::ReadConfiguration),
            Action::Wait(time) => (self.tell)(Notice::Waiting(time)),
            // What could not be sent was told; the others are answered with an event.
            Action::Forward(_) | Action::Kill | Action::Reload { .. } | Action::Spawn | Action::End(_) => {}
        }
    }

    fn send(&mut self, signal: Signal) -> bool {
        match self.child.as_ref().map_or(Ok(()), |child| child.signal(signal)) {
            Ok(()) => true,
            Err(source) => {
                (self.tell)(Notice::NotSent { signal, source });
                false
            }
        }
    }

    fn ending(&mut self, end: End) -> Ending {
        match end {
            End::Child(status) => Ending::Child(status),
            End::Stopped { signal, child, killed } => Ending::Stopped { signal, child, killed },
            End::NotStarted => Ending::NotStarted(self.error.take().unwrap_or(SpawnError::Empty)),
        }
    }
}

/// With a terminal to read from, a program that is run directly stays in our group, as with consul-template: in another
/// one it could not read.
fn spec(settings: &Settings) -> Spec {
    let is_interactive = matches!(settings.command, Program::Direct(_)) && io::stdin().is_terminal();
    Spec {
        environment: settings.environment.clone(),
        own_process_group: !is_interactive,
        ..Spec::new(settings.command.clone())
    }
}

async fn end_of(child: Option<&Process>, exit_is_told: bool) -> Event {
    match child {
        None => pending().await,
        Some(child) if exit_is_told => {
            child.gone().await;
            Event::Gone
        }
        Some(child) => {
            let status = child.exited().await;
            Event::Exited { status, leftovers: child.has_leftovers() }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
    }
}
