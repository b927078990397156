//! The project's own commands: `cargo xtask test`, `bench`, `demo`, `dist`, `peers`, `servers …`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{bench, demo, dist, peers, servers, test};

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure whole processes beside peers, against the targets
    Bench(bench::Bench),
    /// Start a service three times behind preflight, with nothing installed but Rust
    Demo(demo::Demo),
    /// Build the released binaries: static and small
    Dist(dist::Dist),
    /// Build consul-template and other programs to be compared with, and print their paths
    Peers(peers::Build),
    /// Install what the tests need, start every server, run all tests, stop, and total
    Test(test::Test),
    /// Start real servers for tests in the background, and stop them
    #[command(subcommand)]
    Servers(servers::commands::Servers),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Bench(bench) => bench::run(&bench),
        Command::Demo(demo) => demo::run(&demo),
        Command::Dist(dist) => dist::run(&dist),
        Command::Peers(build) => peers::run(&build),
        Command::Test(test) => test::run(&test),
        Command::Servers(servers) => servers::commands::run(&servers).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("failed to {failure}");
        ExitCode::FAILURE
    })
}
