//! `preflight` takes a containerised service from boot to shutdown. Wiring only: each subcommand is a file in
//! `commands/`, and what it does stands in the crates that it calls.

mod cli;
mod commands;
mod contract_file;
mod environment;
mod exit;
mod interrupt;
mod limits;
mod names;
mod output;
mod panic;
mod secrets;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::interrupt::Held;

fn main() -> ExitCode {
    let held = Held::back();
    panic::report_without_secrets();
    let words = names::arguments(std::env::args_os());
    let cli = Cli::try_parse_from(words);
    if !cli.as_ref().is_ok_and(|cli| matches!(cli.command, Some(Command::Run(_)))) {
        held.release();
    }
    let exit = match cli {
        Ok(cli) => run(cli),
        Err(error) => usage(&error),
    };
    exit.into()
}

fn run(cli: Cli) -> Exit {
    match cli.command {
        None => commands::check::run(&cli.check),
        Some(Command::Check(arguments)) => commands::check::run(&arguments),
        Some(Command::Contract(arguments)) => commands::contract::run(&arguments),
        Some(Command::Explain(arguments)) => commands::explain::run(&arguments),
        Some(Command::Finalize(arguments)) => commands::finalize::command(&arguments),
        Some(Command::Guard(arguments)) => commands::guard::run(&arguments),
        Some(Command::Render(arguments)) => commands::render::run(&arguments),
        Some(Command::Run(arguments)) => commands::run::run(&arguments),
        Some(Command::Schema(arguments)) => commands::schema::run(&arguments),
        Some(Command::Status(arguments)) => commands::status::run(&arguments),
        Some(Command::Sv(arguments)) => commands::sv::run(&arguments),
    }
}

/// Help and version are printed by clap as well, and are no mistakes.
fn usage(error: &clap::Error) -> Exit {
    // A closed standard output or error leaves nobody to tell.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}
