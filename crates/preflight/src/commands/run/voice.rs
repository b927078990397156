//! What we say ourselves while something runs: tagged lines without secrets.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use preflight_logging::Tag;
use preflight_processes::{Program, Streams};
use preflight_supervise::crash::Death;
use preflight_supervise::output::Output;
use preflight_supervise::{FleetHappened, Happened, Listener, Name, Plumbing, Purpose, Service};

use super::incomplete::Lack;
use super::words;
use crate::secrets::Secrets;

/// Says tagged lines on standard error, between those of services.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    output: Output,
    tag: Tag,
    secrets: Arc<Secrets>,
    /// There is a single command, whose user knows that it runs.
    is_single: bool,
    /// What was said last of those that wait.
    waits: HashMap<Name, String>,
}

impl Voice {
    pub(super) fn new(output: Output, tag: Tag, secrets: Arc<Secrets>, is_single: bool) -> Self {
        Self { output, tag, secrets, is_single, waits: HashMap::new() }
    }

    /// A line that is tagged already and holds no secret.
    pub(super) fn say_as_it_is(&self, line: &str) {
        self.output.complain(line);
    }

    /// The streams of a process that is no service, whose lines are told under this name.
    ///
    /// # Errors
    /// When they cannot be made.
    pub(super) fn streams(&self, name: &str) -> io::Result<Streams> {
        let stands_for = Service::new(name, Program::Direct(Vec::new()));
        self.output.tap().connect(&stands_for, Purpose::Run)
    }

    /// One that waits for the same as before has only lost another reason to wait.
    fn is_news(&mut self, service: &Service, happened: &Happened, words: &str) -> bool {
        if !matches!(happened, Happened::Waiting { .. }) {
            self.waits.remove(&service.name);
            return true;
        }
        self.waits.insert(service.name.clone(), words.to_owned()).is_none_or(|before| before != words)
    }

    /// One line.
    pub(super) fn say(&self, text: &str) {
        self.output.complain(&self.tag.line(&self.secrets.redactor().clean(text)));
    }
}

/// Tells what happens; of a single command, only what its user must know.
impl Listener for Voice {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        if let Some(death) = Death::of(service, happened) {
            return self.output.complain(&death.line(&self.tag, &self.secrets.redactor()));
        }
        if let Happened::Waiting { dependencies, held: Some(reason) } = happened
            && dependencies.is_empty()
            && Lack::is_awaited(reason)
        {
            // Nothing to speak of, unless it lasts; then it is told by who knows.
            return;
        }
        let is_trouble = matches!(
            happened,
            Happened::Killed | Happened::Trouble { .. } | Happened::Waiting { held: Some(_), .. }
        );
        if let Some(words) = words::of(service, happened).filter(|_| is_trouble || !self.is_single)
            && self.is_news(service, happened, &words)
        {
            self.say(&format!("{} {words}", service.name));
        }
    }

    fn hear_fleet(&mut self, happened: &FleetHappened) {
        let is_trouble = matches!(happened, FleetHappened::OrphansEnded(_));
        if is_trouble || !self.is_single {
            self.say(&words::of_fleet(happened));
        }
    }
}
