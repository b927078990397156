//! What templates do besides printing: `plugin` runs a program, `writeToFile` writes a file.
//!
//! consul-template does both in every pass, also in the ones whose data are incomplete. Here a run only notes them: a
//! plugin is run once for the data it is called with, and files are written once, when the template is complete.

use std::collections::HashMap;

/// A call of `plugin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PluginCall {
    /// The program.
    pub program: String,
    /// Its arguments, without space around them; empty ones are left out.
    pub arguments: Vec<String>,
    /// The line of the template.
    pub line: usize,
}

/// The outputs of plugins that are already known, by program and arguments.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    outputs: HashMap<(String, Vec<String>), Result<String, String>>,
}

impl Plugins {
    /// The output, or how it failed; `None` when it has to be run first.
    pub(crate) fn output(&self, call: &PluginCall) -> Option<&Result<String, String>> {
        self.outputs.get(&(call.program.clone(), call.arguments.clone()))
    }

    /// Takes in what a plugin printed.
    pub(crate) fn learn(&mut self, call: PluginCall, output: Result<String, String>) {
        self.outputs.insert((call.program, call.arguments), output);
    }

    /// What has failed may be tried again.
    pub(crate) fn forget_failures(&mut self) {
        self.outputs.retain(|_, output| output.is_ok());
    }

    /// What was printed belongs to data of the past.
    pub(crate) fn forget(&mut self) {
        self.outputs.clear();
    }
}

/// A call of `writeToFile`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteToFile {
    /// Where to.
    pub path: String,
    /// The owner's name or number; empty is ours.
    pub user: String,
    /// The group's name or number; empty is ours.
    pub group: String,
    /// The mode.
    pub mode: u32,
    /// Behind what is there, instead of in its place.
    pub append: bool,
    /// What to write.
    pub contents: Vec<u8>,
    /// The line of the template.
    pub line: usize,
}
