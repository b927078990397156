//! Where the scenes are played: the programs, a temporary folder, and the other services.

use super::claim::Broken;
use super::database::Database;
use super::play::Play;
use crate::failure::Failure;
use crate::servers::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What all scenes share. Dropped, it leaves nothing behind.
pub(super) struct Stage {
    folder: TempDir,
    programs: PathBuf,
    entrypoint: PathBuf,
    database: Database,
    catalog_url: String,
    // Lives as long as the stage.
    _catalog: Play,
}

impl Stage {
    /// Makes the folder and starts the catalog: another copy of the mock service, which needs nothing.
    ///
    /// # Errors
    /// When something cannot be written or started.
    pub(super) fn set_up(postgres: bool) -> Result<Self, Broken> {
        let folder = tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))?;
        let programs = folder_of_this_program()?;
        let config = folder.path().join("catalog.yaml");
        let text = "name: catalog\ngreeting: I know all the pickles.\naddress: 127.0.0.1\nport: 0\n";
        fs::write(&config, text).map_err(Failure::io("write", config.display()))?;
        let mut catalog = Play::start_hidden(
            Command::new(programs.join("mock-service")).arg("--config").arg(&config).env_clear(),
        )?;
        let catalog_url = url_in(&catalog.until("listening on ")?).to_owned();
        let entrypoint = root().join("services/mock-service/entrypoint.sh");
        let database =
            if postgres { Database::postgres(folder.path())? } else { Database::file(folder.path())? };
        Ok(Self { folder, programs, entrypoint, database, catalog_url, _catalog: catalog })
    }

    /// The entrypoint in an environment that says nothing of what the service needs.
    pub(super) fn entrypoint(&self) -> Command {
        let mut path = self.programs.clone().into_os_string();
        path.push(":/usr/local/bin:/usr/bin:/bin");
        let mut command = Command::new(&self.entrypoint);
        command.current_dir(self.folder.path()).env_clear();
        command.env("PATH", path).env("PREFLIGHT_CONFIG", self.contract());
        command
    }

    /// The entrypoint in an environment that says everything, with the payments service at this URL.
    pub(super) fn configured_entrypoint(&self, payments: &str) -> Command {
        let mut command = self.entrypoint();
        command.env("MOCK_SERVICE_CONFIG", &self.database.config);
        command.envs(self.database.variables.iter().map(|(name, value)| (name, value)));
        command.env("HTTP_CATALOG_URL", &self.catalog_url).env("HTTP_PAYMENTS_URL", payments);
        command
    }

    /// The service's contract.
    pub(super) fn contract(&self) -> &Path {
        &self.database.contract
    }

    /// The variables without which the service has no database.
    pub(super) fn database_variables(&self) -> impl Iterator<Item = &str> {
        const OPTIONAL: [&str; 2] = ["_PORT", "_DATABASE"];
        let names = self.database.variables.iter().map(|(name, _)| name.as_str());
        names.filter(|name| !OPTIONAL.iter().any(|optional| name.ends_with(optional)))
    }
}

/// The URL in the service's `listening on` line.
pub(super) fn url_in(line: &str) -> &str {
    line.split(' ').find(|word| word.starts_with("http://")).unwrap_or_default()
}

/// Cargo puts the programs it builds beside this one.
fn folder_of_this_program() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::io("find", "this program"))?;
    Ok(program.parent().unwrap_or(Path::new(".")).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_found_in_the_services_line() {
        let line = "2026-01-01T00:00:00.000Z pickles info listening on http://127.0.0.1:4321/ as process 7";
        assert_eq!(url_in(line), "http://127.0.0.1:4321/");
    }
}
