//! From command line, files and environment to [`Settings`]: every layer is read, the later laid over the earlier.
//!
//! The command line goes before `CT_LOCAL_CONFIG`, that before the files in the order in which they were named, they
//! before environment variables, those before the defaults.

use std::path::{Path, PathBuf};

use super::command_line::CommandLine;
use super::declared::Declared;
use super::faults::{Fault, FaultKind, Faults, Place};
use super::layer::{Block, Layer, Reader, Templates};
use super::resolve;
use super::settings::Settings;
use super::surroundings::{Environment, Files};

/// The variable that holds a whole configuration, in HCL or JSON.
pub const LOCAL_CONFIG: &str = "CT_LOCAL_CONFIG";

/// Reads everything that `line` names and settles what it means.
///
/// # Errors
/// Every fault of every file, of the environment and of the templates' settings.
pub fn load(
    line: &CommandLine,
    environment: &dyn Environment,
    files: &dyn Files,
) -> Result<Settings, Faults> {
    load_over(&Declared::default(), line, environment, files)
}

/// As [`load`], over what a contract declares: its templates come first, its other settings give way to all others but
/// variables and defaults.
///
/// # Errors
/// As [`load`].
pub fn load_over(
    declared: &Declared,
    line: &CommandLine,
    environment: &dyn Environment,
    files: &dyn Files,
) -> Result<Settings, Faults> {
    let mut loader = Loader { files, faults: Vec::new(), notes: Vec::new() };
    let mut base = declared.layer();
    for path in &line.config_paths {
        loader.path(path, &mut base);
    }
    let over = loader.overrides(line, environment);
    let all_fatal = over.template_error_fatal;
    base.lay_over(over);
    if let Some(fatal) = all_fatal {
        override_error_fatal(&mut base.templates, fatal);
    }
    let Loader { faults, notes, .. } = loader;
    resolve::settings(base, line.dry, resolve::Resolver { environment, files, faults, notes })
}

/// Reads one configuration text, as if it stood in a file called `origin`, without any environment.
///
/// # Errors
/// Every fault of the text.
pub fn check(origin: &str, text: &str) -> Result<(), Faults> {
    let mut reader = Reader::new(origin, FaultKind::Configuration);
    read_text(text, &mut Layer::default(), &mut reader);
    if reader.faults.is_empty() { Ok(()) } else { Err(Faults(reader.faults)) }
}

fn override_error_fatal(templates: &mut Templates, fatal: bool) {
    for (_, template) in &mut templates.0 {
        template.error_fatal = Some(fatal);
    }
}

struct Loader<'a> {
    files: &'a dyn Files,
    faults: Vec<Fault>,
    notes: Vec<String>,
}

impl Loader<'_> {
    /// A file, or all files of a folder.
    fn path(&mut self, path: &Path, base: &mut Layer) {
        match self.files.below(path) {
            Ok(None) => self.file(path, base),
            Ok(Some(paths)) => paths.iter().for_each(|path| self.file(path, base)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.fault(path, "missing file or folder".to_owned());
            }
            Err(error) => self.fault(path, format!("cannot be read: {error}")),
        }
    }

    fn file(&mut self, path: &Path, base: &mut Layer) {
        match self.files.read(path) {
            Ok(text) => {
                let layer = self.text(&path.display().to_string(), FaultKind::Configuration, &text);
                base.lay_over(layer);
            }
            Err(error) => self.fault(path, format!("cannot be read: {error}")),
        }
    }

    fn text(&mut self, origin: &str, kind: FaultKind, text: &str) -> Layer {
        let mut reader = Reader::new(origin, kind);
        let mut layer = Layer::default();
        read_text(text, &mut layer, &mut reader);
        self.faults.append(&mut reader.faults);
        self.notes.append(&mut reader.notes);
        layer
    }

    /// `CT_LOCAL_CONFIG` and the command line.
    fn overrides(&mut self, line: &CommandLine, environment: &dyn Environment) -> Layer {
        let local = environment.variable(LOCAL_CONFIG).filter(|text| !text.is_empty());
        let mut layer =
            local.map_or_else(Layer::default, |text| self.text(LOCAL_CONFIG, FaultKind::CommandLine, &text));
        layer.lay_over(line.layer.clone());
        if let Some(message) = &line.wrong_log_level {
            self.faults.push(Fault {
                kind: FaultKind::Configuration,
                place: Place::whole("command line"),
                message: message.clone(),
                hint: None,
            });
        }
        layer
    }

    fn fault(&mut self, path: &Path, message: String) {
        let place = Place::whole(&path.display().to_string());
        self.faults.push(Fault { kind: FaultKind::Configuration, place, message, hint: None });
    }
}

fn read_text(text: &str, layer: &mut Layer, reader: &mut Reader) {
    match preflight_hcl::parse(text) {
        Ok(object) => layer.read_items(&object, reader),
        Err(error) => reader.fault_at(error.position, error.problem.to_string()),
    }
}

/// A path that was named, unless it is empty.
pub(super) fn given_path(path: Option<String>) -> Option<PathBuf> {
    path.filter(|path| !path.is_empty()).map(PathBuf::from)
}
