//! The file system of all containers: this machine's programs, read-only, and nothing else of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What is known by name inside.
const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/work:/bin/sh\n";
const GROUPS: &str = "root:x:0:\nweb:x:1000:\ntls:x:50:web\n";

/// One root for all containers of a run, each of which mounts its own places over it.
pub(crate) struct Root {
    folder: TempDir,
}

impl Root {
    pub(crate) fn assemble() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        for name in ["usr", "proc", "dev", "sys", "sys/fs/cgroup", "tmp", "run", "etc", "work", "tiny"] {
            fs::create_dir_all(folder.path().join(name)).expect("a new folder");
        }
        fs::write(folder.path().join("etc/passwd"), USERS).expect("a new file");
        fs::write(folder.path().join("etc/group"), GROUPS).expect("a new file");
        fs::write(folder.path().join("preflight"), "").expect("a new file");
        for name in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{name}"), folder.path().join(name)).expect("a new link");
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Places of this machine that are seen inside, and where.
    pub(crate) fn mounts() -> Vec<(PathBuf, &'static str)> {
        let mut mounts = vec![
            (PathBuf::from("/usr"), "/usr"),
            (PathBuf::from(env!("CARGO_BIN_EXE_preflight")), "/preflight"),
        ];
        // Where `awk` and `vi` really are; programs may be links that go through it.
        if Path::new("/etc/alternatives").is_dir() {
            mounts.push(("/etc/alternatives".into(), "/etc/alternatives"));
        }
        mounts
    }
}
