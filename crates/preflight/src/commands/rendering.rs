//! What `render` and `run` share: how a contract's templates become settings, and the lines that tell of them.

mod declared;
mod log;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use preflight_contract::{Contract, secrets_of};
use preflight_render::config::{CommandLine, Declared, Environment, FileSystem, Settings, load_over};

use self::declared::declared;
pub(crate) use self::log::Log;
use crate::environment;
use crate::exit::Exit;

/// What is rendered and how, and what must never be shown of it.
#[derive(Clone)]
pub(crate) struct Configured {
    pub(crate) settings: Arc<Settings>,
    pub(crate) secrets: Vec<String>,
}

/// Everything that is wrong, a line each, and the code for it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) faults: Vec<String>,
    pub(crate) exit: Exit,
}

/// Lays the command line and variables over what a contract declares, as consul-template lays its layers over each other.
///
/// # Errors
/// All faults of one of them.
pub(crate) fn configured(
    contract: Option<&(PathBuf, Contract)>,
    line: &CommandLine,
    variables: &dyn Environment,
) -> Result<Configured, Refused> {
    let mut secrets = environment::secrets_among(environment::readable());
    let mut lowest = Declared::default();
    if let Some((path, contract)) = contract {
        let environment = environment::of_process();
        secrets.extend(environment::secrets(contract, &environment));
        let variable = |name: &str| environment.lookup(name).ok().flatten().map(|found| found.value);
        lowest = declared(contract, &path.display().to_string(), &variable)
            .map_err(|faults| Refused { faults, exit: Exit::Contract })?;
    }
    let settings = load_over(&lowest, line, variables, &FileSystem).map_err(|faults| Refused {
        exit: Exit::Render(faults.exit_code()),
        faults: faults.0.iter().map(ToString::to_string).collect(),
    })?;
    secrets.extend(settings.secrets().into_iter().map(str::to_owned));
    secrets.extend(secrets_of_programs(&settings));
    secrets.extend(settings.secret_files().into_iter().filter_map(secret_of));
    Ok(Configured { settings: Arc::new(settings), secrets })
}

/// What the child and commands are given: in variables, and as `--password=…`.
fn secrets_of_programs(settings: &Settings) -> Vec<String> {
    let children = settings.exec.iter().chain(settings.templates.iter().filter_map(|one| one.exec.as_ref()));
    let custom = children.clone().flat_map(|child| &child.environment.custom);
    let variables = custom.filter_map(|pair| pair.split_once('='));
    let mut found =
        environment::secrets_among(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for child in children {
        found.extend(secrets_of("", None, &child.command.argv().join(" ")));
    }
    found
}

/// A file that cannot be read is told by who needs it.
fn secret_of(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
