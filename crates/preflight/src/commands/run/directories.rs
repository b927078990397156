//! `run --services DIR`: boot scripts, and then runit's service directories.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use preflight_processes::{Environment, Processes, Signals};
use preflight_supervise::directories::{Directories, Notice, Settings};
use preflight_supervise::{Fleet, Stop, boot};

use super::accounts::Accounts;
use super::crontab::Crontabs;
use super::reports::{Reports, Said};
use super::signals::{ended_by, next_end};
use super::voice::Voice;
use crate::exit::Exit;

/// Where the files of `supervise/` go for services on a read-only file system.
const STATE: &str = "/run/preflight/services";

/// What scripts have left running may take so long to end when there will be no services.
const ORPHANS: Duration = Duration::from_millis(200);

/// Runs the boot scripts and gives the variables that they leave for services.
///
/// # Errors
/// The code to end with: 1 when a script failed, that of the signal when one asked for the end. It has been told.
pub(super) async fn boot(
    settings: &boot::Settings,
    processes: &Processes,
    signals: &mut Signals,
    voice: &Voice,
    reports: &Reports,
) -> Result<boot::Variables, Exit> {
    let given = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut asked = None;
    let stop = async || {
        let signal = next_end(signals).await;
        asked.get_or_insert(signal);
    };
    let said = Said::default();
    let tell = {
        let (voice, said) = (voice.clone(), said.clone());
        Arc::new(move |notice| {
            if let boot::Notice::Line { line, .. } = &notice {
                said.add(line);
            }
            voice.say(&booting(&notice));
        })
    };
    let booted = boot::run(settings, boot::Variables::new(given), processes, stop, tell).await;
    let error = match booted {
        Ok(variables) => return Ok(variables),
        Err(error) => error,
    };
    let cause = causes(&error);
    voice.say(&format!("FAIL boot {error}{cause}; services were not started{}", hint(&error)));
    if asked.is_none() {
        reports.not_booted(&format!("{error}{cause}"), said);
    }
    processes.end_orphans(ORPHANS, 2 * ORPHANS).await;
    Err(asked.map_or(Exit::CheckFailed, ended_by))
}

/// Whether something is run before services, which may write what is read afterwards.
pub(super) fn boots(settings: &boot::Settings) -> bool {
    // What cannot be read is told when it is to be run.
    boot::scripts(settings).map_or(true, |scripts| !scripts.is_empty())
}

/// What is wrong with crontabs before the boot scripts are run, a line each. They are read after those, which may mend it.
pub(super) fn early_faults(crontabs: &[PathBuf], settings: &boot::Settings) -> Vec<String> {
    if !boots(settings) { Vec::new() } else { Crontabs::early_faults(crontabs, &Accounts::of_system()) }
}

/// What is behind it, from the nearest cause to the farthest.
fn causes(error: &boot::BootError) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}

fn hint(error: &boot::BootError) -> String {
    let boot::BootError::NotStarted { source, .. } = error else { return String::new() };
    source.hint().map(|hint| format!(" — hint: {hint}")).unwrap_or_default()
}

fn booting(notice: &boot::Notice) -> String {
    match notice {
        boot::Notice::LeftOut(script) => {
            format!("boot {} is left out: it is not executable (chmod +x)", script.display())
        }
        boot::Notice::Started(script) => format!("boot {} started", script.display()),
        boot::Notice::Line { script, line } => {
            format!("boot {}: {}", name(script), String::from_utf8_lossy(line))
        }
        boot::Notice::Done(script) => format!("boot {} is done", script.display()),
        boot::Notice::NotWritten(error) => format!("boot: variables cannot be written for others: {error}"),
    }
}

fn name(script: &Path) -> String {
    script.file_name().unwrap_or(script.as_os_str()).to_string_lossy().into_owned()
}

/// The services of a directory, to be kept beside their supervisor. Must be called within the runtime.
pub(super) fn open(
    folder: PathBuf,
    environment: Environment,
    stop: Stop,
    voice: &Voice,
) -> Result<(Directories, Fleet), Vec<String>> {
    if !folder.is_dir() {
        let hint = "--services wants the folder of all services, such as /etc/service";
        return Err(vec![format!("{} is no folder — hint: {hint}", folder.display())]);
    }
    let settings = Settings { folder, state: STATE.into(), environment, stop };
    let voice = voice.clone();
    let (directories, services) = Directories::open(settings, move |notice| voice.say(&found(&notice)));
    let told = |errors: Vec<preflight_supervise::FleetError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let fleet = Fleet::new(services).map_err(told)?;
    Ok((directories, fleet))
}

fn found(notice: &Notice) -> String {
    match notice {
        Notice::Found(name) => format!("{name} is there"),
        Notice::Gone(name) => format!("{name} is not there any more"),
        Notice::NotRead(error) => format!("the services cannot be read: {error}"),
        Notice::Homeless { service, reason } => format!("{service}: {reason}"),
        Notice::Nameless(name) => {
            let name = name.as_encoded_bytes().escape_ascii();
            format!("the directory {name} is no service: its name is not UTF-8 — hint: give it another name")
        }
        Notice::NotWritten { service, source } => {
            format!("{service}: its status cannot be written: {source}")
        }
        Notice::NotWatched(error) => {
            format!("changes of the services are looked for every five seconds, because: {error}")
        }
    }
}
