//! Many files that change together where few may be open: all or none, as always. Alone in its process, whose limit it
//! lowers.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{fs, path::PathBuf};

use preflight_render::files::{Effect, Files, Target};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const OPEN_FILES: u64 = 64;
const FILES: usize = 300;

#[test]
fn more_files_than_may_be_open_change_together_or_not_at_all() {
    let limit = Rlimit { current: Some(OPEN_FILES), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..FILES).map(|number| folder.path().join(number.to_string())).collect();
    let before = open_files();
    for (contents, effect) in [("one", Effect::Created), ("two", Effect::Replaced)] {
        assert_eq!(change(&paths, contents, || ()).unwrap(), vec![effect; FILES]);
        assert_eq!(contents_of(&paths), [contents]);
    }
    let last = &paths[FILES - 1];
    let failure = change(&paths, "three", || {
        fs::remove_file(last).unwrap();
        fs::create_dir(last).unwrap();
    });
    assert!(failure.unwrap_err().contains(last.to_str().unwrap()));
    assert_eq!(contents_of(&paths[..FILES - 1]), ["two"], "all that had gone live are taken back");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FILES, "nothing is left beside them");
    assert_eq!(open_files(), before);
}

/// What was done to each, or the error in words. `meanwhile` comes when all are staged.
fn change(paths: &[PathBuf], contents: &str, meanwhile: impl Fn()) -> Result<Vec<Effect>, String> {
    let changes: Vec<_> = paths.iter().map(|path| (Target::new(path), contents.as_bytes())).collect();
    let mut files = Files::new();
    let staged = files.stage_all(&changes).map_err(|(number, error)| format!("{number}: {error:?}"))?;
    meanwhile();
    let outcomes = files.commit(staged).map_err(|error| error.to_string())?;
    Ok(outcomes.into_iter().map(|outcome| outcome.effect).collect())
}

/// Each of the contents once.
fn contents_of(paths: &[PathBuf]) -> Vec<String> {
    let mut contents: Vec<String> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    contents.dedup();
    contents
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
