//! The process's environment, and which of its values must never be shown.

use preflight_checks::plan;
use preflight_contract::{Contract, Environment};

/// The process's environment. What is not UTF-8 is read with replacement characters: it is wrong in any case, and
/// shown as such.
pub(crate) fn of_process() -> Environment {
    let variables = std::env::vars_os();
    let readable = variables
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    Environment::new(readable, |path| std::fs::read(path))
}

/// The secrets of a contract in that environment.
pub(crate) fn secrets(contract: &Contract, environment: &Environment) -> Vec<String> {
    plan::secrets(contract, environment, &plan::plan(contract, environment))
}
