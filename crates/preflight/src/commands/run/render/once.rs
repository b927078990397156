//! `run --exec`: everything is rendered once, before the command takes our place.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use preflight_processes::{Adoption, Processes, Signals};
use preflight_render::Journal;
use preflight_render::config::{LogLevel, exit_code};
use preflight_supervise::sentinel::exit_code as code_of;
use tokio::sync::mpsc::UnboundedReceiver;

use super::super::Readers;
use super::super::incomplete::fault;
use super::super::signals::{ended_by, next_end};
use super::worker::{self, Finish, Materials, News};
use super::{BROKEN, Rendering};
use crate::commands::rendering::Log;
use crate::exit::Exit;

impl Rendering {
    /// Renders everything.
    ///
    /// # Errors
    /// The code to end with: rendering's own, 10 or 11 when values are missing, that of a signal. It has been told.
    pub(in super::super) async fn once(
        mut self,
        command: &[OsString],
        signals: &mut Signals,
        readers: &Readers,
    ) -> Result<(), Exit> {
        let log = Arc::new(readers.log(self.level));
        // What is left behind by commands of templates is the command's.
        let adoption = if std::process::id() == 1 { Adoption::Adopt } else { Adoption::Leave };
        let processes = Processes::start(adoption).map_err(|error| {
            log.write(LogLevel::Error, &format!("child processes cannot be looked after: {error}"));
            Exit::Render(exit_code::RUNNER_ERROR)
        })?;
        self.settings.once = true;
        let settings = Arc::new(self.settings);
        let journal = Arc::clone(&log) as Arc<dyn Journal>;
        let (finish, ends) = Finish::new();
        let materials =
            Materials { settings: Arc::clone(&settings), templates: self.templates, processes, journal };
        let mut news = worker::begin(materials, ends).map_err(|error| {
            log.write(LogLevel::Error, &format!("there is no thread for the rendering: {error}"));
            Exit::Render(exit_code::RUNNER_ERROR)
        })?;
        let done = tokio::select! {
            biased;
            signal = next_end(signals) => Err(ended_by(signal)),
            exit = over(&mut news, &log) => exit,
        };
        finish.now().await;
        done?;
        let mut missing = Vec::new();
        for path in settings.templates.iter().filter_map(|template| template.destination.as_deref()) {
            let findings = std::fs::read(path).map(|bytes| self.sentinels.scan(&bytes)).unwrap_or_default();
            findings.iter().for_each(|finding| readers.say(&fault(path, finding)));
            missing.extend(findings.iter().map(|finding| finding.missing));
        }
        let Some(code) = code_of(missing) else { return Ok(()) };
        let program = command.first().map(Path::new).unwrap_or_else(|| Path::new(""));
        readers.say(&format!("run FAILED: {} was not started", program.display()));
        Err(Exit::Guard(code))
    }
}

async fn over(news: &mut UnboundedReceiver<News>, log: &Log) -> Result<(), Exit> {
    loop {
        match news.recv().await {
            Some(News::Change(_)) => {}
            Some(News::Over(Ok(()))) => return Ok(()),
            Some(News::Over(Err(error))) => {
                log.notice(error.notice());
                return Err(Exit::Render(exit_code::RUNNER_ERROR));
            }
            None => {
                log.write(LogLevel::Error, BROKEN);
                return Err(Exit::Render(exit_code::RUNNER_ERROR));
            }
        }
    }
}
