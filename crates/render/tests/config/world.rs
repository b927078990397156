//! A world of variables and files that exists only here.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use preflight_render::config::{CommandLine, Environment, Faults, Files, Invocation, Settings, load};

#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<PathBuf, String>,
}

impl World {
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.into(), text.to_owned());
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn load(&self, arguments: &[&str]) -> Result<Settings, Faults> {
        match CommandLine::parse(arguments).expect("the command line is well written") {
            Invocation::Run(line) => load(&line, self, self),
            Invocation::Help => panic!("no help was asked for"),
        }
    }
}

/// The settings of one file.
pub(crate) fn settings(text: &str) -> Settings {
    read(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The faults of one file, as they are told.
pub(crate) fn faults(text: &str) -> String {
    read(text).expect_err("the file is faulty").to_string()
}

pub(crate) fn read(text: &str) -> Result<Settings, Faults> {
    World::default().file("c.hcl", text).load(&["-config", "c.hcl"])
}

impl Environment for World {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

impl Files for World {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn below(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        if self.files.contains_key(path) {
            return Ok(None);
        }
        let below: Vec<_> = self.files.keys().filter(|file| file.starts_with(path)).cloned().collect();
        if below.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(Some(below)) }
    }
}
