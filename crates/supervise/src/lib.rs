//! Looking after services, as PID 1 or below it.
//!
//! # Theory of operation
//!
//! A [`Service`] says how one program is to be run; a [`Fleet`] is a list of them that holds together (names are unique,
//! dependencies exist and have no circle). A [`Supervisor`] runs a fleet to its [`Ending`].
//!
//! Two pure machines decide, and one driver acts:
//!
//! - One machine per service: its state, an [`Event`] and the time give [`Action`]s. It knows neither processes nor
//!   clocks nor other services.
//! - One machine for the fleet: it lets services start when what they depend on is ready (or, for a service that runs
//!   once, done well), stops them in the reverse order, keeps the one deadline of a shutdown, and decides when a death
//!   is the end of everything, and with which code.
//! - The driver starts processes, sends signals, runs probes, and turns what happens into events. One task owns all
//!   state; nothing is shared and nothing is locked.
//!
//! Every wait (throttle, backoff, grace, readiness, splay, deadline) is a state with a time at which it is due, never a
//! sleep: whatever happens in between is heard. The driver sleeps until the earliest of them, and without one until
//! something happens: idle services cost no wake-ups. Times are [`std::time::Instant`]s: a clock that is set changes
//! nothing.
//!
//! What is guaranteed, and held by tests:
//!
//! - There are never two processes of one service: a new one is started when the old one's whole process group is gone.
//! - A service that lived longer than its throttle (a second) is back at once; else it waits out the throttle and the
//!   backoff, whichever is longer. From start to start it is never less than the throttle.
//! - A stop is obeyed in every state. A shutdown ends by its deadline, whatever services do; a second request hurries it.
//! - The code is never 0 after a failure. That of a job that runs at times is told, and does not count.
//!
//! # The parts, and who else has a hand in it
//!
//! | part | what it is |
//! |---|---|
//! | [`Service`], [`Fleet`] | what is to be run |
//! | [`Handle`] | how others talk to a running supervisor: [`Command`]s to a service, a new fleet, shutdown |
//! | [`Listener`] | hears what [`Happened`], as it happens: log lines, crash reports, status files |
//! | [`Snapshot`] | what can be seen at any time, and be waited for: status pages and sockets |
//! | [`Names`] | how the names of hosts in probes become addresses |
//! | [`Plumbing`] | where a service's three streams go: lines, pipes to a log service, files |
//! | [`output`] | what services say, on its way to our own output: lines with time and name, JSON, or untouched; the last lines |
//! | [`crash`] | why something died: one line, and an event for Sentry, which waits in a spool while Sentry is away |
//! | [`directories`] | runit's service directories as services: their definition, their `supervise/`, their `sv` |
//! | [`boot`] | what an image runs before its services, and the variables that this leaves |
//! | [`cron`] | when a run of a job begins; crontab files |
//! | [`sentinel`] | words in rendered files that stand for missing values |

pub mod boot;
pub mod crash;
pub mod cron;
pub mod directories;
mod driver;
mod ending;
mod events;
mod fleet;
mod handle;
mod model;
mod names;
pub mod output;
pub mod sentinel;
mod service;
mod snapshot;
mod streams;

pub use driver::Supervisor;
pub use ending::{Cause, Ending};
pub use events::{Action, Command, Event, Exited, Failure, FleetHappened, Happened, Listener, Recipient};
pub use handle::{Ends, Handle, Request};
pub use model::{
    Backoff, Enabled, Finish, Fleet, FleetError, GiveUp, Health, Hook, Name, Overlap, Policy, Probe,
    Readiness, Reload, Reloading, Restart, Schedule, Service, Stop, User, Wanted, WhenIdle,
};
pub use names::{AddressesOnly, Names, Resolving};
pub use preflight_processes::Streams;
pub use snapshot::{LastExit, Phase, ServiceSnapshot, Snapshot};
pub use streams::{Inherited, Plumbing, Purpose};
