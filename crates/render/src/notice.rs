//! What the rendering has to say to people: a class for searches, a sentence, and what to try.

use std::fmt;

use crate::config::LogLevel;

/// One line for the log. The text is neither redacted nor escaped: whoever prints it does both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: LogLevel,
    /// Its stable class, `layer.cause`; every one is in [`CLASSES`].
    pub class: &'static str,
    /// What it is about: a template, a source, a command.
    pub subject: String,
    /// One sentence of evidence.
    pub text: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Notice {
    /// A notice without advice.
    #[must_use]
    pub fn new(
        level: LogLevel,
        class: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self { level, class, subject: subject.into(), text: text.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} [{}] {}", self.subject, self.class, self.text)?;
        match &self.hint {
            Some(hint) => write!(formatter, " — hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Every class of rendering, with what it means. Never renamed, only added.
pub const CLASSES: &[(&str, &str)] = &[
    (MISSING, "something that a template reads is not there, so the template waits for it"),
    (WAITING, "a source has not answered yet, so the templates that read from it wait"),
    (RENDERED, "a file was written"),
    (UNCHANGED, "a file is already as it should be"),
    (OUTAGE, "a source has stopped answering; the last good files stay"),
    (RECOVERED, "a source answers again"),
    (STALE, "what a template reads cannot be read any more; its last value stays in use"),
    (VANISHED, "a key that was there is gone; its last value stays in use"),
    (
        EMPTIED,
        "a service list fell to nothing and the template asks to refuse that; the last list stays in use",
    ),
    (TEMPLATE, "a template failed while it ran"),
    (PARSE, "a template cannot be understood"),
    (WRITE, "a file could not be written"),
    (CHECK, "the check of a staged file failed; the old file stays"),
    (COMMAND, "the command after a template is run"),
    (COMMAND_FAILED, "the command after a template failed"),
    (PLUGIN, "a plugin failed"),
    (LAST_GOOD, "a source is away and the files of an earlier run are used"),
    (CONFIGURATION, "the configuration asks for something that has no effect"),
    (CHILD, "what happened to the child process"),
];

/// See [`CLASSES`].
pub(crate) const MISSING: &str = "render.missing";
/// See [`CLASSES`].
pub(crate) const WAITING: &str = "render.waiting";
/// See [`CLASSES`].
pub(crate) const RENDERED: &str = "render.rendered";
/// See [`CLASSES`].
pub(crate) const UNCHANGED: &str = "render.unchanged";
/// See [`CLASSES`].
pub(crate) const OUTAGE: &str = "render.outage";
/// See [`CLASSES`].
pub(crate) const RECOVERED: &str = "render.recovered";
/// See [`CLASSES`].
pub(crate) const STALE: &str = "render.stale";
/// See [`CLASSES`].
pub(crate) const VANISHED: &str = "render.vanished";
/// See [`CLASSES`].
pub(crate) const EMPTIED: &str = "render.emptied";
/// See [`CLASSES`].
pub(crate) const TEMPLATE: &str = "render.template_failed";
/// See [`CLASSES`].
pub(crate) const PARSE: &str = "render.template_invalid";
/// See [`CLASSES`].
pub(crate) const WRITE: &str = "render.write_failed";
/// See [`CLASSES`].
pub(crate) const CHECK: &str = "render.check_failed";
/// See [`CLASSES`].
pub(crate) const COMMAND: &str = "render.command";
/// See [`CLASSES`].
pub(crate) const COMMAND_FAILED: &str = "render.command_failed";
/// See [`CLASSES`].
pub(crate) const PLUGIN: &str = "render.plugin_failed";
/// See [`CLASSES`].
pub(crate) const LAST_GOOD: &str = "render.last_good";
/// See [`CLASSES`].
pub(crate) const CONFIGURATION: &str = "render.configuration";
/// See [`CLASSES`].
pub const CHILD: &str = "render.child";

/// A class of a source's failure, for documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceClass {
    /// `layer.cause`
    pub name: &'static str,
    /// What to try.
    pub hint: &'static str,
    /// Whether it can go away by itself.
    pub heals: bool,
}

/// The classes of all failures of sources.
pub fn source_classes() -> impl Iterator<Item = SourceClass> {
    preflight_sources::Cause::ALL.iter().map(|cause| SourceClass {
        name: cause.class(),
        hint: cause.hint(),
        heals: cause.heals(),
    })
}
