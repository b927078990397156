//! Jobs that run at times: when a run begins, and crontab files.
//!
//! [`Job`] decides; it is a function of its state, an [`Event`] and two clocks. It looks at the wall clock to know what is
//! due, and at the monotonic one to notice that the wall clock was set, or that everything stood still. Who drives it
//! wakes up at [`Job::due`], and whenever the wall clock is set (`timerfd` with `TFD_TIMER_CANCEL_ON_SET`), and starts
//! and stops the job's service. A run's time limit is the service's own.
//!
//! What becomes of times that nobody was there for, as with Debian's cron:
//!
//! | what happened | jobs bound to hours and minutes | jobs that follow the clock |
//! |---|---|---|
//! | up to a minute late | run | run |
//! | up to three hours late: the clock was put forward, or all stood still | run once, what is left out is told | what is left out is told once |
//! | later still | what is left out is told once | the same |
//! | the clock was put back, up to three hours | do not run again | follow the new time |
//! | put back further | follow the new time | follow the new time |

mod crontab;
#[cfg(test)]
mod crontab_tests;
mod files;
mod job;
#[cfg(test)]
mod job_tests;
mod times;
mod watch;

pub use crontab::{
    Crontab, CrontabEntry, CrontabFault, CrontabKind, CrontabNote, parse_crontab, skipped_name,
};
pub use files::{CrontabFile, KnownUsers, read_crontabs};
pub use job::{Action, Event, Job, Now};
pub use times::{Times, TimesError};
pub use watch::CrontabWatch;
