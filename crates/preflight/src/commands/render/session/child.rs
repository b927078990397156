//! Exec mode: a child beside the engine.

use std::pin::pin;
use std::sync::Arc;

use preflight_processes::{Environment, Processes, Program, Signal};
use preflight_render::config::{self, LogLevel, Settings, exit_code};
use preflight_render::exec::{self, Change, Ending, supervise};
use preflight_render::{Journal, Notice, Templates, child_environment};
use tokio::sync::mpsc;

use super::{Session, Wires};
use crate::commands::rendering::Log;
use crate::exit::Exit;

impl Session {
    /// Renders, and looks after the child.
    pub(super) async fn with_child(self, templates: Templates, processes: Processes) -> Exit {
        let all_settings = Arc::clone(&self.configuration.now.settings);
        let Some(settings) = settings_of(&all_settings) else { return Exit::Success };
        let mut signals = match super::listen(&self.configuration.now.settings) {
            Ok(signals) => signals,
            Err(error) => return self.no_signals(&error),
        };
        let (ask_reload, reload) = mpsc::channel(1);
        let (changes, mut heard) = mpsc::channel(16);
        let log = Arc::clone(&self.log);
        let wires = Wires { reload, changes: changes.clone() };
        let mut aside = match self.begin(templates, processes.clone(), wires) {
            Ok(aside) => aside,
            Err(error) => return super::no_thread(&log, &error),
        };
        let rendering = async {
            match aside.outcome().await {
                // The child runs on without further changes.
                Some(Ok(())) => {
                    drop(changes);
                    None
                }
                failure => {
                    drop(changes.send(Change::Stop).await);
                    Some(failure)
                }
            }
        };
        let mut is_expected = false;
        let tell = |notice| heard_of(&log, &ask_reload, &mut is_expected, notice);
        let child = supervise(settings, &processes, &mut heard, &mut signals, tell);
        let (ending, failure) = until_it_ends(child, rendering).await;
        aside.stop().await;
        if let Some(failure) = failure {
            return super::ended(&log, failure);
        }
        exit_of(&log, &all_settings, &ending)
    }
}

/// How the child has ended, and what had become of the rendering if that had failed by then.
async fn until_it_ends<Failure>(
    child: impl Future<Output = Ending>,
    rendering: impl Future<Output = Option<Failure>>,
) -> (Ending, Option<Failure>) {
    let (mut rendering, mut child) = (pin!(rendering), pin!(child));
    let mut failure = None;
    let mut is_rendering = true;
    loop {
        tokio::select! {
            ending = &mut child => return (ending, failure),
            failed = &mut rendering, if is_rendering => {
                failure = failed;
                is_rendering = false;
            }
        }
    }
}

fn exit_of(log: &Log, settings: &Settings, ending: &Ending) -> Exit {
    if let Ending::NotStarted(error) = ending {
        let mut notice =
            Notice::new(LogLevel::Error, preflight_render::CHILD, "child", preflight_render::words(error));
        notice.hint = error.hint();
        log.notice(&notice);
        return Exit::Render(exit_code::RUNNER_ERROR);
    }
    if let Ending::Stopped { signal: Some(signal), killed: false, .. } = ending {
        return super::stopped(settings, *signal);
    }
    Exit::Child(u8::try_from(ending.code()).unwrap_or(u8::MAX))
}

/// The child's settings, if there is to be one.
pub(super) fn settings_of(settings: &Settings) -> Option<exec::Settings> {
    let given = settings.exec.as_ref()?;
    let program = Program::from_words(&given.command.argv()).ok()?;
    let filter = &given.environment;
    let custom = child_environment(settings).into_iter().chain(filter.custom.iter().cloned()).collect();
    Some(exec::Settings {
        environment: Environment {
            pristine: filter.pristine,
            custom,
            allow: filter.allowlist.clone(),
            deny: filter.denylist.clone(),
        },
        kill_signal: given.kill_signal.map_or(Signal::NULL, signal),
        kill_timeout: given.kill_timeout,
        reload_signal: given.reload_signal.map(signal),
        splay: given.splay,
        own_kill_signal: settings.kill_signal.map_or(Signal::NULL, signal),
        own_reload_signal: settings.reload_signal.map_or(Signal::NULL, signal),
        ..exec::Settings::new(program)
    })
}

/// A signal of the configuration as the process part knows it.
pub(super) fn signal(signal: config::Signal) -> Signal {
    Signal::from_number(signal.as_raw()).unwrap_or(Signal::NULL)
}

/// `is_expected`: the child was asked to end, so that its end is no surprise, whatever its status is.
fn heard_of(log: &Log, reload: &mpsc::Sender<()>, is_expected: &mut bool, notice: exec::Notice) {
    use preflight_render::exec::Notice as Heard;
    let (level, text) = match notice {
        Heard::Started { pid, command } => {
            *is_expected = false;
            (LogLevel::Info, format!("started {command} as process {pid}"))
        }
        Heard::Waiting(time) => (LogLevel::Info, format!("is told of the change in {time:.1?}")),
        Heard::Reloaded(signal) => (LogLevel::Info, format!("was told of the change with {signal}")),
        Heard::Forwarded(signal) => (LogLevel::Debug, format!("was passed {signal}")),
        Heard::Asked { signal, to_restart, patience } => {
            *is_expected = true;
            let why = if to_restart { "to be started again" } else { "to end" };
            (LogLevel::Info, format!("was asked with {signal} {why}, within {patience:?}"))
        }
        Heard::Killed => {
            (LogLevel::Warn, "did not end in time and was killed, with all that it had started".to_owned())
        }
        Heard::Exited { status, leftovers } => {
            let is_good = status.is_success() || *is_expected;
            let level = if is_good { LogLevel::Info } else { LogLevel::Warn };
            let rest = if leftovers { "; what it had started still runs and is being ended" } else { "" };
            (level, format!("{status}{rest}"))
        }
        Heard::ReadConfiguration => {
            // One request that waits stands for all that follow.
            let _ = reload.try_send(());
            return;
        }
        Heard::KeptOld(reason) => (LogLevel::Warn, format!("runs on unchanged: {reason}")),
        Heard::NotSent { signal, source } => {
            (LogLevel::Error, format!("could not be sent {signal}: {source}"))
        }
        Heard::OrphansEnded(count) => {
            (LogLevel::Info, format!("left {count} processes behind, which were ended"))
        }
    };
    log.notice(&Notice::new(level, preflight_render::CHILD, "child", text));
}
