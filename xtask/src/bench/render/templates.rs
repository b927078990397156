//! Templates, what Consul must hold for them, and the configuration that both programs read.

use crate::bench::scenario::{folder, write};
use crate::failure::Failure;
use crate::servers::root;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How many templates the large set has, and how many keys each of them reads.
const MANY: (usize, usize) = (1000, 10);

/// Templates in a folder, with a configuration file for each program that writes into a folder of that program's.
pub(super) struct Set {
    /// What it is called in the table.
    pub(super) title: &'static str,
    sources: Vec<PathBuf>,
    folder: TempDir,
}

impl Set {
    /// A hundred keys of one folder, a line each.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn hundred() -> Result<Self, Failure> {
        let folder = folder()?;
        let lines =
            (0..100).map(|number| format!("KEY_{number} = {{{{ key \"{}\" }}}}\n", hundredth(number)));
        let source = write(folder.path(), "hundred.ctmpl", &lines.collect::<String>())?;
        Ok(Self { title: "100 keys", sources: vec![source], folder })
    }

    /// The example's settings of a service.
    ///
    /// # Errors
    /// When no folder can be made for it.
    pub(super) fn service() -> Result<Self, Failure> {
        let source = root().join("examples/templates/config.py.ctmpl");
        Ok(Self { title: "100 keys, 15 services (config.py)", sources: vec![source], folder: folder()? })
    }

    /// Many templates.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(super) fn many() -> Result<Self, Failure> {
        let folder = folder()?;
        let (templates, keys) = MANY;
        let source = |template: usize| {
            let mut text = String::new();
            for key in 0..keys {
                let name = thousandth(template, key);
                // Writing into a text cannot fail.
                let _ = writeln!(text, "KEY_{key} = {{{{ key \"{name}\" }}}}");
            }
            write(folder.path(), &format!("{template}.ctmpl"), &text)
        };
        let sources = (0..templates).map(source).collect::<Result<_, _>>()?;
        Ok(Self { title: "1,000 templates, 10,000 keys", sources, folder })
    }

    /// Writes the configuration of that program.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn configuration(&self, program: &str, consul: u16) -> Result<PathBuf, Failure> {
        let mut text = format!("consul {{ address = \"127.0.0.1:{consul}\" }}\n");
        for (source, destination) in self.sources.iter().zip(self.destinations(program)) {
            let (source, destination) = (source.display(), destination.display());
            let _ = writeln!(text, "template {{ source = \"{source}\" destination = \"{destination}\" }}");
        }
        write(self.folder.path(), &format!("{program}.hcl"), &text)
    }

    /// The folder that a program writes into, which is made by the program.
    pub(super) fn output(&self, program: &str) -> PathBuf {
        self.folder.path().join(program)
    }

    /// The folder alone, which is removed when it is dropped.
    pub(super) fn into_folder(self) -> TempDir {
        self.folder
    }

    /// The files that a program writes.
    pub(super) fn destinations(&self, program: &str) -> Vec<PathBuf> {
        let name = |source: &PathBuf| source.file_stem().unwrap_or_default().to_owned();
        self.sources.iter().map(|source| self.output(program).join(name(source))).collect()
    }
}

/// Every key that the sets read, with its value.
///
/// # Errors
/// When the example's seed cannot be read.
pub(super) fn keys() -> Result<Vec<(String, String)>, Failure> {
    let hundred = (0..100).map(|number| (hundredth(number), format!("the value of key {number}")));
    let (templates, keys) = MANY;
    let many = (0..templates * keys)
        .map(|number| (thousandth(number / keys, number % keys), format!("value {number} of ten thousand")));
    let seed = seed()?;
    let examples = seed["keys"].as_object().into_iter().flatten();
    let examples = examples.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
    Ok(hundred.chain(many).chain(examples).collect())
}

/// The example's services, as Consul's catalog takes them.
///
/// # Errors
/// When the example's seed cannot be read.
pub(super) fn services() -> Result<Vec<String>, Failure> {
    Ok(seed()?["services"].as_array().into_iter().flatten().map(Value::to_string).collect())
}

/// A key of the first set.
pub(super) fn hundredth(number: usize) -> String {
    format!("hundred/key-{number:03}")
}

fn thousandth(template: usize, key: usize) -> String {
    format!("many/app-{template:03}/key-{key}")
}

fn seed() -> Result<Value, Failure> {
    let path: &Path = &root().join("examples/seed.json");
    let text = fs::read(path).map_err(Failure::io("read", path.display()))?;
    serde_json::from_slice(&text).map_err(|source| Failure::Json { path: path.to_owned(), source })
}
