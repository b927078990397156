//! `cargo xtask dist`: the binaries as they are released, static and small, with their sizes.
//!
//! musl where its target is installed; otherwise glibc, linked statically. The latter is sound only because nothing in
//! `preflight` asks the C library for names, users or locales: it would load shared objects for them.

mod constants;
mod elf;
mod map;
mod order;
mod trace;

use crate::cargo::cargo;
use crate::failure::Failure;
use crate::servers::root;
use clap::Args;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The machines that releases are built for.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// For glibc: all of it in the binary; and random numbers from the system call itself. The crate that gets them would
/// look the function up by its name at run time, find nothing in a static program, and open /dev/random instead, which
/// a container may not have.
const STATIC_GLIBC: &str = "-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\"";

/// What to build.
#[derive(Args)]
pub struct Dist {
    /// Leave out the binary without drivers
    #[arg(long)]
    full_only: bool,
    /// Leave out the binary with all drivers
    #[arg(long, conflicts_with = "full_only")]
    lean_only: bool,
}

/// Which drivers are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drivers {
    /// All of them.
    Full,
    /// None of those that sit behind a feature.
    Lean,
}

/// A binary that was built.
#[derive(Debug, Clone)]
pub struct Binary {
    /// Which drivers are in it.
    pub drivers: Drivers,
    /// What it runs on, as Rust names it.
    pub triple: String,
    /// Where it is.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub size: u64,
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drivers = match self.drivers {
            Drivers::Full => "full",
            Drivers::Lean => "lean",
        };
        let path = self.path.strip_prefix(root()).unwrap_or(&self.path);
        write!(f, "{drivers}, {}, {:.1} MiB, {}", self.triple, mebibytes(self.size), path.display())
    }
}

/// Builds for every architecture whose target is installed, and says which is not.
///
/// # Errors
/// When a build fails, or gives a binary that is not static.
pub fn run(dist: &Dist) -> Result<ExitCode, Failure> {
    for architecture in ARCHITECTURES {
        let Some(triple) = triple_for(architecture)? else {
            println!(
                "{architecture}: left out, its target is not installed (rustup target add {architecture}-unknown-linux-musl)"
            );
            continue;
        };
        if !dist.lean_only {
            println!("{}", build(Drivers::Full, &triple)?);
        }
        if !dist.full_only {
            println!("{}", build(Drivers::Lean, &triple)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds one static binary into `target/dist` and makes sure that it is static.
///
/// Full and lean share cargo's folder, and with it all that they have in common; what cargo leaves in the end would be
/// overwritten by the next build, so it is copied.
///
/// # Errors
/// When the build fails, or the binary asks for an interpreter all the same.
pub fn build(drivers: Drivers, triple: &str) -> Result<Binary, Failure> {
    let mut command = cargo();
    command.current_dir(root()).args(["rustc", "--release", "--package", "preflight", "--bin", "preflight"]);
    command.args(["--target", triple]);
    if drivers == Drivers::Lean {
        command.arg("--no-default-features");
    }
    if triple.ends_with("-gnu") {
        // For the target only: procedural macros are shared objects of the machine that builds.
        let name = format!("CARGO_TARGET_{}_RUSTFLAGS", triple.replace('-', "_").to_ascii_uppercase());
        command.env(name, STATIC_GLIBC);
    }
    // For the binary only, which decides for all that is linked into it: a program at a fixed place need not relocate
    // itself at each start. docs/performance.md has the figures and what is given up.
    command.args(["--", "-C", "relocation-model=static"]);
    // It is linked once more, with its functions in another order and without symbols; see `order`.
    command.args(["-C", "strip=none", "-C", "save-temps=yes", "--print", "link-args"]);
    let linked = order::Linked::by(&mut command, &path_of(drivers, triple, ".link"))?;
    linked.again_in_order(triple.starts_with(std::env::consts::ARCH))?;
    keep(linked.program(), drivers, triple)
}

/// The target for this machine's own architecture.
///
/// # Errors
/// When rustc cannot be asked what is installed.
pub fn own_triple() -> Result<String, Failure> {
    let architecture = std::env::consts::ARCH;
    triple_for(architecture)?.ok_or_else(|| Failure::Missing {
        what: format!("a Linux target for {architecture}"),
        hint: "preflight runs on Linux only".to_owned(),
    })
}

/// Bytes in MiB.
#[expect(clippy::cast_precision_loss, reason = "sizes of files and processes are far below 2^52 bytes")]
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// Where cargo builds.
pub fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn dist_folder() -> PathBuf {
    target_folder().join("dist")
}

fn path_of(drivers: Drivers, triple: &str, ending: &str) -> PathBuf {
    let lean = if drivers == Drivers::Lean { "-lean" } else { "" };
    dist_folder().join(format!("preflight-{triple}{lean}{ending}"))
}

/// musl if it is installed, else glibc if that is.
fn triple_for(architecture: &str) -> Result<Option<String>, Failure> {
    let installed = installed_targets()?;
    let candidates = ["musl", "gnu"].map(|libc| format!("{architecture}-unknown-linux-{libc}"));
    Ok(candidates.into_iter().find(|triple| installed.join(triple).join("lib").is_dir()))
}

/// The folder in which rustc keeps a folder a target.
fn installed_targets() -> Result<PathBuf, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).args(["--print", "sysroot"]).current_dir(root()).output();
    let output = output.map_err(Failure::io("start", rustc.display()))?;
    let sysroot = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(sysroot.trim()).join("lib/rustlib"))
}

fn keep(built: &Path, drivers: Drivers, triple: &str) -> Result<Binary, Failure> {
    let folder = dist_folder();
    fs::create_dir_all(&folder).map_err(Failure::io("make", folder.display()))?;
    let path = path_of(drivers, triple, "");
    let bytes = fs::read(built).map_err(Failure::io("read", built.display()))?;
    if !elf::is_static(&bytes) {
        return Err(Failure::Answer {
            peer: format!("the linker for {triple}"),
            answer: format!("{} asks for a dynamic loader", built.display()),
        });
    }
    // Replaced rather than overwritten: the old one may be running.
    let fresh = folder.join(format!(".{}", std::process::id()));
    fs::copy(built, &fresh).map_err(Failure::io("write", fresh.display()))?;
    fs::rename(&fresh, &path).map_err(Failure::io("write", path.display()))?;
    Ok(Binary { drivers, triple: triple.to_owned(), path, size: bytes.len() as u64 })
}
