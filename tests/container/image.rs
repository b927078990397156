//! The tests' image: the shipped files, the two programs, a shell, and the libraries they need, from this machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

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

/// The mock service beside preflight: built by the run of all tests, or now if it is missing or older than its source.
pub(crate) fn mock_service() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_preflight")).with_file_name("mock-service");
        if modified(&beside).is_none_or(|built| newest(&service_folder().join("src")) > built) {
            let mut build = Command::new(env!("CARGO"));
            build.args(["build", "--quiet", "--package", "mock-service", "--manifest-path"]);
            let status = build.arg(service_folder().join("Cargo.toml")).status().unwrap();
            assert!(status.success(), "the mock service could not be built");
        }
        beside
    });
    built.clone()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// When the newest of the folder's files was changed.
fn newest(folder: &Path) -> SystemTime {
    let times = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { newest(&path) } else { modified(&path).unwrap() }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
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
