//! `cargo xtask test`: everything installed, every server started, all tests run, and one line of totals.

use crate::failure::Failure;
use crate::servers::commands::Selection;
use clap::Args;
use std::process::ExitCode;

/// How to test.
#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    selection: Selection,
    /// Given to the test programs, as a part of a test's name
    #[arg(last = true)]
    filter: Vec<String>,
}

/// Runs all tests.
///
/// # Errors
/// When something cannot be installed, started or run.
pub fn run(test: &Test) -> Result<ExitCode, Failure> {
    let _ = (&test.selection, &test.filter);
    Ok(ExitCode::FAILURE)
}
