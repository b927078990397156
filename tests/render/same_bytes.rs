//! The same bytes as consul-template: every template of ours, and the whole configuration of a service.

use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::consul::Consul;
use crate::folder::{self, Files};
use crate::peer::Peer;
use crate::{program, seed};

/// Writes what the real consul-template makes into `expected/` when it is set.
const KEEP: &str = "PREFLIGHT_KEEP_EXPECTED";

/// What `file "input.txt"` reads.
pub(crate) const INPUT: &str = "first line\nsecond \"line\"\n";

/// One test a template, and one for a directory of configuration files.
pub(crate) fn trials(peer: &Peer) -> Vec<Trial> {
    let names = names_of_templates(&here().join("templates"));
    let mut trials: Vec<Trial> = names.into_iter().map(|name| trial(peer, Set::Template(name))).collect();
    trials.push(trial(peer, Set::Directory));
    trials.push(trial(peer, Set::OldStyle));
    trials
}

/// What is rendered at once.
#[derive(Clone)]
enum Set {
    /// One template of `templates/`, by its name without the ending.
    Template(String),
    /// The configuration directory of `examples/`.
    Directory,
    /// The single configuration file there, without the child that it would run.
    OldStyle,
}

fn trial(peer: &Peer, set: Set) -> Trial {
    let peer = peer.clone();
    Trial::test(format!("same bytes: {}", set.name()), move || prove(&peer, &set).map_err(Into::into))
}

/// The names of a folder's templates, without their ending, sorted.
pub(crate) fn names_of_templates(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the templates can be listed");
    let names = entries.map(|entry| entry.expect("a template").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".ctmpl").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

fn prove(peer: &Peer, set: &Set) -> Result<(), String> {
    let expected = match peer {
        Peer::Real(real) => rendered(real, set)?,
        Peer::Kept => set.kept()?,
    };
    if let Peer::Real(_) = peer {
        held_against_what_is_kept(set, &expected)?;
    }
    let told = folder::difference(&expected, &rendered(&program::ours(), set)?);
    if told.is_empty() { Ok(()) } else { Err(told) }
}

/// Renders into a new folder and gives what was written there.
fn rendered(with: &Path, set: &Set) -> Result<Files, String> {
    let consul = set.consul()?;
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    set.lay_out(place.path()).map_err(|error| error.to_string())?;
    let address = consul.address();
    let mut arguments = vec!["-once", "-log-level", "err", "-consul-addr", &address];
    let own = set.arguments();
    arguments.extend(own.iter().map(String::as_str));
    let output = program::run(with, place.path(), &arguments)?;
    if !output.status.success() {
        return Err(format!("{}: {}", with.display(), program::told(&output)));
    }
    let files = folder::read(&place.path().join("out"))?;
    if files.is_empty() { Err(format!("{} wrote nothing", with.display())) } else { Ok(files) }
}

/// The files in the repository must be what the real one writes, or those without it compare with something else.
fn held_against_what_is_kept(set: &Set, expected: &Files) -> Result<(), String> {
    if keeps_anew() {
        return set.keep(expected).map_err(|error| error.to_string());
    }
    let told = folder::difference(&set.kept()?, expected);
    if told.is_empty() {
        return Ok(());
    }
    Err(format!("expected/ is not what consul-template writes; {KEEP}=1 keeps it anew:\n{told}"))
}

/// Whether what the real one writes is to be kept anew.
pub(crate) fn keeps_anew() -> bool {
    std::env::var_os(KEEP).is_some()
}

/// The agent that has the seed of `tests/render/seed.json`.
pub(crate) fn consul_of_features() -> Result<Consul, String> {
    static FEATURES: OnceLock<Result<Consul, String>> = OnceLock::new();
    FEATURES.get_or_init(|| seeded(&here().join("seed.json"))).clone()
}

fn consul_of_examples() -> Result<Consul, String> {
    static EXAMPLES: OnceLock<Result<Consul, String>> = OnceLock::new();
    EXAMPLES.get_or_init(|| seeded(&seed::project().join("examples/seed.json"))).clone()
}

/// A new agent with a seed.
pub(crate) fn seeded(file: &Path) -> Result<Consul, String> {
    let consul = Consul::start()?;
    seed::load(&consul, file)?;
    Ok(consul)
}

/// The folder of these tests.
pub(crate) fn here() -> PathBuf {
    seed::project().join("tests/render")
}

impl Set {
    fn name(&self) -> String {
        match self {
            Self::Template(name) => name.clone(),
            Self::Directory => "examples, a directory".to_owned(),
            Self::OldStyle => "examples, one file".to_owned(),
        }
    }

    /// The agent with the right seed; one agent serves all sets of a seed.
    fn consul(&self) -> Result<Consul, String> {
        match self {
            Self::Template(_) => consul_of_features(),
            Self::Directory | Self::OldStyle => consul_of_examples(),
        }
    }

    fn lay_out(&self, place: &Path) -> std::io::Result<()> {
        match self {
            Self::Template(name) => {
                std::fs::write(place.join("input.txt"), INPUT)?;
                let template = format!("{name}.ctmpl");
                std::fs::copy(here().join("templates").join(&template), place.join(template)).map(drop)
            }
            Self::Directory | Self::OldStyle => folder::copy(&seed::project().join("examples"), place),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Template(name) => return vec!["-template".to_owned(), format!("{name}.ctmpl:out/{name}")],
            Self::Directory => &["-config", "consul-template.d"],
            Self::OldStyle => &["-config", "consul-template.conf", "-exec", "true"],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn kept_folder(&self) -> PathBuf {
        let expected = here().join("expected");
        match self {
            Self::Template(_) => expected.join("templates"),
            Self::Directory => expected.join("directory"),
            Self::OldStyle => expected.join("one-file"),
        }
    }

    fn kept(&self) -> Result<Files, String> {
        let mut files = folder::read(&self.kept_folder())?;
        if let Self::Template(name) = self {
            files.retain(|file, _| file == name);
        }
        if files.is_empty() {
            return Err(format!("nothing is kept in {}", self.kept_folder().display()));
        }
        // A repository knows of no modes but one.
        Ok(files.into_iter().map(|(name, file)| (name, folder::File { mode: None, ..file })).collect())
    }

    fn keep(&self, files: &Files) -> std::io::Result<()> {
        let folder = self.kept_folder();
        std::fs::create_dir_all(&folder)?;
        files.iter().try_for_each(|(name, file)| std::fs::write(folder.join(name), &file.contents))
    }
}
