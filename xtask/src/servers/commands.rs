//! `cargo xtask servers start|stop|status|list`: servers that outlive the command, for work on a checker.

use super::fleet::Fleet;
use super::{Need, REGISTRY, Server, home, need};
use crate::failure::Failure;
use crate::interrupt::on_interrupt;
use clap::{Args, Subcommand};
use std::fs::{self, File};
use std::path::PathBuf;

/// What to do with the test servers.
#[derive(Subcommand)]
pub enum Servers {
    /// Start servers in the background and print the path of their facts file
    Start(Selection),
    /// Stop what `start` started, all of it or only some
    Stop(Selection),
    /// Say which servers run
    Status,
    /// List all servers, what they are for and what they need
    List,
}

/// Which servers.
#[derive(Args, Clone, Default)]
pub struct Selection {
    /// Only these servers
    #[arg(long, visible_alias = "only-servers", value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<String>,
    /// Leave these servers out, and with them the tests that need them
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub without: Vec<String>,
}

impl Selection {
    /// The servers to start, and the names of those that are left out; one that is optional and not here is left out,
    /// aloud, unless it was named.
    ///
    /// # Errors
    /// When a name is not a server's.
    pub fn split(&self) -> Result<(Vec<&'static dyn Server>, Vec<&'static str>), Failure> {
        let (meant, mut left_out) = self.meant()?;
        let named = |server: &dyn Server| self.only.iter().any(|name| name == server.name());
        let (chosen, absent): (Vec<_>, Vec<_>) =
            meant.into_iter().partition(|server| named(*server) || can_be_had(*server));
        left_out.extend(absent.iter().map(|server| server.name()));
        Ok((chosen, left_out))
    }

    /// The servers that are meant, and the names of all others.
    ///
    /// # Errors
    /// When a name is not a server's.
    fn meant(&self) -> Result<(Vec<&'static dyn Server>, Vec<&'static str>), Failure> {
        let known = |name: &&String| REGISTRY.iter().any(|server| server.name() == name.as_str());
        if let Some(unknown) = self.only.iter().chain(&self.without).find(|name| !known(name)) {
            let names: Vec<_> = REGISTRY.iter().map(|server| server.name()).collect();
            return Err(Failure::Missing {
                what: format!("server {unknown}"),
                hint: format!("there are {}", names.join(", ")),
            });
        }
        let meant = |server: &&'static dyn Server| {
            let is = |name: &String| name == server.name();
            (self.only.is_empty() || self.only.iter().any(is)) && !self.without.iter().any(is)
        };
        let (chosen, left_out): (Vec<_>, Vec<_>) = REGISTRY.iter().copied().partition(meant);
        Ok((chosen, left_out.iter().map(|server| server.name()).collect()))
    }
}

/// Whether it is one of those that every run has; says why if it is not.
fn can_be_had(server: &dyn Server) -> bool {
    let why = server.left_out(&need::store());
    if let Some(why) = &why {
        println!("leaving out {}: {why}", server.name());
    }
    why.is_none()
}

/// Does what was asked.
///
/// # Errors
/// When a server cannot be had, or files of ours cannot be read or written.
pub fn run(command: &Servers) -> Result<(), Failure> {
    match command {
        Servers::Start(selection) => start(selection),
        Servers::Stop(selection) => stop(selection),
        Servers::Status => status(),
        Servers::List => {
            list();
            Ok(())
        }
    }
}

fn start(selection: &Selection) -> Result<(), Failure> {
    let (mut servers, _) = selection.split()?;
    let _turn = take_turn()?;
    let fleet = Fleet::open(&folder()?, &home())?;
    let ledger = fleet.ledger();
    on_interrupt(move || {
        ledger.stop_added();
    })?;
    let unavailable = install(&servers)?;
    servers.retain(|server| !unavailable.contains(&server.name()));
    let outcome = fleet.start(&servers);
    println!("{}", fleet.facts().display());
    outcome?;
    if unavailable.is_empty() { Ok(()) } else { Err(not_started(&unavailable)) }
}

/// Installs what the servers need; returns those whose needs could not be met, which were reported.
///
/// # Errors
/// When the system's package manager fails.
pub fn install(servers: &[&'static dyn Server]) -> Result<Vec<&'static str>, Failure> {
    let store = need::store();
    let failures = need::install(&need::missing(servers, &store), &store)?;
    for (server, failure) in &failures {
        eprintln!("server {server} could not be had: failed to {failure}");
        eprintln!("hint: run again with --without {server} to leave it out");
    }
    Ok(failures.into_keys().collect())
}

/// The failure that names servers which were reported already.
pub fn not_started(names: &[&str]) -> Failure {
    Failure::NotStarted { names: names.iter().map(|&name| name.to_owned()).collect() }
}

/// The temporary folder of the servers in the background: the same for every `start` until `stop`.
fn folder() -> Result<PathBuf, Failure> {
    let pointer = home().join("folder");
    let known = fs::read_to_string(&pointer).map(PathBuf::from).ok().filter(|path| path.is_dir());
    if let Some(folder) = known {
        return Ok(folder);
    }
    let folder = tempfile::Builder::new()
        .prefix("preflight-servers-")
        .tempdir()
        .map_err(Failure::io("make", "a temporary folder"))?
        .keep();
    fs::write(&pointer, folder.as_os_str().as_encoded_bytes())
        .map_err(Failure::io("write", pointer.display()))?;
    Ok(folder)
}

/// Waits until no other `start` or `stop` is at work; the lock ends with the file.
fn take_turn() -> Result<File, Failure> {
    let path = home().join("lock");
    fs::create_dir_all(home()).map_err(Failure::io("make", home().display()))?;
    let file = File::create(&path).map_err(Failure::io("open", path.display()))?;
    file.lock().map_err(Failure::io("lock", path.display()))?;
    Ok(file)
}

fn stop(selection: &Selection) -> Result<(), Failure> {
    let _turn = take_turn()?;
    let (servers, staying) = selection.meant()?;
    let folder = folder()?;
    let ledger = Fleet::open(&folder, &home())?.ledger();
    if !staying.is_empty() {
        let stopped: usize = servers.iter().map(|server| ledger.stop(Some(server.name()))).sum();
        println!("stopped {stopped} processes");
        return Ok(());
    }
    println!("stopped {} processes", ledger.stop(None));
    for path in [home().join("folder"), home().join("servers.json"), home().join("processes.json")] {
        let _ = fs::remove_file(path);
    }
    fs::remove_dir_all(&folder).map_err(Failure::io("remove", folder.display()))
}

fn status() -> Result<(), Failure> {
    if !home().join("folder").exists() {
        println!("no servers were started");
        return Ok(());
    }
    let fleet = Fleet::open(&folder()?, &home())?;
    for process in fleet.ledger().alive() {
        println!("{:12} {:20} pid {:7} {}", process.server, process.name, process.pid, process.log.display());
    }
    println!("{}", fleet.facts().display());
    Ok(())
}

fn list() {
    for server in REGISTRY {
        let needs: Vec<_> = server.needs().iter().map(Need::label).collect();
        println!("{:14} {} (needs {})", server.name(), server.purpose(), needs.join(", "));
    }
}
