//! Crontab files on the disk: one that is named, all of `/etc/cron.d`, or those of users by their names.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Crontab, CrontabEntry, CrontabFault, CrontabKind, CrontabNote, parse_crontab, skipped_name};

/// Writable by the group or by others.
const WRITABLE: u32 = 0o022;
/// The only mode that cron takes for users' own files.
const OWN: u32 = 0o600;
/// The end of the folder in which `crontab(1)` keeps the files of users, by their names.
const OF_USERS: &str = "cron/crontabs";

/// The number of a user, by name; `None` when there is none.
pub type KnownUsers<'a> = &'a dyn Fn(&str) -> Option<u32>;

/// One file, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct CrontabFile {
    /// Where it is; a folder that cannot be read stands for its files.
    pub path: PathBuf,
    /// What it says, or everything that is wrong with it.
    pub read: Result<Crontab, Vec<CrontabFault>>,
}

/// Reads what is named, in the order of names: a file, a folder like `/etc/cron.d`, or `/var/spool/cron/crontabs`. Files
/// that cron would pass over for their names are among them, with that fault; leftovers are not.
pub fn read_crontabs(path: &Path, users: KnownUsers<'_>) -> Vec<CrontabFile> {
    if !path.is_dir() {
        let is_of_user = path.parent().is_some_and(|folder| folder.ends_with(OF_USERS));
        let read =
            if is_of_user { of_user(path, users) } else { read_as(path, CrontabKind::of(path), users) };
        return vec![CrontabFile { path: path.to_owned(), read }];
    }
    let paths = match files_of(path) {
        Ok(paths) => paths,
        Err(error) => {
            let fault = fault(path, format!("cannot be read: {error}"), None);
            return vec![CrontabFile { path: path.to_owned(), read: Err(vec![fault]) }];
        }
    };
    let read = if path.ends_with(OF_USERS) { of_user } else { of_system };
    let is_leftover = |path: &PathBuf| skipped_name(&name(path)) == Some(false);
    let files = paths.into_iter().filter(|path| !is_leftover(path));
    files.map(|path| CrontabFile { read: read(&path, users), path }).collect()
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<_>> = std::fs::read_dir(folder)?.collect();
    let mut paths: Vec<PathBuf> = entries?.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| !path.is_dir());
    paths.sort();
    Ok(paths)
}

fn of_system(path: &Path, users: KnownUsers<'_>) -> Result<Crontab, Vec<CrontabFault>> {
    if skipped_name(&name(path)).is_some() {
        let hint = Some("letters, digits, _ and - make a name that cron reads");
        return Err(vec![fault(path, "cron passes over a file of this name".to_owned(), hint)]);
    }
    read_as(path, CrontabKind::System, users)
}

/// The jobs of a user's own crontab, whose name is the user's.
fn of_user(path: &Path, users: KnownUsers<'_>) -> Result<Crontab, Vec<CrontabFault>> {
    let user = name(path);
    let Some(number) = users(&user) else {
        let hint = Some("a file there has the name of its user");
        return Err(vec![fault(path, format!("there is no user {user:?}"), hint)]);
    };
    let data = regular(path)?;
    writable_by_its_owner_alone(path, &data)?;
    owned_by(path, &data, number, "the user or root", "chown it to the user whose name it has")?;
    let mut crontab = read_as(path, CrontabKind::User, users)?;
    let mode = data.mode() & 0o7777;
    if mode != OWN {
        crontab.notes.push(CrontabNote {
            line: 1,
            message: format!("cron would pass over this file, whose mode is {mode:04o} and not {OWN:04o}; its jobs run here"),
        });
    }
    let own = |entry| CrontabEntry { user: Some(user.clone()), ..entry };
    Ok(Crontab { entries: crontab.entries.into_iter().map(own).collect(), ..crontab })
}

fn read_as(path: &Path, kind: CrontabKind, users: KnownUsers<'_>) -> Result<Crontab, Vec<CrontabFault>> {
    let mut links = 1;
    if kind == CrontabKind::System {
        let data = regular(path)?;
        writable_by_its_owner_alone(path, &data)?;
        owned_by(path, &data, 0, "root", "chown root")?;
        link_of_root(path)?;
        links = data.nlink();
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let mut crontab =
        parse_crontab(&path.display().to_string(), &bytes, kind, &|user| users(user).is_some())?;
    if links > 1 {
        let message =
            format!("cron would pass over this file, which has {links} hard links; its jobs run here");
        crontab.notes.push(CrontabNote { line: 1, message });
    }
    Ok(crontab)
}

/// One whose reading ends. A file that is named itself may be a pipe.
fn regular(path: &Path) -> Result<Metadata, Vec<CrontabFault>> {
    let data = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if data.is_file() {
        return Ok(data);
    }
    Err(vec![fault(path, "not a regular file".to_owned(), None)])
}

/// Who may write it may run what they like as any user.
fn writable_by_its_owner_alone(path: &Path, data: &Metadata) -> Result<(), Vec<CrontabFault>> {
    if data.mode() & WRITABLE == 0 {
        return Ok(());
    }
    let message =
        format!("cron passes over a file that others may write (mode {:04o})", data.mode() & 0o7777);
    Err(vec![fault(path, message, Some("chmod go-w"))])
}

fn owned_by(
    path: &Path,
    data: &Metadata,
    user: u32,
    who: &str,
    hint: &'static str,
) -> Result<(), Vec<CrontabFault>> {
    let owner = data.uid();
    if [0, user, rustix::process::geteuid().as_raw()].contains(&owner) {
        return Ok(());
    }
    let message = format!("cron passes over a file of somebody else than {who} (user {owner})");
    Err(vec![fault(path, message, Some(hint))])
}

/// Who may put a link elsewhere may run what others have written.
fn link_of_root(path: &Path) -> Result<(), Vec<CrontabFault>> {
    let data = std::fs::symlink_metadata(path).map_err(|error| unreadable(path, &error))?;
    if !data.is_symlink() || [0, rustix::process::geteuid().as_raw()].contains(&data.uid()) {
        return Ok(());
    }
    let message = format!("cron passes over a link of somebody else than root (user {})", data.uid());
    Err(vec![fault(path, message, Some("chown -h root"))])
}

fn unreadable(path: &Path, error: &io::Error) -> Vec<CrontabFault> {
    let is_dangling = error.kind() == ErrorKind::NotFound && path.is_symlink();
    let hint = is_dangling.then_some("it is a link to something that is not there");
    vec![fault(path, format!("cannot be read: {error}"), hint)]
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn fault(path: &Path, message: String, hint: Option<&'static str>) -> CrontabFault {
    CrontabFault { file: path.display().to_string(), line: 1, message, hint }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};

    use super::*;

    fn write(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn users(name: &str) -> Option<u32> {
        [("root", 0), ("web", 33)].into_iter().find_map(|(known, number)| (known == name).then_some(number))
    }

    fn read(path: &Path) -> Vec<CrontabFile> {
        read_crontabs(path, &users)
    }

    /// What is wrong, without the folder.
    fn told(path: &Path) -> Vec<String> {
        let faults = read(path).into_iter().filter_map(|file| file.read.err()).flatten();
        faults.map(|fault| fault.to_string().rsplit_once('/').unwrap().1.to_owned()).collect()
    }

    /// The messages of a single file.
    fn notes(path: &Path) -> Vec<String> {
        let [file] = &read(path)[..] else { panic!("one file") };
        file.read.as_ref().unwrap().notes.iter().map(|note| note.message.clone()).collect()
    }

    #[test]
    fn a_folder_is_read_in_order_and_leftovers_are_not() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "b", "* * * * * root b\n", 0o644);
        write(folder.path(), "a", "* * * * * root a\n", 0o600);
        write(folder.path(), ".placeholder", "nothing", 0o666);
        write(folder.path(), "a.dpkg-dist", "nothing", 0o644);
        std::fs::create_dir(folder.path().join("c")).unwrap();
        let commands: Vec<String> = read(folder.path())
            .into_iter()
            .map(|file| file.read.unwrap().entries[0].command.clone())
            .collect();
        assert_eq!(commands, ["a", "b"]);
    }

    #[test]
    fn what_cron_would_pass_over_is_told_for_each_file() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "backup.sh", "* * * * * root b\n", 0o644);
        write(folder.path(), "good", "* * * * * root b\n", 0o644);
        let open = write(folder.path(), "open", "* * * * * root b\n", 0o666);
        write(folder.path(), "wrong", "* * * * root\n", 0o644);
        symlink("nowhere", folder.path().join("away")).unwrap();
        assert_eq!(
            told(folder.path()),
            [
                "away:1: cannot be read: No such file or directory (os error 2)",
                "backup.sh:1: cron passes over a file of this name",
                "open:1: cron passes over a file that others may write (mode 0666)",
                "wrong:1: \"root\" in the weekday: neither a number nor a name",
            ]
        );
        let [own] = &read(&open)[..] else { panic!("one file") };
        let own = own.read.as_ref().unwrap();
        assert_eq!(own.entries[0].command, "root b", "a named file is a user's own, and may be anybody's");
        assert_eq!(
            told(Path::new("/none")),
            ["none:1: cannot be read: No such file or directory (os error 2)"]
        );
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(told(folder.path()), ["pipe:1: not a regular file"]);
    }

    #[test]
    fn several_links_to_a_file_are_no_reason_not_to_run_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "a", "* * * * * root x\n", 0o644);
        let elsewhere = tempfile::tempdir_in(folder.path()).unwrap();
        std::fs::hard_link(&path, elsewhere.path().join("b")).unwrap();
        assert_eq!(
            notes(folder.path()),
            ["cron would pass over this file, which has 2 hard links; its jobs run here"]
        );
    }

    #[test]
    fn a_users_file_is_that_users_and_its_mode_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("cron/crontabs");
        std::fs::create_dir_all(&spool).unwrap();
        let path = write(&spool, "web", "@daily x\n", 0o600);
        for place in [&spool, &path] {
            assert_eq!(notes(place), [""; 0]);
            let [file] = &read(place)[..] else { panic!("one file") };
            assert_eq!(file.read.as_ref().unwrap().entries[0].user.as_deref(), Some("web"));
        }
        write(&spool, "web", "@daily x\n", 0o644);
        assert!(notes(&spool)[0].contains("whose mode is 0644 and not 0600"), "{:?}", notes(&spool));
        write(&spool, "web", "@daily x\n", 0o620);
        assert_eq!(told(&spool), ["web:1: cron passes over a file that others may write (mode 0620)"]);
        write(&spool, "web", "@daily x\n", 0o600);
        // Only root gives files away.
        if chown(&path, Some(34), None).is_ok() {
            assert_eq!(
                told(&spool),
                ["web:1: cron passes over a file of somebody else than the user or root (user 34)"]
            );
            chown(&path, Some(33), None).unwrap();
            assert_eq!(told(&spool), [""; 0]);
        }
        write(&spool, "gone", "@daily x\n", 0o600);
        assert_eq!(told(&spool), ["gone:1: there is no user \"gone\""]);
    }

    #[test]
    fn a_file_or_a_link_of_somebody_else_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "theirs", "* * * * * root b\n", 0o644);
        // Only root gives files away.
        if chown(&path, Some(1), None).is_ok() {
            assert_eq!(
                told(folder.path()),
                ["theirs:1: cron passes over a file of somebody else than root (user 1)"]
            );
            chown(&path, Some(0), None).unwrap();
            symlink("theirs", folder.path().join("link")).unwrap();
            lchown(folder.path().join("link"), Some(1), None).unwrap();
            assert_eq!(
                told(folder.path()),
                ["link:1: cron passes over a link of somebody else than root (user 1)"]
            );
        }
    }
}
