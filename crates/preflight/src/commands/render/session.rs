//! One run of `render`: the engine, the child if there is one, and the signals.

mod aside;
mod child;
mod pid_file;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use preflight_processes::{Adoption, Processes, Signal, Signals};
use preflight_render::config::{LogLevel, Settings, exit_code};
use preflight_render::{Change, Engine, EngineError, Journal, Notice, Templates};
use tokio::sync::mpsc;

use self::aside::Aside;
use self::child::settings_of;
use self::pid_file::PidFile;
use super::configuration::Configuration;
use crate::commands::rendering::Log;
use crate::exit::Exit;
use crate::output;

/// A run and what it needs.
pub(super) struct Session {
    configuration: Configuration,
    log: Arc<Log>,
}

/// What keeps an engine.
type Rendering = Aside<Result<(), EngineError>>;

/// What the engine's keeper is asked, and whom it tells.
struct Wires {
    /// To read the configuration again.
    reload: mpsc::Receiver<()>,
    /// What a child must know.
    changes: mpsc::Sender<preflight_render::exec::Change>,
}

impl Session {
    pub(super) fn new(configuration: Configuration, log: Arc<Log>) -> Self {
        Self { configuration, log }
    }

    /// Runs to its end.
    pub(super) async fn run(self, templates: Templates) -> Exit {
        // What a child leaves behind comes to us, so that it can be ended with the child. Without one, the commands after
        // templates may leave a daemon behind on purpose; as the container's first process every orphan comes to us.
        let has_child = self.configuration.now.settings.exec.is_some();
        let adoption = if has_child || std::process::id() == 1 { Adoption::Adopt } else { Adoption::Leave };
        let processes = match Processes::start(adoption) {
            Ok(processes) => processes,
            Err(error) => {
                self.log.write(LogLevel::Error, &format!("child processes cannot be looked after: {error}"));
                return Exit::Render(exit_code::ERROR);
            }
        };
        if self.configuration.line.explain {
            return self.explain(templates, processes).await;
        }
        let pid_file = match PidFile::write(self.configuration.now.settings.pid_file.as_deref()) {
            Ok(pid_file) => pid_file,
            Err(fault) => {
                self.log.write(LogLevel::Error, &fault);
                return Exit::Render(exit_code::RUNNER_ERROR);
            }
        };
        let exit = if self.configuration.now.settings.exec.is_some() && !self.configuration.now.settings.dry {
            self.with_child(templates, processes).await
        } else {
            self.alone(templates, processes).await
        };
        drop(pid_file);
        exit
    }

    /// Without a child: renders until it is done or stopped.
    async fn alone(self, templates: Templates, processes: Processes) -> Exit {
        let settings = Arc::clone(&self.configuration.now.settings);
        let mut signals = match listen(&settings) {
            Ok(signals) => signals,
            Err(error) => return self.no_signals(&error),
        };
        let (ask_reload, reload) = mpsc::channel(1);
        let (changes, mut heard) = mpsc::channel(16);
        let log = Arc::clone(&self.log);
        let mut rendering = match self.begin(templates, processes, Wires { reload, changes }) {
            Ok(rendering) => rendering,
            Err(error) => return no_thread(&log, &error),
        };
        loop {
            tokio::select! {
                biased;
                signal = signals.next() => {
                    if signal == Signal::TERM || Some(signal) == settings.kill_signal.map(child::signal) {
                        log.write(LogLevel::Info, &format!("stopped by {signal}"));
                        rendering.stop().await;
                        return stopped(&settings, signal);
                    }
                    if Some(signal) == settings.reload_signal.map(child::signal) {
                        // One request that waits stands for all that follow.
                        let _ = ask_reload.try_send(());
                    }
                }
                outcome = rendering.outcome() => return ended(&log, outcome),
                // There is no child that must know.
                _ = heard.recv() => {}
            }
        }
    }

    /// Renders on a thread of its own.
    fn begin(mut self, templates: Templates, processes: Processes, wires: Wires) -> io::Result<Rendering> {
        Aside::begin(move || async move { self.render(templates, processes, wires).await })
    }

    /// Keeps an engine: replaces it when the configuration has been read again.
    async fn render(
        &mut self,
        templates: Templates,
        processes: Processes,
        mut wires: Wires,
    ) -> Result<(), EngineError> {
        let journal = || Arc::clone(&self.log) as Arc<dyn Journal>;
        let settings = Arc::clone(&self.configuration.now.settings);
        let (mut engine, mut changed) = Engine::new(settings, templates, processes.clone(), journal(), false);
        loop {
            tokio::select! {
                biased;
                Some(change) = changed.recv() => tell(&wires.changes, change).await,
                Some(()) = wires.reload.recv() => match self.read_again() {
                    Ok(templates) => {
                        let settings = Arc::clone(&self.configuration.now.settings);
                        if let Some(exec) = settings_of(&settings) {
                            let new = preflight_render::exec::Change::Reconfigured(Box::new(exec));
                            // Whoever heard of it last has ended.
                            let _ = wires.changes.send(new).await;
                        }
                        let journal = Arc::clone(&self.log) as Arc<dyn Journal>;
                        (engine, changed) = Engine::new(settings, templates, processes.clone(), journal, true);
                    }
                    Err(reason) => {
                        let _ = wires.changes.send(preflight_render::exec::Change::Broken(reason)).await;
                    }
                },
                result = engine.run() => {
                    while let Ok(change) = changed.try_recv() {
                        tell(&wires.changes, change).await;
                    }
                    return result;
                }
            }
        }
    }

    /// Reads configuration and templates again. What is wrong is on the log; the words say only what stays.
    fn read_again(&mut self) -> Result<Templates, String> {
        let before = self.configuration.now.clone();
        let kept = "the configuration was read again and is wrong: the old one stays in use".to_owned();
        if self.configuration.read_again().is_err() {
            self.log.write(LogLevel::Error, &kept);
            return Err(kept);
        }
        match Templates::load(&self.configuration.now.settings, true) {
            Ok(templates) => {
                self.configuration.now.secrets.iter().for_each(|secret| self.log.secret(secret));
                self.log.write(LogLevel::Info, "the configuration was read again");
                Ok(templates)
            }
            Err(faults) => {
                self.configuration.now = before;
                self.log.notices(&faults);
                self.log.write(LogLevel::Error, &kept);
                Err(kept)
            }
        }
    }

    /// Asks for everything once and lists how it stands.
    async fn explain(self, templates: Templates, processes: Processes) -> Exit {
        let mut settings = (*self.configuration.now.settings).clone();
        settings.dry = true;
        settings.once = true;
        let patience = settings.missing.after.max(Duration::from_secs(1));
        let journal = Arc::new(OnlyLines(Arc::clone(&self.log)));
        let (mut engine, _changed) = Engine::new(Arc::new(settings), templates, processes, journal, false);
        let outcome = tokio::time::timeout(patience, engine.run()).await;
        if let Ok(Err(error)) = &outcome {
            self.log.notice(error.notice());
        }
        let explained = engine.explain();
        for template in &explained {
            output::print(&self.log.redact(&template.to_string()));
        }
        if explained.iter().all(|template| template.is_complete) {
            Exit::Success
        } else {
            Exit::Render(exit_code::RUNNER_ERROR)
        }
    }

    fn no_signals(&self, error: &std::io::Error) -> Exit {
        self.log.write(LogLevel::Error, &format!("signals cannot be listened to: {error}"));
        Exit::Render(exit_code::ERROR)
    }
}

/// Hears the signals that are passed on, and the two that are for us.
fn listen(settings: &Settings) -> std::io::Result<Signals> {
    let own = [settings.kill_signal, settings.reload_signal].into_iter().flatten().map(child::signal);
    let own = own.filter(|signal| *signal != Signal::NULL);
    let heard: BTreeSet<Signal> = Signal::all_forwarded().chain(own).collect();
    Signals::listen(&heard.into_iter().collect::<Vec<_>>())
}

/// A stop in order is a clean end, unless consul-template's code for the kill signal is asked for.
fn stopped(settings: &Settings, signal: Signal) -> Exit {
    if settings.interrupt_exit_code && Some(signal) == settings.kill_signal.map(child::signal) {
        Exit::Render(exit_code::INTERRUPT)
    } else {
        Exit::Success
    }
}

async fn tell(changes: &mpsc::Sender<preflight_render::exec::Change>, change: Change) {
    let changed = match change {
        Change::Ready { has_changed, .. } => has_changed,
        Change::Files => true,
        // What a child must know comes behind it.
        Change::Settled(_) => return,
    };
    // The child may have ended meanwhile; then nobody needs to know.
    let _ = changes.send(preflight_render::exec::Change::Rendered { changed }).await;
}

fn ended(log: &Log, outcome: Option<Result<(), EngineError>>) -> Exit {
    match outcome {
        Some(Ok(())) => return Exit::Success,
        Some(Err(error)) => log.notice(error.notice()),
        None => log.write(LogLevel::Error, "the rendering has broken off; this is a mistake in preflight"),
    }
    Exit::Render(exit_code::RUNNER_ERROR)
}

fn no_thread(log: &Log, error: &io::Error) -> Exit {
    log.write(LogLevel::Error, &format!("there is no thread for the rendering: {error}"));
    Exit::Render(exit_code::ERROR)
}

/// A journal that shows no differences.
struct OnlyLines(Arc<Log>);

impl Journal for OnlyLines {
    fn notice(&self, notice: &Notice) {
        self.0.notice(notice);
    }

    fn secret(&self, text: &str) {
        self.0.secret(text);
    }

    fn named(&self, name: &str, text: &str) {
        self.0.named(name, text);
    }

    fn redact(&self, text: &str) -> String {
        self.0.redact(text)
    }

    fn difference(&self, _: &str) {}
}
