//! The config file: who the service is and what it needs, in YAML.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What the config file says. Nothing in it is secret: secrets come from the environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The service's name, on its page and on each line of its log.
    pub(crate) name: String,
    /// The first thing a visitor reads.
    pub(crate) greeting: String,
    /// The address to listen on; every IPv4 address unless set.
    #[serde(default = "every_address")]
    pub(crate) address: String,
    /// The port to listen on; 0 takes a free one and the log says which.
    pub(crate) port: u16,
    /// How long requests in flight may take to finish once the service was told to stop, in seconds.
    #[serde(default = "eight_seconds")]
    pub(crate) shutdown_seconds: u64,
    /// Where visits are kept; without it they are not.
    #[serde(default)]
    pub(crate) database: Option<DatabaseConfig>,
    /// Other services by name, each with the variable that holds its URL.
    #[serde(default)]
    pub(crate) services: BTreeMap<String, String>,
}

/// Which database, and which variables say where it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DatabaseConfig {
    /// A PostgreSQL connection; the value is what its variables begin with, such as `POSTGRES15_PICKLES`.
    Postgres(String),
    /// A file of JSON lines; the value is the variable that holds its path.
    File(String),
}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the config file {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("the config file {path} is wrong: {source}", path = path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: Box<serde_saphyr::Error>,
    },
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is no YAML, lacks a key or has one nobody knows.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        serde_saphyr::from_str(&text)
            .map_err(|source| ConfigError::Wrong { path: path.to_owned(), source: Box::new(source) })
    }
}

fn every_address() -> String {
    "0.0.0.0".to_owned()
}

/// Below the ten seconds that `docker stop` waits before it kills.
fn eight_seconds() -> u64 {
    8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_config_files_are_right() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let container = Config::read(&folder.join("config.yaml")).unwrap();
        assert!(
            matches!(container.database, Some(DatabaseConfig::Postgres(prefix)) if prefix == "POSTGRES15_PICKLES")
        );
        let laptop = Config::read(&folder.join("laptop/config.yaml")).unwrap();
        assert!(
            matches!(laptop.database, Some(DatabaseConfig::File(variable)) if variable == "PICKLES_DATABASE_PATH")
        );
        assert_eq!(container.services, laptop.services);
    }

    #[test]
    fn a_key_nobody_knows_is_named() {
        let error = serde_saphyr::from_str::<Config>("name: a\ngreeting: b\nport: 1\nprot: 2\n").unwrap_err();
        assert!(error.to_string().contains("prot"), "{error}");
    }
}
