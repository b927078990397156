//! The programs that people use for the same purpose today.

use crate::dist::target_folder;
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A peer at the version that it is measured at.
struct Peer {
    name: &'static str,
    module: &'static str,
    version: &'static str,
    /// The package of the program, inside of the module.
    package: &'static str,
}

const PEERS: [Peer; 3] = [
    Peer { name: "wait4x", module: "wait4x.dev/v3", version: "v3.6.0", package: "wait4x.dev/v3/cmd/wait4x" },
    Peer {
        name: "goss",
        module: "github.com/goss-org/goss",
        version: "v0.4.9",
        package: "github.com/goss-org/goss/cmd/goss",
    },
    Peer {
        name: "dockerize",
        module: "github.com/jwilder/dockerize",
        version: "v0.9.3",
        package: "github.com/jwilder/dockerize",
    },
];

/// The peers that are on this machine, and the names of those that are not.
pub(super) struct Peers {
    found: Vec<(&'static str, PathBuf)>,
}

impl Peers {
    /// Looks into `target/peers`, then on PATH.
    pub(super) fn find() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::iter::once(folder()).chain(std::env::split_paths(&path)).collect();
        let locate = |name: &'static str| {
            let candidates = folders.iter().map(|folder| folder.join(name));
            candidates.into_iter().find(|program| program.is_file()).map(|program| (name, program))
        };
        Self { found: PEERS.iter().filter_map(|peer| locate(peer.name)).collect() }
    }

    /// Where the peer of that name is, if it is here.
    pub(super) fn program(&self, name: &str) -> Option<&Path> {
        self.found.iter().find(|(found, _)| *found == name).map(|(_, program)| program.as_path())
    }

    /// Those that are not here.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        PEERS.iter().map(|peer| peer.name).filter(|name| self.program(name).is_none()).collect()
    }
}

/// Builds all peers, and says which could not be had: without one of them the others are still measured.
pub(super) fn install() {
    for peer in &PEERS {
        eprintln!("building {} {} with Go …", peer.name, peer.version);
        if let Err(failure) = build(peer) {
            eprintln!("without {}: failed to {failure}", peer.name);
        }
    }
}

fn folder() -> PathBuf {
    target_folder().join("peers")
}

/// `go install PACKAGE@VERSION`; where a mirror has that version and no list of versions, which `go install` asks for,
/// the same program is built from a module that requires it.
fn build(peer: &Peer) -> Result<(), Failure> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(Failure::io("make", folder.display()))?;
    let mut install = Command::new("go");
    install.env("GOBIN", &folder).arg("install").arg(format!("{}@{}", peer.package, peer.version));
    if succeeds(&mut install).is_ok() {
        return Ok(());
    }
    let scratch = tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))?;
    let requirement = format!("module peer\n\ngo 1.23\n\nrequire {} {}\n", peer.module, peer.version);
    let import = format!("//go:build tools\n\npackage peer\n\nimport _ \"{}\"\n", peer.package);
    for (name, text) in [("go.mod", requirement), ("peer.go", import)] {
        let path = scratch.path().join(name);
        fs::write(&path, text).map_err(Failure::io("write", path.display()))?;
    }
    let mut build = Command::new("go");
    build.current_dir(scratch.path()).args(["build", "-mod=mod", "-ldflags=-s -w", "-o"]);
    succeeds(build.arg(folder.join(peer.name)).arg(peer.package))
}

fn succeeds(command: &mut Command) -> Result<(), Failure> {
    let output = command.output().map_err(Failure::io("start", "go"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = words.lines().filter(|line| !line.contains("downloading")).collect();
    Err(Failure::Command {
        program: "go".to_owned(),
        status: output.status.to_string(),
        output: last.join("\n"),
    })
}
