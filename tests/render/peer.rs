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

/// Where `PREFLIGHT_CONSUL_TEMPLATE` says, and nowhere else if it says anything; else in `target/peers`, then on PATH.
/// Another version is no peer.
pub(crate) fn find() -> Peer {
    let mut candidates = match std::env::var_os("PREFLIGHT_CONSUL_TEMPLATE") {
        Some(named) => vec![PathBuf::from(named)],
        None => usual_places(),
    }
    .into_iter();
    candidates.find(|program| is_right(program)).map_or(Peer::Kept, Peer::Real)
}

fn usual_places() -> Vec<PathBuf> {
    let built = seed::project().join("target/peers/consul-template");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).map(|folder| folder.join("consul-template"));
    std::iter::once(built).chain(installed).collect()
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
