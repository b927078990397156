//! What a service directory says of its service. See `runsv(8)` and `runsvdir(8)`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use preflight_processes::{Program, Signal};

use super::{Settings, control::HOOKS};
use crate::{Finish, Hook, Name, Service, Stop, Wanted};

/// A service directory, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    /// In the directory of directories; it may be a link.
    pub(super) folder: PathBuf,
    pub(super) service: Service,
    /// The service of its `log` directory.
    pub(super) log: Option<Service>,
}

/// The service directories that were found.
#[derive(Debug, Default)]
pub(super) struct Folders {
    pub(super) named: BTreeMap<Name, PathBuf>,
    /// Those whose names are not UTF-8: they cannot be services.
    pub(super) nameless: BTreeSet<OsString>,
}

/// The service directories below a directory: each directory, or link to one, whose name does not begin with a dot. In
/// the order of their names.
pub(super) fn folders(base: &Path) -> io::Result<Folders> {
    let mut folders = Folders::default();
    for entry in fs::read_dir(base)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.as_bytes().starts_with(b".") || !entry.path().is_dir() {
            continue;
        }
        match name.to_str() {
            Some(name) => {
                folders.named.insert(name.into(), entry.path());
            }
            None => {
                folders.nameless.insert(name);
            }
        }
    }
    Ok(folders)
}

/// The name of the log service of a service.
pub(super) fn log_name(service: &str) -> Name {
    format!("{service}/log").into()
}

/// The service of which this is the name of the log service.
pub(super) fn service_of_log(log: &str) -> Option<&str> {
    log.strip_suffix("/log")
}

/// Reads one. A directory without `run` is a service too: it cannot be started until there is one.
///
/// Its programs are run where a link leads to: when the link goes, what it does in the end it does there.
pub(super) fn read(name: &Name, given: &Path, settings: &Settings) -> Definition {
    let folder = &fs::canonicalize(given).unwrap_or_else(|_| given.to_owned());
    let log_folder = folder.join("log");
    let log = log_folder.is_dir().then(|| Service {
        // A log service ends when its service has: then there is nothing more to read. Until then, only a letter to its
        // own control ends it.
        stop: Stop { signal: Signal::CONT, ..settings.stop },
        finish: finish(&log_folder),
        ..base(log_name(name), &log_folder, settings)
    });
    let waits_for =
        log.iter().filter(|log| log.wanted == Wanted::Up && is_executable(&log_folder.join("run")));
    let depends_on = waits_for.map(|log| log.name.clone()).collect();
    let service = Service {
        finish: finish(folder),
        hooks: hooks(&folder.join("control")),
        depends_on,
        ..base(name.clone(), folder, settings)
    };
    Definition { folder: given.to_owned(), service, log }
}

fn base(name: Name, folder: &Path, settings: &Settings) -> Service {
    Service {
        folder: Some(folder.to_owned()),
        environment: settings.environment.clone(),
        stop: settings.stop,
        wanted: if fs::metadata(folder.join("down")).is_ok() { Wanted::Down } else { Wanted::Up },
        ..Service::new(name, Program::Direct(vec!["./run".into()]))
    }
}

fn finish(folder: &Path) -> Option<Finish> {
    let program = Program::Direct(vec!["./finish".into()]);
    is_executable(&folder.join("finish")).then_some(Finish { program, timeout: None })
}

fn hooks(folder: &Path) -> BTreeMap<Hook, PathBuf> {
    let all = HOOKS.chars().map(|letter| (Hook(letter), folder.join(letter.to_string())));
    all.filter(|(_, path)| is_executable(path)).collect()
}

pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o100 != 0)
}

#[cfg(test)]
mod tests {
    use preflight_processes::Environment;

    use super::*;

    fn settings(folder: &Path) -> Settings {
        Settings {
            folder: folder.to_owned(),
            state: folder.join("state"),
            environment: Environment::default(),
            stop: Stop::default(),
        }
    }

    fn put(path: PathBuf, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn directories_and_links_to_them_are_services_and_hidden_ones_are_not() {
        let base = tempfile::tempdir().unwrap();
        for name in ["b", ".hidden", "a"] {
            fs::create_dir(base.path().join(name)).unwrap();
        }
        fs::write(base.path().join("file"), "").unwrap();
        std::os::unix::fs::symlink("b", base.path().join("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", base.path().join("broken")).unwrap();
        let names: Vec<String> =
            folders(base.path()).unwrap().named.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["a", "b", "link"]);
    }

    #[test]
    fn every_file_means_what_the_page_says() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("web");
        for file in ["run", "finish", "control/t", "control/y", "log/run"] {
            put(folder.join(file), 0o755);
        }
        put(folder.join("control/h"), 0o644);
        put(folder.join("log/down"), 0o644);
        let read = read(&"web".into(), &folder, &settings(base.path()));
        assert_eq!(read.service.hooks.keys().collect::<Vec<_>>(), [&Hook('t')]);
        assert!(read.service.finish.is_some() && read.service.wanted == Wanted::Up);
        let log = read.log.unwrap();
        assert_eq!((&*log.name, log.wanted, log.finish), ("web/log", Wanted::Down, None));
        assert!(read.service.depends_on.is_empty(), "a log that is down is not waited for");
    }

    #[test]
    fn a_service_starts_after_its_log_and_is_down_with_a_down_file() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("web");
        put(folder.join("log/run"), 0o755);
        put(folder.join("down"), 0o644);
        let read = read(&"web".into(), &folder, &settings(base.path()));
        assert_eq!(read.service.wanted, Wanted::Down);
        assert_eq!(read.service.depends_on, ["web/log".into()]);
    }
}
