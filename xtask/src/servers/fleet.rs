//! Many servers at once: started in parallel, their facts in one file, stopped whatever happens.

use super::certificates::Certificates;
use super::ledger::Ledger;
use super::workspace::Workspace;
use super::{Server, need};
use crate::failure::Failure;
use serde_json::{Map, Value};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// How many lines of a failed server's logs are shown.
const TAIL: usize = 30;

/// A set of servers below one temporary folder.
pub struct Fleet {
    folder: PathBuf,
    facts: PathBuf,
    certificates: Arc<Certificates>,
    ledger: Arc<Ledger>,
}

impl Fleet {
    /// Uses `folder` for the servers and their certificates, `record` for the facts (`servers.json`) and for the list
    /// of processes (`processes.json`).
    ///
    /// # Errors
    /// When the folders cannot be made or hold something unreadable.
    pub fn open(folder: &Path, record: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(record).map_err(Failure::io("make", record.display()))?;
        // Servers run as users of their own, who must be able to walk through it.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .map_err(Failure::io("set the mode of", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            facts: record.join("servers.json"),
            certificates: Arc::new(Certificates::open(&folder.join("certificates"))?),
            ledger: Arc::new(Ledger::open(&record.join("processes.json"))?),
        })
    }

    /// The facts file.
    pub fn facts(&self) -> &Path {
        &self.facts
    }

    /// The list of processes, which knows how to stop them.
    pub fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger)
    }

    /// Starts those of the servers that do not run yet, all at once, and writes the facts of those that run.
    ///
    /// # Errors
    /// When a server did not start; why, with the end of its logs, was printed, and the others run.
    pub fn start(&self, servers: &[&'static dyn Server]) -> Result<(), Failure> {
        let mut facts = self.living_facts()?;
        facts.insert("certificates".to_owned(), self.certificates.facts());
        let missing: Vec<_> =
            servers.iter().copied().filter(|server| !facts.contains_key(server.name())).collect();
        let mut failed = Vec::new();
        for (server, outcome) in self.start_all(&missing) {
            match outcome {
                Ok(value) => {
                    facts.insert(server.name().to_owned(), value);
                }
                Err(failure) => {
                    self.report(server.name(), &failure);
                    failed.push(server.name().to_owned());
                }
            }
        }
        self.write_facts(&facts)?;
        if failed.is_empty() { Ok(()) } else { Err(Failure::NotStarted { names: failed }) }
    }

    /// The facts of an earlier start, of those servers whose processes all still live.
    ///
    /// # Errors
    /// When the facts file cannot be read.
    pub fn living_facts(&self) -> Result<Map<String, Value>, Failure> {
        let mut facts = match fs::read(&self.facts) {
            Ok(text) => serde_json::from_slice::<Map<String, Value>>(&text)
                .map_err(|source| Failure::Json { path: self.facts.clone(), source })?,
            Err(_) => Map::new(),
        };
        facts.retain(|name, _| self.ledger.is_running(name));
        Ok(facts)
    }

    fn start_all(
        &self,
        servers: &[&'static dyn Server],
    ) -> Vec<(&'static dyn Server, Result<Value, Failure>)> {
        std::thread::scope(|scope| {
            let running: Vec<_> =
                servers.iter().map(|&server| (server, scope.spawn(move || self.start_one(server)))).collect();
            let joined = running.into_iter().map(|(server, thread)| {
                let panicked = Failure::Panicked { server: server.name().to_owned() };
                (server, thread.join().unwrap_or(Err(panicked)))
            });
            joined.collect()
        })
    }

    fn start_one(&self, server: &'static dyn Server) -> Result<Value, Failure> {
        let began = Instant::now();
        // What is left of a former start, if some of its processes died.
        self.ledger.stop(Some(server.name()));
        let (certificates, ledger) = (Arc::clone(&self.certificates), Arc::clone(&self.ledger));
        let workspace = Workspace::new(server.name(), &self.folder, &need::store(), certificates, ledger)?;
        let facts = server.start(&workspace)?;
        println!("started {} in {:.1} s", server.name(), began.elapsed().as_secs_f64());
        Ok(facts)
    }

    fn report(&self, server: &str, failure: &Failure) {
        eprintln!("server {server} could not be had: failed to {failure}");
        for process in self.ledger.of(server) {
            eprintln!("--- the end of {}:\n{}", process.log.display(), process.log_tail(TAIL));
        }
        eprintln!("hint: run again with --without {server} to leave it out");
        self.ledger.stop(Some(server));
    }

    fn write_facts(&self, facts: &Map<String, Value>) -> Result<(), Failure> {
        let path = &self.facts;
        let text = serde_json::to_vec_pretty(facts)
            .map_err(|source| Failure::Json { path: path.clone(), source })?;
        fs::write(path, text).map_err(Failure::io("write", path.display()))
    }
}
