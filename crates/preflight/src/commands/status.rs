//! `preflight status`: how the services of a run are.

use std::error::Error;
use std::ffi::OsString;

use clap::{Args, ValueEnum};
use preflight_logging::escape;
use preflight_status::socket::{Place, places_to_look};
use preflight_status::{Document, client, table};
use rustix::termios::tcgetwinsize;

use crate::exit::Exit;
use crate::output::print;

/// The width of lines where nobody says how wide they may be.
const WIDTH: usize = 80;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The socket of the run [default: the first of the usual places where one answers, see docs/status.md]
    #[arg(long, value_name = "PATH", env = "PREFLIGHT_STATUS_SOCKET", hide_env_values = true)]
    socket: Option<OsString>,
    /// How to show it
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: StatusFormat,
    /// Only these services
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
}

/// The forms of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatusFormat {
    /// A line for each service
    Table,
    /// One JSON document, see docs/status.schema.json
    Json,
}

/// Asks, and shows the answer. 0 when all that is shown is ready, 1 when something is not or nothing runs.
pub(crate) fn run(arguments: &StatusArguments) -> Exit {
    let asked = arguments.socket.as_deref().filter(|socket| !socket.is_empty());
    let places = asked.map_or_else(places_to_look, |socket| vec![Place::of_word(socket)]);
    let document = match client::ask(&places) {
        Ok(document) => document,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            eprintln!("preflight: {error}{cause}\nhint: {}", error.hint());
            return Exit::NotReady;
        }
    };
    if let Some(unknown) = arguments.services.iter().find(|name| document.service(name).is_none()) {
        let names: Vec<&str> = document.services.iter().map(|service| service.name.as_str()).collect();
        eprintln!("preflight: there is no service {}\nhint: there are {}", escape(unknown), names.join(", "));
        return Exit::Usage;
    }
    show(&document, arguments);
    if is_ready(&document, &arguments.services) { Exit::Success } else { Exit::NotReady }
}

fn show(document: &Document, arguments: &StatusArguments) {
    match arguments.format {
        StatusFormat::Table => print(&table(document, &arguments.services, width())),
        StatusFormat::Json => {
            let mut shown = document.clone();
            shown.services.retain(|service| {
                arguments.services.is_empty() || arguments.services.contains(&service.name)
            });
            print(&(shown.to_json() + "\n"));
        }
    }
}

/// Of services that are named, each itself; else the whole.
fn is_ready(document: &Document, names: &[String]) -> bool {
    if names.is_empty() {
        return document.ready;
    }
    let named = document.services.iter().filter(|service| names.contains(&service.name));
    let is_stopping = document.state == "stopping";
    !is_stopping && named.into_iter().all(|service| service.ready || service.schedule.is_some())
}

/// That of the terminal, if there is one.
fn width() -> usize {
    let terminal = tcgetwinsize(std::io::stdout()).map(|size| usize::from(size.ws_col));
    terminal.ok().filter(|width| *width > 0).unwrap_or(WIDTH)
}
