//! Every checker against real servers: each scenario is a contract and an environment, and what the report must say.
//!
//! A scenario is data, in `scenarios/<kind>.yaml`; see [`scenario::Scenario`] for its form. The servers' addresses
//! and passwords come from the facts file that `cargo xtask servers` writes.

mod facts;
mod registry;
mod run;
mod scenario;
mod stubs;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::facts::Facts;
use crate::scenario::{Scenario, ScenarioFile};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let facts = Facts::load();
    let files = scenario::load_all();
    let mut trials: Vec<Trial> = registry::trials(&files);
    for file in files {
        for scenario in file.scenarios {
            trials.push(trial(&file.kind, scenario, &facts));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One test; ignored, aloud, when one of its servers was left out on purpose.
fn trial(kind: &str, scenario: Scenario, facts: &Facts) -> Trial {
    let left_out = scenario.needs.iter().any(|server| facts.is_left_out(server));
    let facts = facts.clone();
    let kind = kind.to_owned();
    let name = format!("{kind}: {}", scenario.name);
    Trial::test(name, move || run::prove(&kind, &scenario, &facts).map_err(Into::into))
        .with_ignored_flag(left_out)
}

/// Names of the kinds that have a scenario file; used by the walk over the registry.
fn kinds(files: &[ScenarioFile]) -> Vec<&str> {
    files.iter().map(|file| file.kind.as_str()).collect()
}
