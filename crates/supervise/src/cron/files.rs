//! Crontab files on the disk: one that is named, or all of `/etc/cron.d`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Crontab, CrontabFault, CrontabKind, parse_crontab, skipped_name};

/// Writable by the group or by others.
const WRITABLE: u32 = 0o022;

/// Reads one file; whose it is says its place ([`CrontabKind::of`]).
///
/// # Errors
/// With everything that is wrong with it.
pub fn read_crontab(path: &Path, known_user: &dyn Fn(&str) -> bool) -> Result<Crontab, Vec<CrontabFault>> {
    read_as(path, CrontabKind::of(path), known_user)
}

/// Reads all files of a folder like `/etc/cron.d`, in the order of their names. A folder that is not there has none.
///
/// # Errors
/// With everything that is wrong with any of them, names that cron would pass over among it.
pub fn read_cron_folder(
    folder: &Path,
    known_user: &dyn Fn(&str) -> bool,
) -> Result<Vec<(PathBuf, Crontab)>, Vec<CrontabFault>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(vec![fault(folder, format!("cannot be read: {error}"), None)]),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let (mut crontabs, mut faults) = (Vec::new(), Vec::new());
    for path in paths.into_iter().filter(|path| !path.is_dir()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match skipped_name(&name) {
            Some(false) => {}
            Some(true) => {
                let hint = Some("letters, digits, _ and - make a name that cron reads");
                faults.push(fault(&path, "cron passes over a file of this name".to_owned(), hint));
            }
            None => match read_as(&path, CrontabKind::System, known_user) {
                Ok(crontab) => crontabs.push((path, crontab)),
                Err(wrong) => faults.extend(wrong),
            },
        }
    }
    if faults.is_empty() { Ok(crontabs) } else { Err(faults) }
}

fn read_as(
    path: &Path,
    kind: CrontabKind,
    known_user: &dyn Fn(&str) -> bool,
) -> Result<Crontab, Vec<CrontabFault>> {
    let unreadable = |error| vec![fault(path, format!("cannot be read: {error}"), None)];
    let data = std::fs::metadata(path).map_err(unreadable)?;
    let (mode, owner) = (data.mode(), data.uid());
    // Who may write it may run what they like as any user.
    if kind == CrontabKind::System && mode & WRITABLE != 0 {
        let message = format!("cron passes over a file that others may write (mode {:04o})", mode & 0o7777);
        return Err(vec![fault(path, message, Some("chmod 0644"))]);
    }
    if kind == CrontabKind::System && owner != 0 && owner != rustix::process::geteuid().as_raw() {
        let message = format!("cron passes over a file of somebody else than root (user {owner})");
        return Err(vec![fault(path, message, Some("chown root"))]);
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    parse_crontab(&path.display().to_string(), &bytes, kind, known_user)
}

fn fault(path: &Path, message: String, hint: Option<&'static str>) -> CrontabFault {
    CrontabFault { file: path.display().to_string(), line: 1, message, hint }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(folder: &Path, name: &str, text: &str, mode: u32) {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_is_read_in_order_and_leftovers_are_not() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "b", "* * * * * root b\n", 0o644);
        write(folder.path(), "a", "* * * * * root a\n", 0o600);
        write(folder.path(), ".placeholder", "nothing", 0o666);
        write(folder.path(), "a.dpkg-dist", "nothing", 0o644);
        std::fs::create_dir(folder.path().join("c")).unwrap();
        let read = read_cron_folder(folder.path(), &|_| true).unwrap();
        let commands: Vec<&str> =
            read.iter().map(|(_, crontab)| crontab.entries[0].command.as_str()).collect();
        assert_eq!(commands, ["a", "b"]);
        assert_eq!(read_cron_folder(&folder.path().join("none"), &|_| true), Ok(Vec::new()));
    }

    #[test]
    fn what_cron_would_pass_over_is_told_for_all_files_at_once() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "backup.sh", "* * * * * root b\n", 0o644);
        write(folder.path(), "open", "* * * * * root b\n", 0o666);
        write(folder.path(), "wrong", "* * * * root\n", 0o644);
        let faults = read_cron_folder(folder.path(), &|_| true).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told[0].ends_with("backup.sh:1: cron passes over a file of this name"), "{told:?}");
        assert!(
            told[1].ends_with("open:1: cron passes over a file that others may write (mode 0666)"),
            "{told:?}"
        );
        assert!(told[2].contains("wrong:1: "), "{told:?}");
        let own = read_crontab(&folder.path().join("open"), &|_| true).unwrap();
        assert_eq!(own.entries[0].command, "root b", "a named file is a user's own, and may be anybody's");
        assert!(read_crontab(Path::new("/none"), &|_| true).is_err());
    }

    #[test]
    fn a_file_of_somebody_else_is_told() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "theirs", "* * * * * root b\n", 0o644);
        // Only root gives files away.
        if std::os::unix::fs::chown(folder.path().join("theirs"), Some(1), None).is_ok() {
            let faults = read_cron_folder(folder.path(), &|_| true).unwrap_err();
            assert!(faults[0].to_string().ends_with("somebody else than root (user 1)"), "{faults:?}");
        }
    }
}
