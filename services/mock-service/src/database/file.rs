//! Visits in a file of JSON lines, for a laptop without a database server.

use std::io;
use std::path::PathBuf;

use tokio::fs;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use super::{DatabaseError, Visit, Visits};
use crate::environment::Environment;

/// A file, read whole for each question: meant for some thousands of visits.
pub(super) struct FileStore {
    path: PathBuf,
    one_at_a_time: Mutex<()>,
}

impl FileStore {
    /// The file at the path in this variable. It is made at the first visit if its folder is there.
    pub(super) fn new(variable: &str, environment: &Environment) -> Result<Self, DatabaseError> {
        let path =
            environment.value(variable).ok_or_else(|| DatabaseError::NotSet(vec![variable.to_owned()]))?;
        Ok(Self { path: path.into(), one_at_a_time: Mutex::new(()) })
    }

    pub(super) fn place(&self) -> String {
        format!("file {}", self.path.display())
    }

    pub(super) async fn record(&self, visit: &Visit) -> Result<(), DatabaseError> {
        let mut line = serde_json::to_string(visit).map_err(|error| self.unusable(error.into()))?;
        line.push('\n');
        let _turn = self.one_at_a_time.lock().await;
        let mut options = fs::OpenOptions::new();
        let mut file =
            options.append(true).create(true).open(&self.path).await.map_err(|error| self.unusable(error))?;
        file.write_all(line.as_bytes()).await.map_err(|error| self.unusable(error))?;
        file.flush().await.map_err(|error| self.unusable(error))
    }

    pub(super) async fn visits(&self, latest: usize) -> Result<Visits, DatabaseError> {
        let turn = self.one_at_a_time.lock().await;
        let text = match fs::read_to_string(&self.path).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.folder_is_there().await => {
                String::new()
            }
            Err(error) => return Err(self.unusable(error)),
        };
        drop(turn);
        let visits = text
            .lines()
            .enumerate()
            .map(|(index, line)| {
                let path = self.path.display().to_string();
                serde_json::from_str(line).map_err(|source| DatabaseError::NotAVisit {
                    path,
                    line: index + 1,
                    source,
                })
            })
            .collect::<Result<Vec<Visit>, _>>()?;
        Ok(Visits { count: visits.len() as u64, latest: visits.into_iter().rev().take(latest).collect() })
    }

    async fn folder_is_there(&self) -> bool {
        match self.path.parent() {
            Some(folder) => fs::metadata(folder).await.is_ok_and(|metadata| metadata.is_dir()),
            None => false,
        }
    }

    fn unusable(&self, source: io::Error) -> DatabaseError {
        DatabaseError::File { path: self.path.display().to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(path: &std::path::Path) -> FileStore {
        let variables = [("DATABASE_PATH".to_owned(), path.to_str().unwrap().to_owned())];
        FileStore::new("DATABASE_PATH", &Environment::of(variables)).unwrap()
    }

    #[tokio::test]
    async fn visits_outlive_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("visits.jsonl");
        for visitor in ["first", "second"] {
            let visit = Visit::now(visitor.to_owned());
            store(&path).record(&visit).await.unwrap();
        }
        let visits = store(&path).visits(1).await.unwrap();
        assert_eq!((visits.count, visits.latest.len()), (2, 1));
        assert_eq!(visits.latest[0].visitor, "second");
    }

    #[tokio::test]
    async fn a_missing_folder_and_a_broken_line_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = store(&folder.path().join("no/visits.jsonl")).visits(1).await.unwrap_err();
        assert!(missing.to_string().contains("no/visits.jsonl"), "{missing}");
        let path = folder.path().join("visits.jsonl");
        std::fs::write(&path, "{\n").unwrap();
        let broken = store(&path).visits(1).await.unwrap_err();
        assert!(broken.to_string().contains("line 1"), "{broken}");
    }
}
