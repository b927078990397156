//! What the servers written in Go share: they are built once, on request, and left out where that was not done.

use super::process::run;
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is built from a Go module of ours.
pub(super) struct Build {
    /// The program's name in the store, which holds the version.
    pub(super) name: &'static str,
    /// Our module's `go.mod`, which names the exact version.
    pub(super) module: &'static str,
    /// Our module's source, with the name of its file.
    pub(super) source: (&'static str, &'static str),
    /// The package to build.
    pub(super) package: &'static str,
    /// Go's build tags.
    pub(super) tags: &'static str,
    /// A file that the sources lack outside of their own repository, with its contents.
    pub(super) added: Option<(&'static str, &'static str)>,
}

impl Build {
    /// The built program.
    pub(super) fn program(&self, store: &Path) -> PathBuf {
        store.join(self.name)
    }

    /// Whether the store has it.
    pub(super) fn present(&self, store: &Path) -> bool {
        self.program(store).exists()
    }

    /// Why `server` is left out of runs that do not name it. Go is not required of anybody, and a build takes minutes.
    pub(super) fn left_out(&self, server: &str, store: &Path) -> Option<String> {
        let why =
            || format!("it is not built; `cargo xtask servers start --only {server}` builds it with Go");
        (!self.present(store)).then(why)
    }

    /// Builds it.
    ///
    /// # Errors
    /// When Go is not there, a module cannot be had, or something does not compile.
    pub(super) fn fetch(&self, store: &Path) -> Result<(), Failure> {
        let scratch =
            tempfile::tempdir_in(store).map_err(Failure::io("make a folder in", store.display()))?;
        let place = scratch.path();
        for (name, text) in [("go.mod", self.module), self.source] {
            let path = place.join(name);
            fs::write(&path, text).map_err(Failure::io("write", path.display()))?;
        }
        let mut mode = "-mod=mod";
        if let Some((name, text)) = self.added {
            mode = "-mod=vendor";
            run(go(place)?.args(["mod", "tidy"]), "")?;
            run(go(place)?.args(["mod", "vendor"]), "")?;
            let path = place.join("vendor").join(name);
            fs::write(&path, text).map_err(Failure::io("write", path.display()))?;
        }
        let built = place.join("built");
        let mut build = go(place)?;
        build.args([
            "build",
            mode,
            "-buildvcs=false",
            "-trimpath",
            "-ldflags=-s -w",
            "-tags",
            self.tags,
            "-o",
        ]);
        run(build.arg(&built).arg(self.package), "")?;
        let program = self.program(store);
        fs::rename(&built, &program).map_err(Failure::io("keep", program.display()))
    }
}

/// Go at the lowest priority, so that the machine stays usable.
fn go(place: &Path) -> Result<Command, Failure> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("go")).find(|go| go.is_file())
    });
    let go = found.ok_or_else(|| Failure::Missing {
        what: "go on PATH".to_owned(),
        hint: "this server is built with Go 1.25 or later, which is optional".to_owned(),
    })?;
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(go).current_dir(place);
    Ok(command)
}
