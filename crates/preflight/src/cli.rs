//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use preflight_contract::parse_duration;

use crate::commands::finalize::FinalizeArguments;
use crate::commands::guard::GuardArguments;
use crate::commands::render::RenderArguments;
use crate::commands::run::RunArguments;
use crate::commands::status::StatusArguments;
use crate::commands::sv::SvArguments;

/// Proves that a container has all it needs before its service starts.
///
/// Without a command it checks: every declared variable and every dependency behind it is tried with a real client,
/// all at once, and every failure is listed. Exit codes: 0 all passed, 1 a check failed, 2 the command line is wrong,
/// 78 the contract is missing or wrong, 128+n ended by signal n.
#[derive(Debug, Parser)]
#[command(name = "preflight", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArguments,
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prove all that the contract asks for (the default)
    Check(CheckArguments),
    /// Show what was understood of the contract
    Contract(ContractArguments),
    /// Say what a failure class means, what causes it and what to do about it
    Explain(ExplainArguments),
    /// Log what this task was, just before it closes
    Finalize(FinalizeArguments),
    /// Start a program only when no value is missing in its rendered files
    Guard(GuardArguments),
    /// Render templates into files, as consul-template does and with its options
    Render(RenderArguments),
    /// Prove the contract, start the service, look after it, and end with its code
    Run(Box<RunArguments>),
    /// Print a JSON Schema: of the contract for editors, or of the reports for programs
    Schema(SchemaArguments),
    /// Tell how the services are that `preflight run` looks after here
    Status(StatusArguments),
    /// Control services and tell how they are, as runit's sv does and with its words
    Sv(SvArguments),
}

/// Where the contract is.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgument {
    /// The contract [default: ./preflight.yaml, ./preflight.yml, /etc/preflight/preflight.yaml]
    #[arg(short, long, value_name = "FILE", env = "PREFLIGHT_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgument,
    /// How long failures that can heal may take to do so, such as 60s [default: the contract's]
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// The longest that one attempt may take [default: the contract's, else 5s]
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// The form of the report
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// List failures only, and nothing at all when all is well
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// List checks that pass as well
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// When to colour words
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Ask this name server instead of the system's; may be given several times
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = name_server)]
    pub(crate) dns_server: Vec<SocketAddr>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tagged lines
    Text,
    /// One versioned document
    Json,
    /// JUnit XML
    Junit,
    /// Test Anything Protocol
    Tap,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Arguments of `contract`.
#[derive(Debug, Args)]
pub(crate) struct ContractArguments {
    #[command(subcommand)]
    pub(crate) command: ContractCommand,
}

/// What can be done with a contract.
#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Print what was understood
    Show {
        #[command(flatten)]
        config: ConfigArgument,
        /// The form: text, JSON, or a Markdown table for a README
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        format: ShowFormat,
    },
}

/// The form in which a contract is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For a README
    Markdown,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A class such as postgres.bad_password, a kind such as postgres, or nothing for the list of all
    pub(crate) subject: Option<String>,
    /// Print every class and kind as a Markdown page
    #[arg(long, conflicts_with = "subject")]
    pub(crate) markdown: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Which document
    pub(crate) document: SchemaDocument,
}

/// A document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaDocument {
    /// preflight.yaml
    Contract,
    /// The JSON report of a check
    Report,
    /// The JSON of `status`
    Status,
    /// A line of `run --log json`
    Log,
}

/// Reads a time such as `10s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let whole = text.parse::<SocketAddr>();
    whole
        .or_else(|_| text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)))
        .map_err(|_| "an IP address, with a port if it is not 53: 10.0.0.2 or 127.0.0.1:5353".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_name_server_may_have_a_port() {
        assert_eq!(name_server("10.0.0.2"), Ok(SocketAddr::from(([10, 0, 0, 2], 53))));
        assert_eq!(name_server("127.0.0.1:5353"), Ok(SocketAddr::from(([127, 0, 0, 1], 5353))));
        assert!(name_server("dns.example").is_err());
    }
}
