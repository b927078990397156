//! Rendering, from the outside: real files, the built program, a real Consul, and consul-template beside it.
//!
//! `cargo xtask test` brings Consul; without it these tests are ignored, aloud. The real
//! consul-template is built by `cargo xtask peers`; where it is not there, what it once wrote is compared with instead.

mod behaviour;
mod consul;
mod folder;
mod peer;
mod program;
mod same_bytes;
mod same_changes;
mod same_failures;
mod seed;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of them wait for something most of the time.
    arguments.test_threads = arguments.test_threads.or(Some(8));
    let peer = peer::find();
    if !arguments.list {
        println!("{peer}");
    }
    let left_out = consul::program().is_none();
    if left_out && !arguments.list {
        println!("without Consul: its program is not in target/servers/store; `cargo xtask test` brings it");
    }
    let mut trials: Vec<Trial> = same_bytes::trials(&peer);
    trials.extend(same_failures::trials(&peer));
    trials.extend(same_changes::trials(&peer));
    trials.extend(behaviour::trials());
    let trials = trials
        .into_iter()
        .map(|trial| if left_out { trial.with_ignored_flag(true) } else { trial })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Those agents are processes that are not ended by the end of this one.
    behaviour::stop();
    conclusion.exit_code()
}
