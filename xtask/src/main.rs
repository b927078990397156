//! The project's own commands: `cargo xtask test`, `cargo xtask servers …`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{demo, servers, test};

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a service three times behind preflight, with nothing installed but Rust
    Demo(demo::Demo),
    /// Install what the tests need, start every server, run all tests, stop, and total
    Test(test::Test),
    /// Start real servers for tests in the background, and stop them
    #[command(subcommand)]
    Servers(servers::commands::Servers),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Test(test) => test::run(&test),
        Command::Servers(servers) => servers::commands::run(&servers).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("failed to {failure}");
        ExitCode::FAILURE
    })
}
