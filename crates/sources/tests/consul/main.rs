//! Watching Consul: against real agents of version 1.8.7, and against a stub for what that version lacks or cannot be
//! made to do when it is wanted.
//!
//! The program is the one that `cargo xtask servers install --only consul` unpacks; each test starts agents of its own,
//! so that it may stop them. Without the program the tests that need it are ignored, aloud.

mod agent;
mod connections;
mod faults;
mod keys;
mod lists;
mod network;
mod outage;
mod protection;
mod services;
mod stub;
mod watched;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test: its name and what it does.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_missing = agent::program().is_none();
    if is_missing {
        println!("there is no program of Consul: cargo xtask servers install --only consul");
    }
    let with_consul =
        [keys::CASES, lists::CASES, services::CASES, connections::CASES, outage::CASES, protection::CASES];
    let mut trials = Vec::new();
    for (name, case) in with_consul.concat() {
        trials.push(trial(name, case).with_ignored_flag(is_missing));
    }
    for (name, case) in faults::CASES {
        trials.push(trial(name, *case));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    agent::Agent::stop_shared();
    conclusion.exit_code()
}

fn trial(name: &'static str, case: fn()) -> Trial {
    Trial::test(name, move || {
        case();
        Ok(())
    })
}

/// Runs a test on a runtime of its own.
fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test);
}
