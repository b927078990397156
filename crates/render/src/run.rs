//! One run of one template: what it reads, what it misses, what it wants done.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use preflight_functions::{Scratch, Surroundings};
use preflight_gotemplate::{Call, Value};
use preflight_sources::Query;

use crate::brain::Brain;
use crate::effects::{PluginCall, Plugins, WriteToFile};

/// A template waits for the addresses of one host so long.
const LONGEST_RESOLVING: Duration = Duration::from_secs(10);

/// What a template read for one query, and where it first asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Where in the template.
    pub place: Place,
    /// Why the template cannot be complete without it; `None` when it has what it needs.
    pub lack: Option<Lack>,
    /// The value in use is that of an earlier time: the thing is gone by now.
    pub is_kept: bool,
}

/// A line of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1; 0 when it is not known.
    pub line: usize,
}

/// What is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// No answer has come yet.
    Answer,
    /// The answer is that it does not exist.
    Existence,
    /// The answer is empty, and the function insists on something.
    Content,
}

/// Whether a function can do without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The template waits until it exists.
    Existence,
    /// The answer that it does not exist will do.
    Answer,
}

/// What stays the same for all runs of one template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setting {
    /// The folder that `file` cannot leave.
    pub sandbox: Option<PathBuf>,
    /// Where the output goes, as it was written.
    pub destination: String,
    /// The namespace of Nomad's variables.
    pub nomad_namespace: String,
    /// `NAME=value`, which `env` sees before the variables of this process.
    pub variables: Arc<[String]>,
}

/// The state of a run, which the functions find as their host.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) brain: Brain,
    pub(crate) setting: Setting,
    pub(crate) plugins: Plugins,
    scratch: Scratch,
    readings: RefCell<BTreeMap<Query, Reading>>,
    wanted_plugins: RefCell<Vec<PluginCall>>,
    writes: RefCell<Vec<WriteToFile>>,
    lacks: Cell<usize>,
}

/// What is left when a run is over.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// What it read.
    pub readings: BTreeMap<Query, Reading>,
    /// The plugins it called whose output is not known yet.
    pub plugins: Vec<PluginCall>,
    /// The files that it wants written.
    pub writes: Vec<WriteToFile>,
}

impl Traces {
    /// Whether the output is what it will be: nothing was lacking.
    #[must_use]
    pub(crate) fn is_complete(&self) -> bool {
        self.plugins.is_empty() && self.lacks().next().is_none()
    }

    /// What was lacking.
    pub(crate) fn lacks(&self) -> impl Iterator<Item = (&Query, &Reading, Lack)> {
        self.readings.iter().filter_map(|(query, reading)| reading.lack.map(|lack| (query, reading, lack)))
    }
}

impl Run {
    /// A run that knows what `brain` knows.
    pub(crate) fn new(brain: Brain, setting: Setting, plugins: Plugins) -> Self {
        Self { brain, setting, plugins, ..Self::default() }
    }

    /// Ends the run: what it knew, and what it did.
    pub(crate) fn end(self) -> (Brain, Plugins, Traces) {
        let traces = Traces {
            readings: self.readings.into_inner(),
            plugins: self.wanted_plugins.into_inner(),
            writes: self.writes.into_inner(),
        };
        (self.brain, self.plugins, traces)
    }

    /// The value for a query, `None` when it is lacking or does not exist. Notes that the template reads it, and
    /// whether it lacks it.
    pub(crate) fn read(&self, call: &Call<'_>, query: Query, need: Need) -> Option<Value> {
        let memory = self.brain.recall(&query);
        let answer = memory.and_then(|memory| memory.value()).cloned();
        let is_kept = memory.is_some_and(|memory| memory.is_kept());
        let lack = match (memory.and_then(|memory| memory.answer()), need) {
            (None, _) => Some(Lack::Answer),
            (Some(_), Need::Existence) if answer.is_none() => Some(Lack::Existence),
            (Some(_), _) => None,
        };
        self.note(call, query, lack, is_kept && need == Need::Existence);
        if need == Need::Answer && is_kept { None } else { answer }
    }

    /// The template insists that this is not empty, and it is.
    pub(crate) fn lacks_content(&self, call: &Call<'_>, query: Query) {
        self.note(call, query, Some(Lack::Content), false);
    }

    /// Whether everything that was read so far was there.
    pub(crate) fn is_complete_so_far(&self) -> bool {
        self.lacks.get() == 0
    }

    /// A plugin whose output is not known yet.
    pub(crate) fn want_plugin(&self, plugin: PluginCall) {
        self.lacks.set(self.lacks.get() + 1);
        let mut wanted = self.wanted_plugins.borrow_mut();
        if !wanted.contains(&plugin) {
            wanted.push(plugin);
        }
    }

    /// A file to be written when the template is complete.
    pub(crate) fn want_write(&self, write: WriteToFile) {
        self.writes.borrow_mut().push(write);
    }

    fn note(&self, call: &Call<'_>, query: Query, lack: Option<Lack>, is_kept: bool) {
        if lack.is_some() {
            self.lacks.set(self.lacks.get() + 1);
        }
        let mut readings = self.readings.borrow_mut();
        match readings.get_mut(&query) {
            Some(reading) => {
                reading.lack = reading.lack.or(lack);
                reading.is_kept |= is_kept;
            }
            None => {
                let place = Place { line: call.line() };
                readings.insert(query, Reading { place, lack, is_kept });
            }
        }
    }
}

impl Surroundings for Run {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let named = |variable: &String| {
            let value = variable.as_bytes().strip_prefix(name)?.strip_prefix(b"=")?;
            Some(value.to_vec())
        };
        self.setting.variables.iter().find_map(named).or_else(|| self.process_variable(name))
    }

    fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        // To templates a name that is not known and one that cannot be asked for are the same.
        preflight_names::resolve_within(host, LONGEST_RESOLVING).unwrap_or_default()
    }
}
