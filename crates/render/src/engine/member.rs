//! One template of a run: parsed once, and how far it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use preflight_gotemplate::{MissingKey, Options, Template as Parsed, Value};
use preflight_sources::Query;

use super::quiescence::Quiescence;
use crate::brain::Brain;
use crate::config::{Delimiters, Origin, Template};
use crate::effects::{Plugins, WriteToFile};
use crate::functions;
use crate::notice::{self, Notice};
use crate::run::{Reading, Run, Setting, Traces};

/// A template and its state.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) template: Template,
    pub(crate) state: State,
    /// What it read when it last ran, and what of that it lacked.
    pub(crate) readings: Readings,
    /// It must run: what it reads has changed, or it never ran.
    pub(crate) is_dirty: bool,
    /// It has been written, or found as it should be.
    pub(crate) was_settled: bool,
    pub(crate) quiescence: Option<Quiescence>,
    /// After a failure to write: not before this moment, and how often it failed.
    pub(crate) retry: Option<(Instant, u32)>,
    /// What `writeToFile` last wrote.
    pub(crate) written: Vec<WriteToFile>,
    pub(crate) plugins: Plugins,
    /// Plugins are to be called as soon as the answers are there that are on their way.
    pub(crate) has_plugins_that_wait: bool,
    parsed: Parsed,
    text_digest: String,
    setting: Setting,
}

/// What a template reads.
pub(crate) type Readings = BTreeMap<Query, Reading>;

/// How far a template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Something that it reads is not there yet.
    Waiting,
    /// It fails with what it reads; what to tell.
    Failed(Notice),
    /// All is there, and this is to be written.
    Complete(Arc<Output>),
    /// The file is as it should be.
    Settled,
}

/// What a complete template makes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    pub(crate) writes: Vec<WriteToFile>,
    /// The output of an earlier run, used while a source is away.
    pub(crate) is_from_earlier: bool,
}

/// What came of one run of a template.
pub(crate) struct Ran {
    pub(crate) brain: Brain,
    pub(crate) traces: Traces,
    pub(crate) result: Result<Vec<u8>, String>,
}

impl Member {
    /// Reads and parses a template. One whose errors are not fatal to the others stays as failed when it cannot be
    /// understood, unless `is_strict`.
    ///
    /// # Errors
    /// A notice that says why it cannot be read or understood.
    pub(crate) fn load(template: Template, shared: &Setting, is_strict: bool) -> Result<Self, Notice> {
        let text = match &template.origin {
            Origin::Contents(text) => text.clone().into_bytes(),
            Origin::File(path) => std::fs::read(path).map_err(|error| {
                let text = format!("failed to read the template {}: {error}", path.display());
                let notice =
                    Notice::new(crate::config::LogLevel::Error, notice::PARSE, template.display(), text);
                notice.hint("correct the template's source, or let this user read it")
            })?,
        };
        let (parsed, state) = match parse(&template, &text) {
            Ok(parsed) => (parsed, State::Waiting),
            Err(fault) if template.error_fatal || is_strict => return Err(fault),
            Err(fault) => (Parsed::new("", functions::table(), &Options::default()), State::Failed(fault)),
        };
        let setting = Setting {
            sandbox: template.sandbox_path.clone(),
            destination: template
                .destination
                .as_ref()
                .map(|path| path.display().to_string())
                .unwrap_or_default(),
            ..shared.clone()
        };
        Ok(Self {
            text_digest: sha256_hex(&text),
            template,
            is_dirty: state == State::Waiting,
            state,
            readings: BTreeMap::new(),
            was_settled: false,
            quiescence: None,
            retry: None,
            written: Vec::new(),
            plugins: Plugins::default(),
            has_plugins_that_wait: false,
            parsed,
            setting,
        })
    }

    /// Whether a run that is to happen once waits for it no more.
    pub(crate) fn is_done(&self) -> bool {
        !self.is_dirty && (self.was_settled || matches!(self.state, State::Failed(_)))
    }

    /// A name for the output of this text at this destination.
    pub(crate) fn fingerprint(&self) -> String {
        let identity = format!("{}\n{}", self.setting.destination, self.text_digest);
        sha256_hex(identity.as_bytes())
    }

    /// Runs the template on what is known, which it gives back.
    pub(crate) fn run(&mut self, brain: Brain) -> Ran {
        let run = Run::new(brain, self.setting.clone(), std::mem::take(&mut self.plugins));
        let result = self.parsed.execute(&Value::Nil, &run).map_err(|error| error.to_string());
        let (brain, plugins, traces) = run.end();
        self.plugins = plugins;
        Ran { brain, traces, result }
    }
}

/// A mark or delimiter that is not given is Go's.
fn parse(template: &Template, text: &[u8]) -> Result<Parsed, Notice> {
    let Delimiters { left, right } = template.delimiters.clone();
    let missing_key = if template.error_on_missing_key { MissingKey::Error } else { MissingKey::Zero };
    let options = Options { left, right, missing_key };
    let allowed = if template.function_denylist.is_empty() {
        functions::table().clone()
    } else {
        functions::table_without(&template.function_denylist)
    };
    let name = match &template.origin {
        Origin::File(path) => path.display().to_string(),
        Origin::Contents(_) => "(dynamic)".to_owned(),
    };
    Parsed::parse(&name, text, &allowed, &options).map_err(|error| {
        let notice =
            Notice::new(crate::config::LogLevel::Error, notice::PARSE, template.display(), error.to_string());
        notice.hint("correct the template at this line")
    })
}

fn sha256_hex(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
