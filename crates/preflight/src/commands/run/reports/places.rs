//! Where events wait while Sentry is away. Pure.

use std::path::{Path, PathBuf};

use preflight_supervise::crash::Dsn;
use rustix::process::geteuid;

/// The folders to try, best first: `/run/preflight`, `XDG_RUNTIME_DIR`, and `TMPDIR`. Each project has its own below them,
/// so that no event goes to another one.
pub(super) fn of(dsn: &Dsn, variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let project = dsn.folder_name();
    let runtime = variable("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("preflight"));
    let temporary = variable("TMPDIR").unwrap_or_else(|| "/tmp".to_owned());
    // One name, straight in a folder where everybody may make one: what is between them could be exchanged by others.
    let flat = format!("preflight-crashes-{}-{project}", geteuid().as_raw());
    [Some(PathBuf::from("/run/preflight")), runtime]
        .into_iter()
        .flatten()
        .map(|folder| folder.join("crashes").join(&project))
        .chain([Path::new(&temporary).join(flat)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_project_has_its_own_place_in_each_folder() {
        let dsn: Dsn = "https://key@o1.ingest.sentry.io/42".parse().expect("a DSN");
        let found = of(&dsn, |name| (name == "XDG_RUNTIME_DIR").then(|| "/run/user/7".to_owned()));
        let user = geteuid().as_raw();
        let expected = [
            "/run/preflight/crashes/o1.ingest.sentry.io-42".to_owned(),
            "/run/user/7/preflight/crashes/o1.ingest.sentry.io-42".to_owned(),
            format!("/tmp/preflight-crashes-{user}-o1.ingest.sentry.io-42"),
        ];
        assert_eq!(found, expected.map(PathBuf::from));
    }
}
