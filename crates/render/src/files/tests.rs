//! The rules of writing, against the real file system; what needs root says so when it cannot be tried.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("not tried: needs root");
    }
    root
}

/// Something mounted for as long as a test lasts.
struct Mount(PathBuf);

impl Mount {
    /// `None`, said aloud, where mounting is not allowed.
    fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let mounted =
            Command::new("mount").args(arguments).arg(at).status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("not tried: may not mount");
        }
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_new_file_has_its_bytes_the_default_mode_and_leaves_nothing_beside_it() {
    let folder = folder();
    let path = folder.path().join("made/for/it/app.conf");
    let outcome = Files::new().write(&Target::new(&path), b"port = 80\n").unwrap();
    assert_eq!(outcome.effect, Effect::Created);
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"port = 80\n".to_vec(), 0o644));
    assert_eq!(names(path.parent().unwrap()), ["app.conf"]);
}

#[test]
fn nothing_is_touched_when_nothing_changed() {
    let folder = folder();
    let target = Target { backup: true, perms: Some(0o600), ..Target::new(folder.path().join("a")) };
    let mut files = Files::new();
    files.write(&target, b"x").unwrap();
    let before = fs::metadata(&target.path).unwrap();
    assert_eq!(files.write(&target, b"x").unwrap().effect, Effect::Unchanged);
    let after = fs::metadata(&target.path).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn the_mode_of_the_old_file_is_kept_unless_another_is_given() {
    let folder = folder();
    let path = folder.path().join("a");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let mut files = Files::new();
    assert_eq!(files.write(&Target::new(&path), b"new").unwrap().effect, Effect::Replaced);
    assert_eq!(mode(&path), 0o640);
    files.write(&Target { perms: Some(0o4755), ..Target::new(&path) }, b"newer").unwrap();
    assert_eq!(mode(&path), 0o4755);
}

#[test]
fn a_drifted_mode_is_repaired_without_a_rewrite() {
    let folder = folder();
    let target = Target { perms: Some(0o600), ..Target::new(folder.path().join("a")) };
    let mut files = Files::new();
    files.write(&target, b"x").unwrap();
    let inode = fs::metadata(&target.path).unwrap().ino();
    fs::set_permissions(&target.path, fs::Permissions::from_mode(0o666)).unwrap();
    let outcome = files.write(&target, b"x").unwrap();
    assert_eq!(outcome.effect, Effect::Repaired { mode: Some((0o666, 0o600)), uid: None, gid: None });
    assert!(!outcome.effect.changes_contents());
    assert_eq!((mode(&target.path), fs::metadata(&target.path).unwrap().ino()), (0o600, inode));
}

#[test]
fn owners_are_set_kept_and_repaired() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let path = folder.path().join("a");
    let ids = |path: &Path| fs::metadata(path).map(|data| (data.uid(), data.gid())).unwrap();
    let target = Target {
        user: Some("4242".into()),
        group: Some("4343".into()),
        perms: Some(0o4750),
        ..Target::new(&path)
    };
    let mut files = Files::new();
    files.write(&target, b"1").unwrap();
    assert_eq!((ids(&path), mode(&path)), ((4242, 4343), 0o4750));
    files.write(&Target::new(&path), b"2").unwrap();
    assert_eq!((ids(&path), mode(&path)), ((4242, 4343), 0o4750));
    std::os::unix::fs::chown(&path, Some(7), None).unwrap();
    let outcome = files.write(&target, b"2").unwrap();
    assert!(
        matches!(outcome.effect, Effect::Repaired { uid: Some((7, 4242)), gid: None, .. }),
        "{outcome:?}"
    );
    assert_eq!((ids(&path), mode(&path)), ((4242, 4343), 0o4750));
}

#[test]
fn a_backup_is_the_old_file_with_its_mode() {
    let folder = folder();
    let target = Target { backup: true, perms: Some(0o600), ..Target::new(folder.path().join("a")) };
    let mut files = Files::new();
    files.write(&target, b"1").unwrap();
    assert_eq!(names(folder.path()), ["a"], "nothing to keep of a new file");
    files.write(&target, b"2").unwrap();
    files.write(&target, b"3").unwrap();
    let backup = folder.path().join("a.bak");
    assert_eq!((fs::read(&backup).unwrap(), mode(&backup)), (b"2".to_vec(), 0o600));
    assert_eq!(names(folder.path()), ["a", "a.bak"]);
}

#[test]
fn a_symbolic_link_is_replaced_or_followed_as_asked() {
    let folder = folder();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::write(&real, "old").unwrap();
    symlink("real", &link).unwrap();
    let mut files = Files::new();
    files.write(&Target { keep_symlink: true, ..Target::new(&link) }, b"followed").unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(&real).unwrap(), b"followed");
    let outcome = files.write(&Target::new(&link), b"replaced").unwrap();
    assert!(matches!(outcome.notes[..], [Note::LinkReplaced]), "{outcome:?}");
    assert!(!link.is_symlink());
    assert_eq!(fs::read(&real).unwrap(), b"followed");
}

#[test]
fn a_dangling_or_endless_link_is_no_trap() {
    let folder = folder();
    let (dangling, endless) = (folder.path().join("dangling"), folder.path().join("endless"));
    symlink("nowhere", &dangling).unwrap();
    symlink("endless", &endless).unwrap();
    let mut files = Files::new();
    files.write(&Target { keep_symlink: true, ..Target::new(&dangling) }, b"x").unwrap();
    assert_eq!(fs::read(folder.path().join("nowhere")).unwrap(), b"x");
    let error = files.write(&Target { keep_symlink: true, ..Target::new(&endless) }, b"x").unwrap_err();
    assert!(matches!(error, WriteError::Io { doing: "follow its symbolic links", .. }), "{error:?}");
}

#[test]
fn what_is_not_a_file_is_said_and_left() {
    let folder = folder();
    let error = Files::new().write(&Target::new(folder.path()), b"x").unwrap_err();
    assert!(matches!(error, WriteError::NotAFile { kind: "a folder", .. }), "{error:?}");
    let missing = Target { create_dest_dirs: false, ..Target::new(folder.path().join("no/file")) };
    assert!(matches!(Files::new().write(&missing, b"x"), Err(WriteError::ParentMissing { .. })));
    assert!(matches!(Files::new().write(&Target::new(""), b"x"), Err(WriteError::NoDestination)));
}

#[test]
fn several_files_change_together() {
    let folder = folder();
    let [one, two] = ["one", "two"].map(|name| Target::new(folder.path().join(name)));
    let mut files = Files::new();
    let staged = vec![files.stage(&one, b"1").unwrap(), files.stage(&two, b"2").unwrap()];
    assert!(!one.path.exists() && !two.path.exists(), "staged is not live");
    let outcomes = files.commit(staged).unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.effect == Effect::Created));
    assert_eq!(names(folder.path()), ["one", "two"]);
}

#[test]
fn when_one_of_several_fails_the_others_are_taken_back() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("replaced"), "old").unwrap();
    fs::write(path("repaired"), "same").unwrap();
    fs::set_permissions(path("repaired"), fs::Permissions::from_mode(0o604)).unwrap();
    symlink("replaced", path("link")).unwrap();
    let inode = fs::metadata(path("replaced")).unwrap().ino();
    let mut files = Files::new();
    let mut staged = Vec::new();
    for (name, bytes) in
        [("created", "new"), ("replaced", "new"), ("repaired", "same"), ("link", "new"), ("last", "new")]
    {
        let target = Target { perms: Some(0o640), ..Target::new(path(name)) };
        staged.push(files.stage(&target, bytes.as_bytes()).unwrap());
    }
    // A folder in the way of the last one: it was staged while there was nothing.
    fs::create_dir(path("last")).unwrap();
    let error = files.commit(staged).unwrap_err();
    assert!(matches!(error, WriteError::Io { ref path, .. } if path.ends_with("last")), "{error:?}");
    assert_eq!(names(folder.path()), ["last", "link", "repaired", "replaced"]);
    assert_eq!((fs::read(path("replaced")).unwrap(), mode(&path("repaired"))), (b"old".to_vec(), 0o604));
    assert_eq!(fs::metadata(path("replaced")).unwrap().ino(), inode);
    assert!(path("link").is_symlink());
}

#[test]
fn a_dropped_change_leaves_nothing() {
    let folder = folder();
    let staged = Files::new().stage(&Target::new(folder.path().join("a")), b"x").unwrap();
    assert_eq!(fs::read(staged.path().unwrap()).unwrap(), b"x");
    drop(staged);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn two_files_with_one_destination_are_refused() {
    let folder = folder();
    let target = Target::new(folder.path().join("a"));
    let mut files = Files::new();
    let staged = vec![files.stage(&target, b"1").unwrap(), files.stage(&target, b"2").unwrap()];
    assert!(matches!(files.commit(staged), Err(WriteError::Twice { .. })));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn leftovers_of_a_killed_run_go_at_the_next() {
    let folder = folder();
    fs::write(folder.path().join(".a.preflight-0123456789ab"), "half").unwrap();
    let target = Target::new(folder.path().join("a"));
    let mut files = Files::new();
    let outcome = files.write(&target, b"x").unwrap();
    assert!(matches!(outcome.notes[..], [Note::LeftoversRemoved(1)]), "{outcome:?}");
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn a_preview_says_what_would_be_and_does_nothing() {
    let folder = folder();
    let target = Target::new(folder.path().join("no/such/folder/a"));
    let preview = Files::new().preview(&target, b"x").unwrap();
    assert_eq!((preview.effect, preview.old), (Effect::Created, None));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_file_mounted_into_a_container_is_written_in_place_and_taken_back_in_place() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("outside"), "the old and longer contents").unwrap();
    fs::write(path("inside"), "").unwrap();
    let Some(_mount) = Mount::new(&["--bind", path("outside").to_str().unwrap()], &path("inside")) else {
        return;
    };
    let target = Target { backup: true, ..Target::new(path("inside")) };
    let mut files = Files::new();
    let outcome = files.write(&target, b"new").unwrap();
    assert!(matches!(outcome.notes[..], [Note::InPlace]), "{outcome:?}");
    assert_eq!(fs::read(path("outside")).unwrap(), b"new");
    assert_eq!(fs::read(path("inside.bak")).unwrap(), b"the old and longer contents");
    assert_eq!(names(folder.path()), ["inside", "inside.bak", "outside"]);
    let staged =
        vec![files.stage(&target, b"newer").unwrap(), files.stage(&Target::new(path("last")), b"x").unwrap()];
    fs::create_dir(path("last")).unwrap();
    files.commit(staged).unwrap_err();
    assert_eq!(fs::read(path("outside")).unwrap(), b"new");
}

#[test]
fn a_full_disk_changes_nothing_and_has_a_cure() {
    let folder = folder();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "none"], folder.path()) else { return };
    let target = Target::new(folder.path().join("a"));
    let mut files = Files::new();
    files.write(&target, b"small").unwrap();
    let error = files.write(&target, &vec![b'x'; 200_000]).unwrap_err();
    assert!(error.hint().unwrap().contains("is full"), "{error:?}");
    assert_eq!(
        (fs::read(&target.path).unwrap(), names(folder.path())),
        (b"small".to_vec(), vec!["a".to_owned()])
    );
}

#[test]
fn a_read_only_file_system_has_a_cure_and_a_file_mounted_into_it_is_still_written() {
    let (folder, other) = (folder(), folder());
    fs::write(folder.path().join("a"), "old").unwrap();
    fs::write(other.path().join("outside"), "old").unwrap();
    let Some(_mount) = Mount::new(&["--bind", folder.path().to_str().unwrap()], folder.path()) else {
        return;
    };
    let at = folder.path().join("a");
    let Some(_file) = Mount::new(&["--bind", other.path().join("outside").to_str().unwrap()], &at) else {
        return;
    };
    let Some(_read_only) = Mount::new(&["-o", "remount,bind,ro"], folder.path()) else { return };
    let error = Files::new().write(&Target::new(folder.path().join("b")), b"new").unwrap_err();
    assert!(error.hint().unwrap().contains("read-only"), "{error:?}");
    let mut files = Files::new();
    let staged = files.stage(&Target::new(&at), b"new").unwrap();
    assert_eq!(fs::read(staged.path().unwrap()).unwrap(), b"new", "a check has something to look at");
    files.commit(vec![staged]).unwrap();
    assert_eq!(fs::read(other.path().join("outside")).unwrap(), b"new");
}

#[test]
fn many_files_are_brought_to_the_disk_together_and_committed_one_by_one() {
    let folder = folder();
    let mut files = Files::new();
    let target = |number: usize| Target::new(folder.path().join(number.to_string()));
    let mut staged: Vec<Staged> =
        (0..40).map(|number| files.stage(&target(number), number.to_string().as_bytes()).unwrap()).collect();
    files.sync_staged(&mut staged);
    assert!(staged.iter_mut().all(|file| file.successor().unwrap().was_synced()));
    assert!(names(folder.path()).iter().all(|name| name.starts_with('.')), "nothing is live yet");
    for staged in staged {
        assert_eq!(files.commit(vec![staged]).unwrap()[0].effect, Effect::Created);
    }
    let mut expected: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    expected.sort();
    assert_eq!(names(folder.path()), expected);
    assert!(expected.iter().all(|name| fs::read_to_string(folder.path().join(name)).unwrap() == *name));
}

#[test]
fn a_link_to_a_descriptor_such_as_dev_stdout_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("stdout");
    std::os::unix::fs::symlink("/proc/self/fd/1", &link).unwrap();
    for keep_symlink in [false, true] {
        let target = Target { keep_symlink, ..Target::new(&link) };
        let error = Files::new().write(&target, b"text").unwrap_err();
        assert!(matches!(error, WriteError::NotAFile { .. }), "{error}");
    }
    assert_eq!(fs::read_link(&link).unwrap(), std::path::Path::new("/proc/self/fd/1"));
}

/// Puts something in the place of a staged file that no file system can bring to a disk.
fn make_unsyncable(staged: &mut Staged) {
    staged.close();
    let path = staged.path().unwrap();
    fs::remove_file(path).unwrap();
    symlink("/proc/version", path).unwrap();
}

#[test]
fn what_cannot_be_brought_to_the_disk_does_not_go_live_and_others_of_its_batch_do() {
    let folder = folder();
    let target = |name: &str| Target::new(folder.path().join(name));
    fs::write(folder.path().join("bad"), "old").unwrap();
    let mut files = Files::new();
    let mut staged: Vec<Staged> =
        ["one", "bad", "two"].map(|name| files.stage(&target(name), b"new").unwrap()).into();
    make_unsyncable(&mut staged[1]);
    files.sync_staged(&mut staged);
    let outcomes: Vec<_> = staged.into_iter().map(|file| files.commit(vec![file])).collect();
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
    let Err(WriteError::Io { path, doing, .. }) = &outcomes[1] else { panic!("{outcomes:?}") };
    assert_eq!((path, *doing), (&folder.path().join("bad"), "bring the new file to the disk"));
    assert_eq!(fs::read(folder.path().join("bad")).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["bad", "one", "two"]);
}

#[test]
fn of_a_change_that_cannot_be_brought_to_the_disk_nothing_goes_live() {
    let folder = folder();
    let mut files = Files::new();
    let paths = ["one", "two", "bad"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| fs::write(path, "old").unwrap());
    let inodes = || paths.each_ref().map(|path| fs::metadata(path).unwrap().ino());
    let before = inodes();
    let changes: Vec<(Target, &[u8])> =
        paths.iter().map(|path| (Target::new(path), b"new".as_slice())).collect();
    let mut staged = files.stage_all(&changes).unwrap();
    make_unsyncable(&mut staged[2]);
    let error = files.commit(staged).unwrap_err();
    assert!(matches!(&error, WriteError::Io { path, .. } if *path == paths[2]), "{error:?}");
    assert_eq!((inodes(), names(folder.path())), (before, vec!["bad".into(), "one".into(), "two".into()]));
}

#[test]
fn a_file_that_was_closed_is_opened_again_to_be_brought_to_the_disk() {
    let folder = folder();
    let mut files = Files::new();
    let mut staged = files.stage(&Target::new(folder.path().join("a")), b"x").unwrap();
    staged.close();
    assert_eq!(files.commit(vec![staged]).unwrap()[0].effect, Effect::Created);
    assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"x");
}

#[test]
fn of_changes_that_belong_together_the_one_that_cannot_be_staged_is_named_and_none_is_left() {
    let folder = folder();
    fs::create_dir(folder.path().join("two")).unwrap();
    let changes: Vec<(Target, &[u8])> =
        ["one", "two"].map(|name| (Target::new(folder.path().join(name)), b"x".as_slice())).into();
    let (number, error) = Files::new().stage_all(&changes).unwrap_err();
    assert!(number == 1 && matches!(error, WriteError::NotAFile { .. }), "{number} {error:?}");
    assert_eq!(names(folder.path()), ["two"]);
}
