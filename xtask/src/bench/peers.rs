//! The peers that the benchmarks run beside us.

use crate::peers::{self, PEERS, Peer};
use std::path::{Path, PathBuf};

/// Three that check what preflight checks, and the one that renders what it renders.
const MEASURED: [&str; 4] = ["wait4x", "goss", "dockerize", "consul-template"];

/// Those that look after services, and Debian's packages of them.
const OF_DEBIAN: [(&str, &str); 4] =
    [("runsvdir", "runit"), ("s6-svscan", "s6"), ("supervisord", "supervisor"), ("tini", "tini")];

/// The peers that are on this machine, and the names of those that are not.
pub(super) struct Peers {
    found: Vec<(&'static str, PathBuf)>,
}

impl Peers {
    /// Looks into `target/peers`, then on PATH.
    pub(super) fn find() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::iter::once(peers::folder()).chain(std::env::split_paths(&path)).collect();
        let locate = |name: &'static str| {
            let candidates = folders.iter().map(|folder| folder.join(name));
            candidates.into_iter().find(|program| program.is_file()).map(|program| (name, program))
        };
        let of_debian = OF_DEBIAN.iter().map(|(name, _)| *name);
        Self { found: MEASURED.into_iter().chain(of_debian).filter_map(locate).collect() }
    }

    /// Where the peer of that name is, if it is here.
    pub(super) fn program(&self, name: &str) -> Option<&Path> {
        self.found.iter().find(|(found, _)| *found == name).map(|(_, program)| program.as_path())
    }

    /// Those that are not here.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        MEASURED.into_iter().filter(|name| self.program(name).is_none()).collect()
    }

    /// The packages of Debian with those that are not here.
    pub(super) fn missing_packages(&self) -> Vec<&'static str> {
        let missing = OF_DEBIAN.into_iter().filter(|(name, _)| self.program(name).is_none());
        missing.map(|(_, package)| package).collect()
    }
}

/// Builds those that are not there.
pub(super) fn install() {
    let measured: Vec<&Peer> = PEERS.iter().filter(|peer| MEASURED.contains(&peer.name)).collect();
    peers::install(&measured);
}
