//! The program that is looked after: `src/bin/witness.rs`, made small and static.

use crate::dist::target_folder;
use crate::failure::Failure;
use crate::servers::root;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Builds it with `rustc` alone.
///
/// # Errors
/// When it cannot be built.
pub(super) fn build() -> Result<PathBuf, Failure> {
    let folder = target_folder().join("bench");
    fs::create_dir_all(&folder).map_err(Failure::io("make", folder.display()))?;
    let program = folder.join("witness");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-C", "opt-level=s", "-C", "panic=abort", "-C", "strip=symbols"]);
    rustc.args(["-C", "target-feature=+crt-static", "-C", "relocation-model=static", "-o"]).arg(&program);
    rustc.arg(root().join("xtask/src/bin/witness.rs")).current_dir(root());
    let output = rustc.output().map_err(Failure::io("start", "rustc"))?;
    if !output.status.success() {
        let (program, status) = ("rustc".to_owned(), output.status.to_string());
        return Err(Failure::Command {
            program,
            status,
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    program.canonicalize().map_err(Failure::io("find", program.display()))
}
