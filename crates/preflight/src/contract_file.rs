//! Finding and reading `preflight.yaml`.

use std::path::{Path, PathBuf};

use preflight_checks::registry;
use preflight_contract::{Contract, parse_bytes};

use crate::exit::Exit;
use crate::output::print_error;

/// Where the contract is looked for when nobody says where it is, in this order.
const PLACES: &[&str] = &["./preflight.yaml", "./preflight.yml", "/etc/preflight/preflight.yaml"];

/// Reads the contract: of `--config`, of `PREFLIGHT_CONFIG`, or of the first of the usual places.
///
/// # Errors
/// [`Exit::Contract`] when there is none or it is wrong; all that is wrong has been printed on standard error.
pub(crate) fn load(config: Option<&Path>) -> Result<Contract, Exit> {
    let path = find(config)?;
    let bytes = read(&path)?;
    parse_bytes(&path.display().to_string(), &bytes, &registry::vocabulary()).map_err(|faults| {
        print_error(&faults.to_string());
        Exit::Contract
    })
}

/// The contract and where it is, if there is one: of `PREFLIGHT_CONFIG`, or of the first of the usual places.
///
/// # Errors
/// [`Exit::Contract`] when it is wrong; all that is wrong has been printed on standard error.
pub(crate) fn load_if_any() -> Result<Option<(PathBuf, Contract)>, Exit> {
    let named = std::env::var_os("PREFLIGHT_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = || PLACES.iter().map(Path::new).find(|path| path.exists()).map(Path::to_owned);
    let Some(path) = named.or_else(usual) else { return Ok(None) };
    let contract = load(Some(&path))?;
    Ok(Some((path, contract)))
}

/// The contract that is named, or the one at the usual places if there is one; and where it is.
///
/// # Errors
/// [`Exit::Contract`] when it is wrong, or named and not there; all that is wrong has been printed on standard error.
pub(crate) fn load_named_or_any(config: Option<&Path>) -> Result<Option<(PathBuf, Contract)>, Exit> {
    match config {
        Some(path) => load(Some(path)).map(|contract| Some((path.to_owned(), contract))),
        None => load_if_any(),
    }
}

/// The contract if there is a good one, and where it is; says nothing if there is not.
pub(crate) fn load_if_there(config: Option<&Path>) -> Option<(PathBuf, Contract)> {
    let path = config.or_else(|| PLACES.iter().map(Path::new).find(|path| path.exists()))?;
    let bytes = std::fs::read(path).ok()?;
    let contract = parse_bytes(&path.display().to_string(), &bytes, &registry::vocabulary()).ok()?;
    Some((path.to_owned(), contract))
}

fn find(config: Option<&Path>) -> Result<PathBuf, Exit> {
    if let Some(path) = config {
        return Ok(path.to_owned());
    }
    let found = PLACES.iter().map(Path::new).find(|path| path.exists());
    found.map(Path::to_owned).ok_or_else(|| {
        print_error(&format!(
            "preflight: no contract found; looked for {}\n\
             hint: name it with --config FILE or PREFLIGHT_CONFIG, or put preflight.yaml into the working directory",
            PLACES.join(", ")
        ));
        Exit::Contract
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    std::fs::read(path).map_err(|error| {
        print_error(&format!(
            "preflight: the contract {} cannot be read: {error}\n\
             hint: check the path, and that the container's user may read the file",
            path.display()
        ));
        Exit::Contract
    })
}
