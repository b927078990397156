//! `cargo xtask demo`: a service is started three times behind `preflight`, with nothing installed but Rust.
//!
//! Each scene says what to look at, shows what the real programs print, and then holds them to what was said: a claim
//! that does not hold ends the demo with exit code 1. The scenes run the service's own entrypoint; its dependencies
//! are another copy of the service and a small HTTP server in here, both at a new place in every run.

mod claim;
mod database;
mod payments;
mod play;
mod scenes;
mod stage;

use crate::failure::Failure;
use claim::Broken;
use clap::Args;
use stage::Stage;
use std::process::ExitCode;

/// What the demo takes.
#[derive(Args)]
pub struct Demo {
    /// Give the service a real PostgreSQL, which must be installed, instead of a file
    #[arg(long)]
    postgres: bool,
}

/// Plays the three scenes.
///
/// # Errors
/// When the programs cannot be built or started.
pub fn run(demo: &Demo) -> Result<ExitCode, Failure> {
    build()?;
    match play_all(demo) {
        Ok(()) => {
            println!(
                "\nThat was all. Every line above came from the real programs; nothing is left running."
            );
            println!(
                "Next: break something yourself, see README.md, or run all tests with  cargo xtask test"
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(Broken::Claim { claim }) => {
            eprintln!("\nThe demo did not show what it promised: {claim}");
            Ok(ExitCode::FAILURE)
        }
        Err(Broken::Failed(failure)) => Err(failure),
    }
}

fn build() -> Result<(), Failure> {
    println!("Building preflight and the mock service (some minutes the first time) …");
    let mut command = crate::cargo::cargo();
    command.current_dir(crate::servers::root());
    command.args(["build", "--quiet", "--package", "preflight", "--package", "mock-service"]);
    let status = command.status().map_err(Failure::io("start", "cargo"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Command {
        program: "cargo build".to_owned(),
        status: status.to_string(),
        output: "its output is above".to_owned(),
    })
}

fn play_all(demo: &Demo) -> Result<(), Broken> {
    let stage = Stage::set_up(demo.postgres)?;
    println!(
        "\nOne service, started three times by its own services/mock-service/entrypoint.sh:\n\
         first preflight, then the service, at last preflight finalize. What it needs is declared in\n\
         {}. Lines that begin with | are what the programs print.",
        stage.contract().strip_prefix(crate::servers::root()).unwrap_or(stage.contract()).display()
    );
    scenes::nothing_configured(&stage)?;
    scenes::one_dependency_heals(&stage)?;
    scenes::all_well(&stage)
}
