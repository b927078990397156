//! What happens, in words.

use preflight_supervise::crash::in_words;
use preflight_supervise::{Cause, Exited, FleetHappened, Happened, Hook, Name, Service};

/// Completes "NAME …"; `None` for what is not worth a line. Deaths have words of their own.
pub(super) fn of(service: &Service, happened: &Happened) -> Option<String> {
    Some(match happened {
        Happened::Disabled { reason } => format!("is not run here: {reason}"),
        Happened::Waiting { dependencies, held: Some(reason) } if dependencies.is_empty() => {
            format!("is held: {reason}")
        }
        Happened::Waiting { dependencies, .. } => format!("waits for {}", names(dependencies)),
        Happened::Blocked { by } => format!("is never started: {by}, which it depends on, has failed"),
        // Each run of a job is one of its own.
        Happened::Started { pid, .. } if service.schedule.is_some() => format!("started as process {pid}"),
        Happened::Started { pid, restarts: 0 } => format!("started as process {pid}"),
        Happened::Started { pid, restarts } => format!("started as process {pid}, restart {restarts}"),
        Happened::Ready { after } if service.ready.is_some() => {
            format!("is ready after {}", in_words(*after))
        }
        Happened::Stopping { signal, grace, .. } => {
            format!("is stopped with {signal}, within {}", in_words(*grace))
        }
        Happened::Killed => "did not end in time and was killed".to_owned(),
        Happened::Reloaded(signal) => format!("was told of changed files with {signal}"),
        Happened::Exited(Exited { status, uptime, .. }) => format!("{status} after {}", in_words(*uptime)),
        Happened::FinishKilled => "had a finish program that took too long and was killed".to_owned(),
        Happened::HookKilled(Hook(letter)) => {
            format!("has a program control/{letter} that took too long and was killed")
        }
        Happened::Trouble { what, reason } => format!("had trouble, to {what}: {reason}"),
        // Who takes jobs away says what has become of all of them.
        Happened::Removed if service.schedule.is_none() => "is gone".to_owned(),
        _ => return None,
    })
}

/// A whole line.
pub(super) fn of_fleet(happened: &FleetHappened) -> String {
    match happened {
        FleetHappened::ShuttingDown { cause: Cause::AllDone, .. } => "nothing is left to run".to_owned(),
        FleetHappened::ShuttingDown { cause, deadline } => {
            format!("all services end within {}: {}", in_words(*deadline), because(cause))
        }
        FleetHappened::Hurried => "what is left is killed".to_owned(),
        FleetHappened::OrphansEnded(1) => "1 process was left behind, and ended".to_owned(),
        FleetHappened::OrphansEnded(count) => format!("{count} processes were left behind, and ended"),
        FleetHappened::AllReady { after } => format!("all services are ready after {}", in_words(*after)),
    }
}

fn because(cause: &Cause) -> String {
    match cause {
        Cause::Requested { signal: Some(signal) } => format!("{signal} came"),
        Cause::Requested { signal: None } => "it was asked for".to_owned(),
        Cause::Service { name, gave_up: true, .. } => format!("{name} was given up"),
        Cause::Service { name, gave_up: false, .. } => format!("{name}, which is critical, has ended"),
        Cause::AllDone => "nothing is left to run".to_owned(),
    }
}

fn names(names: &[Name]) -> String {
    names.join(", ")
}
