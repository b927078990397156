//! A small web app that needs lots of things and complains loudly when one of them is missing.
//!
//! It exists to be started behind `preflight`, by a demo, a test or a curious reader: it reads its name, greeting and
//! port from a config file, keeps its visits in a database and asks other services how they are. It starts even when
//! something is missing, so that its page and its log can say so.

mod config;
mod database;
mod environment;
mod log;
mod needs;
mod neighbours;
mod page;
mod request_log;
mod routes;
mod shutdown;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use config::Config;
use database::Database;
use environment::Environment;
use log::Log;
use needs::Needs;
use neighbours::Neighbours;
use routes::App;

const USAGE: &str = "usage: mock-service [start] [--config PATH]

  --config PATH   the config file; otherwise $MOCK_SERVICE_CONFIG, otherwise ./config.yaml";

/// The command line, or the config file it names, is of no use.
const EXIT_USAGE: u8 = 2;
/// The service could not listen, or had to cut off requests as it stopped.
const EXIT_FAILED: u8 = 1;

#[tokio::main]
async fn main() -> ExitCode {
    let path = match config_path(std::env::args().skip(1)) {
        Ok(Some(path)) => path,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(argument) => {
            eprintln!("mock-service: unexpected argument {argument:?}\n{USAGE}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match Config::read(&path) {
        Ok(config) => start(config).await,
        Err(error) => {
            eprintln!("mock-service: {error}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// The config file's path, `None` when help was asked for, or the argument nobody understands.
fn config_path(mut arguments: impl Iterator<Item = String>) -> Result<Option<PathBuf>, String> {
    let mut path =
        std::env::var_os("MOCK_SERVICE_CONFIG").map_or_else(|| "config.yaml".into(), PathBuf::from);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "start" => {}
            "--config" => path = arguments.next().ok_or(argument)?.into(),
            "--help" | "-h" => return Ok(None),
            _ => return Err(argument),
        }
    }
    Ok(Some(path))
}

/// Listens, complains about what is missing, and serves until told to stop.
async fn start(config: Config) -> ExitCode {
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let environment = Environment::of_this_process();
    let database = Database::new(&config.database, &environment);
    let neighbours = Neighbours::new(&config.services, &environment);
    let log = Log::new(&config.name, environment.secrets());
    let needs = Arc::new(Needs::new(database, neighbours, log.clone()));

    let listener = match tokio::net::TcpListener::bind((config.address.as_str(), config.port)).await {
        Ok(listener) => listener,
        Err(error) => {
            log.error(&format!("cannot listen on {}:{}: {error}", config.address, config.port));
            return ExitCode::from(EXIT_FAILED);
        }
    };
    match listener.local_addr() {
        Ok(address) => log.info(&format!("listening on http://{address}/ as process {}", std::process::id())),
        Err(error) => log.error(&format!("the listening socket has no address: {error}")),
    }
    let watching = tokio::spawn(needs::watch(needs.clone()));
    let app = Arc::new(App::new(config, needs, log));
    let ended = shutdown::serve_until_told(listener, app).await;
    watching.abort();
    // To its end, or it would complain of what the end of the service takes from it.
    let _ = watching.await;
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(_cut_off) => ExitCode::from(EXIT_FAILED),
    }
}
