//! The tests' image: the shipped files, the two programs, a shell, and the libraries they need, from this machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What the image is called.
pub(crate) const NAME: &str = "localhost/mock-service:tested";

/// The files that the shipped image has too, and where.
pub(crate) const PARTS: [(&str, &str); 3] = [
    ("preflight.yaml", "/etc/preflight/preflight.yaml"),
    ("config.yaml", "/etc/mock-service/config.yaml"),
    ("entrypoint.sh", "/entrypoint.sh"),
];

/// Makes the folder that the image is built from.
pub(crate) fn assemble(busybox: &str) -> TempDir {
    let context = tempfile::tempdir().unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/container");
    fs::copy(tests.join("Dockerfile"), context.path().join("Dockerfile")).unwrap();
    let rootfs = context.path().join("rootfs");
    for (name, place) in PARTS {
        copy(&service_folder().join(name), &inside(&rootfs, place));
    }
    install_shell(&rootfs, busybox);
    for program in [PathBuf::from(env!("CARGO_BIN_EXE_preflight")), mock_service()] {
        let name = program.file_name().unwrap().to_str().unwrap();
        copy(&program, &inside(&rootfs, &format!("/usr/local/bin/{name}")));
        copy_libraries(&rootfs, &program);
    }
    fs::create_dir(rootfs.join("tmp")).unwrap();
    fs::set_permissions(&rootfs, fs::Permissions::from_mode(0o755)).unwrap();
    context
}

/// The folder of the service that is shipped.
pub(crate) fn service_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/mock-service")
}

/// The mock service, built beside preflight.
pub(crate) fn mock_service() -> PathBuf {
    use std::sync::OnceLock;
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let beside = Path::new(env!("CARGO_BIN_EXE_preflight")).with_file_name("mock-service");
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "--package", "mock-service", "--manifest-path"]);
            let built = build.arg(service_folder().join("Cargo.toml")).status().unwrap();
            assert!(
                built.success() && beside.is_file(),
                "the mock service was not built at {}",
                beside.display()
            );
            beside
        })
        .clone()
}

/// Bash, as the entrypoint asks for, and busybox under the names of its commands for everything else.
fn install_shell(rootfs: &Path, busybox: &str) {
    copy(Path::new("/bin/bash"), &inside(rootfs, "/usr/bin/bash"));
    copy_libraries(rootfs, Path::new("/bin/bash"));
    copy(Path::new(busybox), &inside(rootfs, "/bin/busybox"));
    let commands = Command::new(busybox).arg("--list").output().unwrap();
    for command in String::from_utf8(commands.stdout).unwrap().lines().filter(|command| *command != "busybox")
    {
        let place = if command == "env" { "/usr/bin/env".to_owned() } else { format!("/bin/{command}") };
        symlink("/bin/busybox", inside(rootfs, &place)).unwrap();
    }
}

/// The shared libraries of a program, at the paths where its loader looks for them; a static program has none.
fn copy_libraries(rootfs: &Path, program: &Path) {
    let listed = Command::new("ldd").arg(program).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let libraries: BTreeSet<&str> = listed.split_whitespace().filter(|word| word.starts_with('/')).collect();
    for library in libraries {
        let place = inside(rootfs, library);
        if !place.exists() {
            copy(Path::new(library), &place);
        }
    }
}

fn inside(rootfs: &Path, place: &str) -> PathBuf {
    let path = rootfs.join(place.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap_or_else(|error| panic!("{} to {}: {error}", from.display(), to.display()));
}
