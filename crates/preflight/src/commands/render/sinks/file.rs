//! A log file that begins anew when it is too large or too old, named as consul-template names them: `name-TIME.log`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use preflight_render::config::LogFile;

/// The file being written, and when to begin the next.
pub(super) struct RotatedFile {
    settings: LogFile,
    folder: PathBuf,
    stem: String,
    extension: String,
    file: File,
    begun: Instant,
    written: u64,
}

impl RotatedFile {
    /// Begins a file.
    pub(super) fn open(settings: &LogFile) -> io::Result<Self> {
        let is_folder = settings.path.as_os_str().to_string_lossy().ends_with('/') || settings.path.is_dir();
        let path = if is_folder { settings.path.join("consul-template.log") } else { settings.path.clone() };
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let stem = text(path.file_stem()).unwrap_or_default();
        let extension = text(path.extension()).unwrap_or_else(|| "log".to_owned());
        let file = begin(&folder, &stem, &extension)?;
        Ok(Self {
            settings: settings.clone(),
            folder,
            stem,
            extension,
            file,
            begun: Instant::now(),
            written: 0,
        })
    }

    /// Writes a line. A full disk must not stop the rendering.
    pub(super) fn write(&mut self, line: &str) {
        let is_full = self.settings.rotate_bytes.is_some_and(|most| self.written >= most);
        if is_full || self.begun.elapsed() >= self.settings.rotate_after {
            self.rotate();
        }
        if writeln!(self.file, "{line}").is_ok() {
            self.written += line.len() as u64 + 1;
        }
    }

    fn rotate(&mut self) {
        self.prune();
        if let Ok(file) = begin(&self.folder, &self.stem, &self.extension) {
            self.file = file;
            self.begun = Instant::now();
            self.written = 0;
        }
    }

    /// Removes the oldest files: with the one that is about to begin, no more than `keep` older ones stay.
    fn prune(&self) {
        let Some(keep) = self.settings.keep else { return };
        let mut older = self.files();
        older.sort();
        let surplus = older.len().saturating_sub(keep as usize);
        for path in older.drain(..surplus) {
            // A file that somebody else has removed needs no removing.
            let _ = std::fs::remove_file(path);
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let (start, end) = (format!("{}-", self.stem), format!(".{}", self.extension));
        let folder = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let middle = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(&end));
            middle
                .is_some_and(|middle| !middle.is_empty() && middle.bytes().all(|byte| byte.is_ascii_digit()))
        };
        entries.filter(is_ours).collect()
    }
}

fn begin(folder: &Path, stem: &str, extension: &str) -> io::Result<File> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let path = folder.join(format!("{stem}-{time}.{extension}"));
    OpenOptions::new().create(true).truncate(true).write(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_full_file_is_followed_by_another_and_only_so_many_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = LogFile {
            path: folder.path().join("render.log"),
            rotate_bytes: Some(10),
            rotate_after: Duration::from_secs(3600),
            keep: Some(2),
        };
        let mut file = RotatedFile::open(&settings).expect("it can be written");
        for number in 0..6 {
            file.write(&format!("line number {number}"));
        }
        let mut files = file.files();
        files.sort();
        assert_eq!(files.len(), 3, "the one being written and two older ones");
        let last = std::fs::read_to_string(files.last().expect("three")).expect("readable");
        assert_eq!(last, "line number 5\n");
    }

    #[test]
    fn a_folder_gets_the_usual_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = LogFile {
            path: folder.path().to_owned(),
            rotate_bytes: None,
            rotate_after: Duration::from_secs(3600),
            keep: None,
        };
        let file = RotatedFile::open(&settings).expect("it can be written");
        let name =
            file.files()[0].file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        assert!(name.starts_with("consul-template-") && name.ends_with(".log"), "{name}");
    }
}
