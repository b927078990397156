//! `preflight render`, also by the name `consul-template`: templates become files, once or for ever.
//!
//! The command line, the configuration and the exit codes are consul-template's. Without any of its configuration the
//! templates are those of the contract.

mod configuration;
mod session;
mod sinks;

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use preflight_logging::Tag;
use preflight_render::Templates;
use preflight_render::config::{self, CommandLine, Invocation, exit_code, usage};

use self::configuration::{Configuration, Configured};
use self::session::Session;
use self::sinks::Sinks;
use crate::commands::rendering::Log;
use crate::exit::Exit;
use crate::output;
use crate::secrets::Secrets;

/// Arguments of `render`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct RenderArguments {
    /// Flags of consul-template, and a few more; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    words: Vec<OsString>,
}

/// Renders.
pub(crate) fn run(arguments: &RenderArguments) -> Exit {
    let words: Vec<String> = arguments.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let line = match CommandLine::parse(&words) {
        Ok(Invocation::Run(line)) => line,
        Ok(Invocation::Help) => {
            output::print(&usage("preflight render"));
            return Exit::Success;
        }
        Err(fault) => {
            eprintln!("{fault}\nhint: preflight render --help lists every option");
            return Exit::Render(exit_code::PARSE_FLAGS_ERROR);
        }
    };
    match Configuration::read(*line) {
        Ok(configuration) if configuration.line.version => {
            // In the form of consul-template, for those who read it; what stands in parentheses there is the commit.
            output::print(&format!("consul-template v0.40.0 (preflight {})\n", env!("CARGO_PKG_VERSION")));
            Exit::Success
        }
        Ok(configuration) => render(configuration),
        Err(exit) => exit,
    }
}

fn render(configuration: Configuration) -> Exit {
    let Configured { settings, tag, secrets } = configuration.now.clone();
    let log = Arc::new(log(tag, &settings.log, secrets));
    for note in &settings.notes {
        log.note(note);
    }
    let templates = match Templates::load(&settings, settings.parse_only) {
        Ok(templates) => templates,
        Err(faults) => {
            log.notices(&faults);
            return Exit::Render(exit_code::RUNNER_ERROR);
        }
    };
    if settings.parse_only {
        return Exit::Success;
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(Session::new(configuration, log).run(templates));
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            eprintln!("preflight: the system gives no event queue: {error}");
            Exit::Render(exit_code::ERROR)
        }
    }
}

/// Lines on standard error, and to a file or the syslog if asked for.
fn log(tag: Tag, settings: &config::Log, secrets: Vec<String>) -> Log {
    let (sinks, faults) = Sinks::open(settings);
    let sinks = Mutex::new(sinks);
    let log = Log::new(tag, settings.level, Secrets::new(secrets), move |level, line| {
        eprintln!("{line}");
        sinks.lock().unwrap_or_else(PoisonError::into_inner).write(level, line);
    });
    faults.iter().for_each(|fault| log.note(fault));
    log
}
