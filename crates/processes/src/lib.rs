//! Starting, signalling and reaping processes; no policy.
//!
//! [`Processes`] is the one place that starts children and takes their statuses. Three rules hold it together:
//!
//! - **Statuses go to their owners.** A status is taken by the number of a child, never that of "any child", which is only
//!   looked at: what the standard library, tokio or a driver has started elsewhere in this program keeps its status. A
//!   child is entered in the table before its end can be looked for, so that one that ends at once is not missed.
//! - **Numbers stay true.** A child that has ended is kept as a zombie for as long as its [`Process`] lives: its number,
//!   and that of its group, cannot be given to somebody else in between, and a signal never reaches a stranger.
//! - **Nobody is left.** A child leads a process group of its own, and [`Process::stop`] ends the group, not only the
//!   child. As PID 1, or asked to be a subreaper, the orphans that come to us are reaped as well
//!   ([`Adoption::Adopt`]), and [`Processes::end_orphans`] ends those that still run.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use preflight_processes::{Adoption, Processes, Program, Signal, Spec};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let processes = Processes::start(Adoption::Adopt)?;
//! let server = processes.spawn(&Spec::new(Program::Shell("exec server --port 80".into())))?;
//! server.signal(Signal::HUP)?;
//! let stopped = server.stop(Signal::TERM, Duration::from_secs(30)).await;
//! println!("the server {}", stopped.status);
//! # Ok(()) }
//! ```

mod control_group;
mod environment;
mod glob;
mod process;
mod process_table;
mod reaper;
mod refusal;
mod replace;
mod run;
mod signal;
mod signals;
mod spec;
mod status;
mod streams;

pub use control_group::{Below, ControlGroup};
pub use environment::Environment;
pub use process::{Process, Stopped};
pub use reaper::{Adoption, Processes};
pub use replace::replace;
pub use run::{Finished, RunError};
pub use signal::{Signal, UnknownSignal};
pub use signals::Signals;
pub use spec::{Input, Output, Program, SpawnError, Spec};
pub use status::ExitStatus;
pub use streams::Streams;
