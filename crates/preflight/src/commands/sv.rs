//! `preflight sv`, also by the name `sv`: commands to services and their states, with runit's words and exit codes.

use std::ffi::OsString;
use std::io::stdout;

use clap::Args;
use preflight_supervise::directories::client::{EXIT_MISUSE, Order, run as carry_out};

use crate::exit::Exit;

/// Arguments of `sv`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct SvArguments {
    /// [-v] [-w sec] command service ..., see docs/runit.md
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WORDS")]
    words: Vec<OsString>,
}

/// Carries out what was asked.
pub(crate) fn run(arguments: &SvArguments) -> Exit {
    let order = match Order::parse(&arguments.words, |name| std::env::var_os(name)) {
        Ok(order) => order,
        Err(misuse) => {
            eprintln!("{misuse}");
            return Exit::Sv(EXIT_MISUSE);
        }
    };
    // A reader that has gone away is told by the exit code.
    Exit::Sv(carry_out(&order, &mut stdout().lock()).unwrap_or(EXIT_MISUSE))
}
