//! The look at files, on real ones.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::*;

fn spec(path: &Path) -> FileCheck {
    FileCheck {
        path: path.display().to_string(),
        exists: None,
        kind: None,
        readable: None,
        writable: None,
        executable: None,
        mode: None,
        owner: None,
        contains: None,
    }
}

fn class(spec: &FileCheck) -> Option<&'static str> {
    let wanted = spec.contains.as_deref().map(|text| Wanted::parse("contains", text).expect("readable"));
    look(spec, wanted.as_ref()).err().map(|failure| failure.class.name)
}

fn written(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    path
}

#[test]
fn what_is_missing_is_told_with_what_is_there_of_the_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a/b/c");
    let failure = look(&spec(&path), None).expect_err("it is missing");
    assert_eq!(failure.class.name, "file.missing");
    assert!(failure.evidence.ends_with(&format!("there is only {}", folder.path().display())), "{failure}");
    let link = folder.path().join("link");
    symlink(&path, &link).expect("a link");
    let failure = look(&spec(&link), None).expect_err("it leads nowhere");
    assert!(failure.evidence.contains("is a link to"), "{failure}");
    assert_eq!(class(&FileCheck { kind: Some(FileKind::Symlink), ..spec(&link) }), None);
    assert_eq!(class(&FileCheck { exists: Some(false), ..spec(&path) }), None);
}

#[test]
fn kinds_modes_owners_and_contents_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), "config", "port=80\n", 0o640);
    let one = || spec(&path);
    assert_eq!(class(&FileCheck { kind: Some(FileKind::File), readable: Some(true), ..one() }), None);
    assert_eq!(class(&FileCheck { exists: Some(false), ..one() }), Some("file.unexpected"));
    assert_eq!(class(&FileCheck { kind: Some(FileKind::Directory), ..one() }), Some("file.wrong_type"));
    assert_eq!(class(&FileCheck { kind: Some(FileKind::Socket), ..one() }), Some("file.wrong_type"));
    assert_eq!(class(&FileCheck { executable: Some(true), ..one() }), Some("file.not_executable"));
    assert_eq!(class(&FileCheck { readable: Some(false), ..one() }), Some("file.wrong_mode"));
    let mode = |bits| Some(preflight_contract::FileMode(bits));
    assert_eq!(class(&FileCheck { mode: mode(0o640), ..one() }), None);
    assert_eq!(class(&FileCheck { mode: mode(0o600), ..one() }), Some("file.wrong_mode"));
    let own = rustix::process::geteuid().as_raw().to_string();
    assert_eq!(class(&FileCheck { owner: Some(own), ..one() }), None);
    assert_eq!(class(&FileCheck { owner: Some("4242".to_owned()), ..one() }), Some("file.wrong_owner"));
    assert_eq!(class(&FileCheck { owner: Some("no-such".to_owned()), ..one() }), Some("file.wrong_owner"));
    assert_eq!(class(&FileCheck { contains: Some("/^port=[0-9]+/".to_owned()), ..one() }), None);
    assert_eq!(class(&FileCheck { contains: Some("port=81".to_owned()), ..one() }), Some("file.content"));
}

#[test]
fn sockets_and_pipes_are_looked_at_without_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    assert_eq!(
        class(&FileCheck { kind: Some(FileKind::Socket), writable: Some(true), ..spec(&socket) }),
        None
    );
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("a pipe");
    assert_eq!(class(&FileCheck { contains: Some("x".to_owned()), ..spec(&pipe) }), Some("file.wrong_type"));
}

#[test]
fn a_file_on_the_way_bars_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), "file", "", 0o600);
    assert_eq!(class(&spec(&path.join("below"))), Some("file.not_reachable"));
}
