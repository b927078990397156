//! The real consul-template, if it is here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::seed;

/// The version that is imitated.
pub(crate) const VERSION: &str = "0.40.0";

/// What our output is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// What the real one writes now.
    Real(PathBuf),
    /// What the real one wrote when the files in `expected/` were kept.
    Kept,
}

/// Looks where `PREFLIGHT_CONSUL_TEMPLATE` says, into `target/peers`, then on PATH; another version is no peer.
pub(crate) fn find() -> Peer {
    let named = std::env::var_os("PREFLIGHT_CONSUL_TEMPLATE").map(PathBuf::from);
    let built = seed::project().join("target/peers/consul-template");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed: Vec<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join("consul-template")).collect();
    let mut candidates = named.into_iter().chain([built]).chain(installed);
    candidates.find(|program| is_right(program)).map_or(Peer::Kept, Peer::Real)
}

fn is_right(program: &Path) -> bool {
    let output = Command::new(program).arg("-version").output();
    output.is_ok_and(|output| {
        let words = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&words).contains(&format!("v{VERSION} "))
    })
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(program) => {
                write!(formatter, "compared with consul-template {VERSION} at {}", program.display())
            }
            Self::Kept => write!(
                formatter,
                "compared with what consul-template {VERSION} wrote, kept in tests/render; `cargo xtask peers` builds it"
            ),
        }
    }
}
