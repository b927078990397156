//! Files as a source: read, and read again when they change.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::FileQuery;
use super::changes::Changes;
use crate::{Again, Answer, Backend, Cause, Fetched, Query, RetrySettings, Source, SourceError};

/// How long a change may stay unseen where the kernel does not tell of it: network filesystems, links into other
/// folders.
const POLL: Duration = Duration::from_secs(2);
/// A file longer than this many bytes is not for a template.
const LONGEST: u64 = 64 << 20;
/// How often a file that changes while it is read is read anew.
const READINGS: usize = 3;

/// The local disk.
#[derive(Debug)]
pub(crate) struct FileSource {
    retry: RetrySettings,
    seen: Mutex<HashMap<Arc<str>, Stamp>>,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileSource {
    pub(crate) fn new() -> Self {
        // A file that is missing is looked for as often as one that is there.
        let retry = RetrySettings { attempts: 0, max_backoff: POLL, ..RetrySettings::default() };
        Self { retry, seen: Mutex::default() }
    }

    async fn read(&self, path: &Arc<str>) -> Result<Answer, SourceError> {
        self.seen().remove(path);
        let fault = |error: io::Error| fault(path, &error);
        let mut before = stamp(path).await.map_err(fault)?;
        for _ in 0..READINGS {
            let bytes = tokio::fs::read(&**path).await.map_err(fault)?;
            let after = stamp(path).await.map_err(fault)?;
            if before == after {
                self.seen().insert(Arc::clone(path), after);
                return Ok(Answer::File(bytes.into()));
            }
            before = after;
        }
        let what = format!("{path} changes as fast as it is read");
        Err(SourceError::new(Backend::File, Cause::Unreadable, what))
    }

    /// Returns when the file is not as it was when it was last read.
    async fn until_changed(&self, path: &Arc<str>) {
        let Some(known) = self.seen().get(path).copied() else { return };
        loop {
            let changes = Changes::near(Path::new(&**path));
            if stamp(path).await.ok() != Some(known) {
                return;
            }
            changes.next(POLL).await;
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Arc<str>, Stamp>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for FileSource {
    async fn fetch(&self, query: &Query, last: Option<&Fetched>) -> Result<Fetched, SourceError> {
        let Query::File(FileQuery { path }) = query else {
            let what = format!("the disk cannot be asked for {query}");
            return Err(SourceError::new(Backend::File, Cause::BadRequest, what));
        };
        if last.is_some() {
            self.until_changed(path).await;
        }
        Ok(Fetched { answer: self.read(path).await?, index: 0, again: Again::Blocking })
    }

    fn retry(&self) -> &RetrySettings {
        &self.retry
    }
}

async fn stamp(path: &str) -> io::Result<Stamp> {
    let metadata = tokio::fs::metadata(path).await?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
    }
    Ok(Stamp::of(&metadata))
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn fault(path: &str, error: &io::Error) -> SourceError {
    let (cause, what) = match error.kind() {
        io::ErrorKind::NotFound => (Cause::NoFile, format!("there is no {path}")),
        io::ErrorKind::NotADirectory => {
            (Cause::NoFile, format!("there is no {path}: what is above it is no folder"))
        }
        io::ErrorKind::FileTooLarge => {
            (Cause::TooLarge, format!("{path} is larger than the {LONGEST} bytes that are allowed"))
        }
        _ => (Cause::Unreadable, format!("{path} cannot be read: {error}")),
    };
    SourceError::new(Backend::File, cause, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tokio::time::timeout;

    fn query(path: &Path) -> Query {
        Query::File(FileQuery { path: path.to_str().unwrap().into() })
    }

    async fn text(source: &FileSource, query: &Query, last: Option<&Fetched>) -> (String, Fetched) {
        let fetched = timeout(Duration::from_secs(20), source.fetch(query, last)).await.unwrap().unwrap();
        let Answer::File(bytes) = &fetched.answer else { panic!("a file's answer") };
        (String::from_utf8(bytes.to_vec()).unwrap(), fetched)
    }

    #[tokio::test]
    async fn a_change_is_seen_however_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "one").unwrap();
        let (source, query) = (FileSource::new(), query(&path));
        let (first, last) = text(&source, &query, None).await;
        assert_eq!(first, "one");
        let later = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            fs::write(&path, "two").unwrap();
        };
        let ((second, last), ()) = tokio::join!(text(&source, &query, Some(&last)), later);
        assert_eq!(second, "two");
        fs::write(&other, "6ix").unwrap();
        let later = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            fs::rename(&other, &path).unwrap();
        };
        let ((third, _), ()) = tokio::join!(text(&source, &query, Some(&last)), later);
        assert_eq!(third, "6ix");
    }

    #[tokio::test]
    async fn a_change_between_two_looks_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one").unwrap();
        let (source, query) = (FileSource::new(), query(&path));
        let (_, last) = text(&source, &query, None).await;
        fs::write(&path, "two").unwrap();
        assert_eq!(text(&source, &query, Some(&last)).await.0, "two");
    }

    #[tokio::test]
    async fn the_link_of_a_mounted_folder_may_point_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        for (version, content) in [("v1", "one"), ("v2", "two")] {
            fs::create_dir(folder.path().join(version)).unwrap();
            fs::write(folder.path().join(version).join("key"), content).unwrap();
        }
        let link = folder.path().join("data");
        std::os::unix::fs::symlink("v1", &link).unwrap();
        let path = folder.path().join("key");
        std::os::unix::fs::symlink("data/key", &path).unwrap();
        let (source, query) = (FileSource::new(), query(&path));
        let (first, last) = text(&source, &query, None).await;
        assert_eq!(first, "one");
        let later = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            std::os::unix::fs::symlink("v2", folder.path().join("new")).unwrap();
            fs::rename(folder.path().join("new"), &link).unwrap();
        };
        let ((second, _), ()) = tokio::join!(text(&source, &query, Some(&last)), later);
        assert_eq!(second, "two");
    }

    #[tokio::test]
    async fn what_is_not_there_is_told_and_may_appear() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (source, query) = (FileSource::new(), query(&path));
        let error = source.fetch(&query, None).await.unwrap_err();
        assert_eq!(error.cause, Cause::NoFile);
        assert!(error.heals());
        fs::write(&path, "one").unwrap();
        let (_, last) = text(&source, &query, None).await;
        fs::remove_file(&path).unwrap();
        assert_eq!(source.fetch(&query, Some(&last)).await.unwrap_err().cause, Cause::NoFile);
        fs::write(&path, "one").unwrap();
        assert_eq!(text(&source, &query, Some(&last)).await.0, "one");
    }

    #[tokio::test]
    async fn a_folder_or_a_pipe_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = FileSource::new().fetch(&query(folder.path()), None).await.unwrap_err();
        assert_eq!(error.cause, Cause::Unreadable);
        let error = FileSource::new().fetch(&query(Path::new("/dev/zero")), None).await.unwrap_err();
        assert_eq!(error.cause, Cause::Unreadable);
    }
}
