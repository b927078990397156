//! Which scripts are run, in which order.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use super::Settings;

/// The scripts in their order: the executable files of the directory, then the last one. What is not there is no fault.
///
/// # Errors
/// The directory is there and cannot be read.
pub fn scripts(settings: &Settings) -> io::Result<Vec<PathBuf>> {
    found(settings).map(|(scripts, _)| scripts)
}

/// The scripts, and the files among them that are not executable, each in their order.
pub(super) fn found(settings: &Settings) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut scripts: Vec<PathBuf> = match fs::read_dir(&settings.folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    scripts.sort_by(|one, other| one.as_os_str().as_bytes().cmp(other.as_os_str().as_bytes()));
    scripts.push(settings.last.clone());
    scripts.retain(|script| script.is_file());
    Ok(scripts.into_iter().partition(|script| is_executable(script)))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_files_in_the_order_of_their_bytes_and_then_the_last_one() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("my_init.d");
        fs::create_dir_all(folder.join("directory")).unwrap();
        let settings =
            Settings { folder: folder.clone(), last: base.path().join("rc.local"), ..Settings::default() };
        for (name, mode) in [("20_b", 0o755), ("10_a", 0o755), ("9", 0o755), ("B", 0o755), ("README", 0o644)]
        {
            fs::write(folder.join(name), "").unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let names = |scripts: Vec<PathBuf>| -> Vec<String> {
            scripts.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(scripts(&settings).unwrap()), ["10_a", "20_b", "9", "B"]);
        assert_eq!(names(found(&settings).unwrap().1), ["README"]);
        fs::write(&settings.last, "").unwrap();
        fs::set_permissions(&settings.last, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(names(scripts(&settings).unwrap()).last().unwrap(), "rc.local");
    }

    #[test]
    fn nothing_is_there_and_nothing_is_wrong() {
        let nowhere = || "/nonexistent/x".into();
        let settings = Settings { folder: nowhere(), last: nowhere(), ..Settings::default() };
        assert!(scripts(&settings).unwrap().is_empty());
    }
}
