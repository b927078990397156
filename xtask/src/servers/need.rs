//! What a server needs on this machine, and how what is missing is brought in.

use super::process::run;
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One thing a server needs before it can start.
pub enum Need {
    /// A package of the system.
    Apt(&'static str),
    /// Something else, that is put into the store (a folder that survives runs).
    Fetched {
        /// What it is, with its version and where it comes from, as it is announced.
        what: &'static str,
        /// Whether the store (or the machine) has it already.
        present: fn(store: &Path) -> bool,
        /// Brings it into the store.
        fetch: fn(store: &Path) -> Result<(), Failure>,
    },
}

/// A need that is not met, and which server has it.
pub struct Missing {
    /// The server's name.
    pub server: &'static str,
    /// What that server is for.
    pub purpose: &'static str,
    /// The need.
    pub need: &'static Need,
}

/// Those needs of the servers that are not met on this machine.
pub fn missing(servers: &[&'static dyn super::Server], store: &Path) -> Vec<Missing> {
    let all = servers.iter().flat_map(|server| {
        let (server, purpose) = (server.name(), server.purpose());
        let needs_of: &'static [Need] = needs(servers, server);
        needs_of.iter().map(move |need| Missing { server, purpose, need })
    });
    all.filter(|missing| !missing.need.is_met(store)).collect()
}

fn needs(servers: &[&'static dyn super::Server], name: &str) -> &'static [Need] {
    servers.iter().find(|server| server.name() == name).map_or(&[], |server| server.needs())
}

impl Need {
    fn is_met(&self, store: &Path) -> bool {
        match self {
            Self::Apt(package) => is_installed(package),
            Self::Fetched { present, .. } => present(store),
        }
    }

    /// What it is, for an announcement.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Apt(package) => package,
            Self::Fetched { what, .. } => what,
        }
    }
}

fn is_installed(package: &str) -> bool {
    let query = Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]).output();
    query.is_ok_and(|output| output.stdout == b"installed")
}

/// Says what will be installed and why, then installs it; does nothing when nothing is missing.
/// What fails does not stop the rest: those servers' names are returned with what went wrong.
///
/// # Errors
/// When nothing can be installed at all, for want of root or of the store.
pub fn install(missing: &[Missing], store: &Path) -> Result<BTreeMap<&'static str, Failure>, Failure> {
    announce(missing);
    let mut failures = install_packages(missing)?;
    fs::create_dir_all(store).map_err(Failure::io("make", store.display()))?;
    for missing in missing.iter().filter(|missing| !missing.need.is_met(store)) {
        let Need::Fetched { what, fetch, .. } = missing.need else { continue };
        println!("fetching {what}");
        if let Err(failure) = fetch(store) {
            failures.insert(missing.server, failure);
        }
    }
    Ok(failures)
}

/// Installs the packages of all servers at once and, if that fails, server by server, to see whose are at fault.
fn install_packages(missing: &[Missing]) -> Result<BTreeMap<&'static str, Failure>, Failure> {
    let mut packages: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    for missing in missing {
        if let Need::Apt(package) = missing.need {
            packages.entry(missing.server).or_default().push(package);
        }
    }
    let mut failures = BTreeMap::new();
    if packages.is_empty() {
        return Ok(failures);
    }
    let _no_services = ServiceBlock::put_up()?;
    run_apt(&["update"])?;
    let all: Vec<&str> = packages.values().flatten().copied().collect();
    if apt_install(&all).is_ok() {
        return Ok(failures);
    }
    for (server, packages) in packages {
        if let Err(failure) = apt_install(&packages) {
            failures.insert(server, failure);
        }
    }
    Ok(failures)
}

fn apt_install(packages: &[&str]) -> Result<(), Failure> {
    // No removals: a test run must not replace the machine's own mail server, for instance.
    let mut arguments = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    arguments.extend(packages);
    run_apt(&arguments)
}

fn announce(missing: &[Missing]) {
    if missing.is_empty() {
        println!("nothing to install: everything the servers need is here");
        return;
    }
    println!("about to install, because it is missing:");
    for Missing { server, purpose, need } in missing {
        let how = if matches!(need, Need::Apt(_)) { "apt" } else { "fetch" };
        println!("  {how:5}  {}  — for {server}: {purpose}", need.label());
    }
}

fn run_apt(arguments: &[&str]) -> Result<(), Failure> {
    let mut command = as_root("env")?;
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=600"]);
    let status =
        command.args(arguments).stdin(Stdio::null()).status().map_err(Failure::io("start", "apt-get"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Command {
        program: format!("apt-get {}", arguments.join(" ")),
        status: status.to_string(),
        output: "its output is above; leave a server out with --without NAME".to_owned(),
    })
}

/// A command that runs as root: directly, or through sudo.
fn as_root(program: &str) -> Result<Command, Failure> {
    if rustix::process::geteuid().is_root() {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("sudo");
    if command.arg("--version").output().is_err() {
        return Err(Failure::Missing {
            what: "sudo".to_owned(),
            hint: "run this as root, or install what is listed above yourself".to_owned(),
        });
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}

/// Keeps the packages from starting their services while they are installed, by the means Debian has for it:
/// `/usr/sbin/policy-rc.d` answers 101 ("forbidden by policy"), see invoke-rc.d(8). One that is there already is
/// put aside and put back.
struct ServiceBlock;

const POLICY: &str = "/usr/sbin/policy-rc.d";
const POLICY_ASIDE: &str = "/usr/sbin/policy-rc.d.before-preflight";

impl ServiceBlock {
    fn put_up() -> Result<Self, Failure> {
        let block = Self;
        let put = format!(
            "if [ -e {POLICY} ] && [ ! -e {POLICY_ASIDE} ]; then mv {POLICY} {POLICY_ASIDE}; fi; \
             printf '#!/bin/sh\\nexit 101\\n' > {POLICY}; chmod 755 {POLICY}"
        );
        run(as_root("sh")?.args(["-c", &put]), "")?;
        Ok(block)
    }
}

impl Drop for ServiceBlock {
    fn drop(&mut self) {
        let restore =
            format!("rm -f {POLICY}; if [ -e {POLICY_ASIDE} ]; then mv {POLICY_ASIDE} {POLICY}; fi");
        let restored = as_root("sh").and_then(|mut shell| run(shell.args(["-c", &restore]), ""));
        if let Err(failure) = restored {
            eprintln!("{POLICY} still forbids services to start: failed to {failure}");
        }
    }
}

/// Where downloads are kept between runs.
pub fn store() -> PathBuf {
    super::home().join("store")
}
