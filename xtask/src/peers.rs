//! `cargo xtask peers`: programs that people use for the same purposes today, built with Go into `target/peers`.
//!
//! The benchmarks run beside them, and the tests of rendering compare every byte with consul-template's.

use crate::dist::target_folder;
use crate::failure::Failure;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A peer at the version that it is compared at.
pub struct Peer {
    /// The program's name.
    pub name: &'static str,
    /// The Go module that it comes from.
    pub module: &'static str,
    /// The module's version.
    pub version: &'static str,
    /// The package of the program, inside of the module.
    pub package: &'static str,
}

/// Every peer.
pub const PEERS: [Peer; 4] = [
    Peer {
        name: "consul-template",
        module: "github.com/hashicorp/consul-template",
        version: "v0.40.0",
        package: "github.com/hashicorp/consul-template",
    },
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

/// Which peers to build.
#[derive(Args)]
pub struct Build {
    /// Only these; without a name, all of them
    #[arg(value_name = "NAME", value_parser = PEERS.map(|peer| peer.name))]
    names: Vec<String>,
}

/// Builds the peers that are not there yet, and prints a path a line.
///
/// # Errors
/// None; a peer that could not be built makes the exit code 1.
pub fn run(build: &Build) -> Result<ExitCode, Failure> {
    let chosen = |peer: &&Peer| build.names.is_empty() || build.names.iter().any(|name| name == peer.name);
    let chosen: Vec<&Peer> = PEERS.iter().filter(chosen).collect();
    install(&chosen);
    let absent = chosen.iter().filter(|peer| !peer.program().is_file()).count();
    for peer in chosen.iter().filter(|peer| peer.program().is_file()) {
        println!("{}", peer.program().display());
    }
    Ok(if absent == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds those peers that are not there, and says which could not be had: the others are of use without them.
pub fn install(peers: &[&Peer]) {
    for peer in peers.iter().filter(|peer| !peer.is_right()) {
        eprintln!("building {} {} with Go …", peer.name, peer.version);
        if let Err(failure) = peer.build() {
            eprintln!("without {}: failed to {failure}", peer.name);
        }
    }
}

/// Where built peers lie.
pub fn folder() -> PathBuf {
    target_folder().join("peers")
}

impl Peer {
    /// Where it lies once built.
    pub fn program(&self) -> PathBuf {
        folder().join(self.name)
    }

    /// Whether it is built at the right version, which Go writes into every program.
    fn is_right(&self) -> bool {
        let output = Command::new("go").args(["version", "-m"]).arg(self.program()).output();
        output.is_ok_and(|output| {
            let modules = String::from_utf8_lossy(&output.stdout);
            modules.lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.get(1) == Some(&self.module) && words.get(2) == Some(&self.version)
            })
        })
    }

    /// `go install PACKAGE@VERSION`; where a mirror has that version and no list of versions, which `go install` asks
    /// for, the same program is built from a module that requires it.
    fn build(&self) -> Result<(), Failure> {
        let folder = folder();
        fs::create_dir_all(&folder).map_err(Failure::io("make", folder.display()))?;
        let mut install = go(&folder);
        install.env("GOBIN", &folder).arg("install").arg(format!("{}@{}", self.package, self.version));
        if succeeds(&mut install).is_ok() {
            return Ok(());
        }
        let scratch = tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))?;
        let requirement = format!("module peer\n\ngo 1.23\n\nrequire {} {}\n", self.module, self.version);
        let import = format!("//go:build tools\n\npackage peer\n\nimport _ \"{}\"\n", self.package);
        for (name, text) in [("go.mod", requirement), ("peer.go", import)] {
            let path = scratch.path().join(name);
            fs::write(&path, text).map_err(Failure::io("write", path.display()))?;
        }
        let mut build = go(scratch.path());
        build.args(["build", "-mod=mod", "-ldflags=-s -w", "-o"]).arg(self.program()).arg(self.package);
        succeeds(&mut build)
    }
}

/// Go at the lowest priority, so that the machine stays usable.
fn go(place: &Path) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "19", "go"]).current_dir(place);
    command
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
