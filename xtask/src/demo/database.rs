//! Where the demo's service keeps its visits: a file, for which nothing is installed, or a real PostgreSQL.

use crate::failure::Failure;
use crate::servers::fleet::Fleet;
use crate::servers::ledger::Ledger;
use crate::servers::{REGISTRY, Server, need, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The prefix of the PostgreSQL connection's variables in the service's contract.
const PREFIX: &str = "POSTGRES15_PICKLES";

/// A database, and how the service is told of it.
pub(super) struct Database {
    /// The service's contract with this kind of database.
    pub(super) contract: PathBuf,
    /// The service's config file with this kind of database.
    pub(super) config: PathBuf,
    /// The variables that say where it is.
    pub(super) variables: Vec<(String, String)>,
    // Stops the server, then removes its folder.
    _server: Option<RunningServer>,
}

impl Database {
    /// A file in this folder, empty.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn file(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("visits.jsonl");
        fs::write(&path, "").map_err(Failure::io("write", path.display()))?;
        let laptop = root().join("services/mock-service/laptop");
        Ok(Self {
            contract: laptop.join("preflight.yaml"),
            config: laptop.join("config.yaml"),
            variables: vec![("PICKLES_DATABASE_PATH".to_owned(), path.display().to_string())],
            _server: None,
        })
    }

    /// The PostgreSQL server of the tests, started for this; the folder is for the config file.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start.
    pub(super) fn postgres(folder: &Path) -> Result<Self, Failure> {
        let server = RunningServer::start("postgres")?;
        let service = root().join("services/mock-service");
        let shipped = service.join("config.yaml");
        let text = fs::read_to_string(&shipped).map_err(Failure::io("read", shipped.display()))?;
        let config = folder.join("config.yaml");
        let text = text.replace("port: 8080", "address: 127.0.0.1\nport: 0");
        fs::write(&config, text).map_err(Failure::io("write", config.display()))?;
        let attributes = [
            ("ADDRESS", "host"),
            ("PORT", "port"),
            ("USERNAME", "username"),
            ("PASSWORD", "password"),
            ("DATABASE", "database"),
        ];
        let variables = attributes
            .iter()
            .map(|(attribute, fact)| Ok((format!("{PREFIX}_{attribute}"), server.fact(fact)?)))
            .collect::<Result<_, Failure>>()?;
        Ok(Self { contract: service.join("preflight.yaml"), config, variables, _server: Some(server) })
    }
}

/// One of the tests' servers, in a folder of its own; stopped when dropped.
struct RunningServer {
    name: &'static str,
    ledger: Arc<Ledger>,
    facts: serde_json::Map<String, serde_json::Value>,
    _folder: TempDir,
}

impl RunningServer {
    fn start(name: &'static str) -> Result<Self, Failure> {
        let servers: Vec<&'static dyn Server> =
            REGISTRY.iter().copied().filter(|server| server.name() == name).collect();
        let missing = need::missing(&servers, &need::store());
        if let Some(missing) = missing.first() {
            let hint = format!("install it, or run the demo without --{name}");
            return Err(Failure::Missing { what: missing.need.label().to_owned(), hint });
        }
        let folder = tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))?;
        let fleet = Fleet::open(folder.path(), folder.path())?;
        // Made before the start, so that what was started half way is stopped as well.
        let mut running =
            Self { name, ledger: fleet.ledger(), facts: serde_json::Map::new(), _folder: folder };
        fleet.start(&servers)?;
        running.facts = fleet.living_facts()?;
        Ok(running)
    }

    fn fact(&self, name: &str) -> Result<String, Failure> {
        let fact = self.facts.get(self.name).and_then(|facts| facts.get(name));
        let text = fact.map(|fact| fact.as_str().map_or_else(|| fact.to_string(), str::to_owned));
        text.ok_or_else(|| Failure::Missing {
            what: format!("{name} of {}", self.name),
            hint: "the server's facts have changed".to_owned(),
        })
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.ledger.stop(None);
    }
}
