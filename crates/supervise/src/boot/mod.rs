//! What an image runs before its services: `/etc/my_init.d/*` and `/etc/rc.local`, with the variables of
//! `/etc/container_environment`, as the base image of phusion has them.
//!
//! [`scripts`] says what is run and in which order, [`Variables`] what they see and what they leave; both are pure.
//! [`run`] runs them one after the other. The first that fails, or takes too long, is the last: services are not started
//! on a half-made ground.

mod run;
mod scripts;
mod variables;

use std::{path::PathBuf, time::Duration};

pub use run::{BootError, Notice, run};
pub use scripts::scripts;
pub use variables::Variables;

/// Where things are, and how long a script may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Scripts: every executable file in it, in the order of the bytes of their names. Default `/etc/my_init.d`.
    pub folder: PathBuf,
    /// One more, when it is executable. Default `/etc/rc.local`.
    pub last: PathBuf,
    /// A file for each variable. Also written to, and to two files beside it, `….sh` and `….json`, as far as that can be
    /// done. Default `/etc/container_environment`.
    pub environment: PathBuf,
    /// Each script is ended, with all in its process group, when it takes longer. Default 5 minutes.
    pub limit: Duration,
    /// A script that runs when the end is asked for has this time to end by itself. Default 9 seconds.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: "/etc/my_init.d".into(),
            last: "/etc/rc.local".into(),
            environment: "/etc/container_environment".into(),
            limit: Duration::from_secs(300),
            grace: Duration::from_secs(9),
        }
    }
}
