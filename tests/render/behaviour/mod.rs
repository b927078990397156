//! How rendering behaves over time: each file one idea, each test a rule in its name.
//!
//! A test has a folder, the built program and a real Consul. It waits for what can be observed, never for a time, except
//! where the rule is that nothing happens.

mod access;
mod agent;
mod connections;
mod effects;
mod endings;
mod exec;
mod faults;
mod last_good;
mod looking;
mod missing;
mod outages;
mod program;
mod proxy;
mod quiescence;
mod scene;
mod secrets;
mod slow;
mod together;
mod vault;
mod waiting;

use libtest_mimic::Trial;

/// The tests of one file: a rule, and what proves it by not panicking.
type Tests = &'static [(&'static str, fn())];

/// Every test.
pub(crate) fn trials() -> Vec<Trial> {
    let files = [
        missing::TESTS,
        outages::TESTS,
        slow::TESTS,
        last_good::TESTS,
        access::TESTS,
        connections::TESTS,
        together::TESTS,
        quiescence::TESTS,
        exec::TESTS,
        program::TESTS,
        effects::TESTS,
        faults::TESTS,
        endings::TESTS,
        looking::TESTS,
        secrets::TESTS,
    ];
    files.into_iter().flatten().map(|(name, prove)| trial(name, *prove)).collect()
}

/// Ends what the tests have started.
pub(crate) fn stop() {
    agent::Agent::stop_all();
}

fn trial(name: &str, prove: fn()) -> Trial {
    Trial::test(name, move || {
        prove();
        Ok(())
    })
}
